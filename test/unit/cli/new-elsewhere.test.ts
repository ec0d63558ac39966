import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openWorkplace } from '../../support/terminal.ts';

describe('new --on', () => {
	const asked = async (...argv: string[]) => {
		await using place = await openWorkplace({ gateway: true });
		const ended = await place.type(['new', 'myapp', ...argv]);
		return {
			...ended,
			args: place.home.asked.find(({ name }) => name === 'container.create')?.args,
			cwd: place.checkout,
		};
	};

	it('leaves the folder to that machine, unless it is named from its root', async () => {
		expect((await asked('--on', 'builder')).args).toEqual({ name: 'myapp', retry: false, limits: {}, on: 'builder' });
		expect((await asked('--on', 'builder', '--path', '/srv/myapp')).args).toMatchObject({ path: '/srv/myapp' });
		const here = await asked();
		expect(here.args).toMatchObject({ path: join(here.cwd, 'myapp') });
	});

	it('refuses folders that are meant from where the person is', async () => {
		for (const given of [
			['--path', 'src/myapp'],
			['--git', './origin'],
		]) {
			const { code, stderr, args } = await asked('--on', 'builder', ...given);
			expect({ code, args }).toEqual({ code: 2, args: undefined });
			expect(stderr).toMatch(/means a folder on builder, from where\?\n→ name it from its root/);
		}
	});

	it('goes on where it is, without its being said again', async () => {
		expect((await asked('--retry')).args).toEqual({ name: 'myapp', retry: true, limits: {} });
	});
});
