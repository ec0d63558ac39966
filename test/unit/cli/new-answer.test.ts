import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openWorkplace } from '../../support/terminal.ts';

it('new names the place on the board, and ssh finds the project from then on where it was set up', async () => {
	await using place = await openWorkplace({ gateway: true });
	const state = join(place.state, 'gateway');
	const config = join(state, 'ssh_config');
	writeFileSync(config, '# as it was\n');
	const { code, stdout } = await place.type(['new', 'myapp']);
	expect(code).toBe(0);
	expect(stdout).toMatch(/→ http:\/\/\S+\/p\/myapp \(gangline board logs in there\)\n$/);
	expect(readFileSync(config, 'utf8')).toMatch(/^Host myapp\.gangline$/m);
	writeFileSync(config, '# as it was\n');
	const deleted = await place.type(['project', 'delete', 'myapp', '--confirm', 'myapp']);
	expect(deleted).toMatchObject({
		code: 0,
		stdout: expect.stringMatching(/gone: +its container\n +stays: its source/),
	});
	expect(readFileSync(config, 'utf8')).toMatch(/^# Written by gangline ssh-config/);
	expect((await place.type(['new', 'myapp', '--json'])).stdout).toMatch(/"board": "http:/);
});
