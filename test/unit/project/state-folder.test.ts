import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readProcessStat } from '../../../shared/project/api-file.ts';
import { stateFolder } from '../../../shared/project/state-folder.ts';

describe('the state folder', () => {
	const check = (env: Record<string, string>, root: string): void => {
		it(`is ${root} for ${JSON.stringify(env)}`, () => expect(stateFolder(env).root).toBe(root));
	};
	check({ HOME: '/home/ada' }, '/home/ada/.local/state/gangline');
	check({ HOME: '/home/ada', XDG_STATE_HOME: '/var/state/' }, '/var/state/gangline');
	check({ HOME: '/home/ada', XDG_STATE_HOME: 'relative' }, '/home/ada/.local/state/gangline');
	check({ HOME: '/home/ada', XDG_STATE_HOME: '/x', GANGLINE_HOME: '/g/' }, '/g');
	check({ HOME: '/home/ada', GANGLINE_HOME: '' }, '/home/ada/.local/state/gangline');

	it('holds everything below it', () => {
		const state = stateFolder({ GANGLINE_HOME: '/g' });
		expect(state.project('01JZ')).toBe('/g/projects/01JZ');
		const { gateway: g, store, identity, api, log, shown, mesh } = state;
		for (const path of [store, identity, api, log, shown, mesh]) expect(path).toMatch(/^\/g\/[^/]+$/);
		for (const path of [g.store, g.identity, g.api, g.log, g.listen, g.builds]) expect(path).toMatch(/^\/g\/gateway\//);
	});

	it('is refused where the environment names none or a relative one', () => {
		expect(() => stateFolder({})).toThrow(/neither GANGLINE_HOME, XDG_STATE_HOME nor HOME/);
		expect(() => stateFolder({ GANGLINE_HOME: 'here' })).toThrow(/"here": expected an absolute path/);
	});
});

describe('/proc/<pid>/stat', () => {
	it('is read whatever the program calls itself', async () => {
		const rest = Array.from({ length: 49 }, (_, at) => String(at + 4)).join(' ');
		expect(readProcessStat(`7 (a) b (c)) S ${rest}`)).toEqual({ state: 'S', startTicks: 22 });
		expect(readProcessStat(await readFile('/proc/self/stat', 'utf8'))?.startTicks).toBeGreaterThan(0);
	});

	it('of another shape is nothing', () => {
		for (const text of ['', 'x', '7 (sh) S 1 2']) expect(readProcessStat(text)).toBe(null);
	});
});
