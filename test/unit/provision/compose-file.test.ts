import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { clone, composedGateway, composeText } from '../../support/compose-file.ts';

it('[I13] puts the gateway into a container without a right, a root to write to, or the socket of an engine', () => {
	const gateway = composedGateway();
	expect(gateway.volumes.map(({ target, read_only }) => [target, read_only])).toEqual([
		['/opt/gangline', true],
		['/gangline', false],
	]);
	expect(JSON.stringify(gateway)).not.toContain('docker.sock');
	expect(gateway.environment).toMatchObject({ HOME: '/gangline', GANGLINE_HOME: '/gangline/state' });
	expect(gateway.command[0]).toBe('node');
	expect(existsSync(`${clone}/${gateway.command.at(-1)}`)).toBe(true);
	expect(gateway.image).toContain(`node:${process.versions.node.split('.')[0]}-`);
});

it('says in its comment the commands that there are, and the safe order with its reasons', () => {
	const comment = composeText()
		.split('\n')
		.filter((line) => line.startsWith('#'))
		.join('\n');
	const order = ['ordinary user', 'group of the socket', 'duty `provision`', 'proxy', 'raw socket'];
	const begin = comment.indexOf('safest first');
	const places = order.map((words) => comment.indexOf(words, begin));
	expect(places.every((place) => place >= 0)).toBe(true);
	expect([...places].sort((a, b) => a - b)).toEqual(places);
	expect(comment).toMatch(/token new --provision[\s\S]*new app --on /);
});
