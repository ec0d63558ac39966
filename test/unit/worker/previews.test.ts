/** Previews that several people begin and end at once, and the ports and folders of what has ended. */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { GateRunner, MachineRoom, Previews } from '../../../node/worker/index.ts';
import type { WorkspaceGit } from '../../../node/worker/workspace-git.ts';
import { noSecrets, parseCommitId } from '../../../shared/ports/index.ts';
import {
	openSimStore,
	SimClock,
	SimLog,
	SimMachine,
	SimProcesses,
	type SimRun,
} from '../../../shared/ports/sim/index.ts';
import { parseProjectConfig } from '../../../shared/project/index.ts';

const key = '01BX5ZZKBKACTAV9WEVGEMMVRZ';
const project = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
const commit = parseCommitId('a'.repeat(40));
const other = parseCommitId('b'.repeat(40));

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'gangline-previews-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Programs that run until they are told to end. */
const untilTold = ({ term }: SimRun): Promise<number> =>
	new Promise((resolve) => term.addEventListener('abort', () => resolve(0), { once: true }));

function world(program: (run: SimRun) => Promise<number>) {
	const clock = new SimClock();
	const machine = new SimMachine(clock, { '/bin/sh': program });
	const log = new SimLog();
	const room = new MachineRoom({ slots: 2, machine: () => ({ freeDiskBytes: 1e12, freeMemoryBytes: 1e12, load: 0 }) });
	/** Temporary folders that were there when their ports were given back. */
	const early: string[] = [];
	const tmpRoot = join(folder, 'tmp');
	const seen = {
		takePorts: () => room.takePorts(),
		freePorts: (base: number) => {
			if (existsSync(join(tmpRoot, `p${base}`))) early.push(`p${base}`);
			room.freePorts(base);
		},
	} as MachineRoom;
	const git = {
		objects: [],
		cloneAt: (path: string) => ({ path, outside: `${path}.outside` }),
		clone: async ({ path }: { path: string }) => void mkdirSync(path, { recursive: true }),
		removeClone: async ({ path }: { path: string }) => rmSync(path, { recursive: true, force: true }),
		treeOf: async () => commit,
		checkout: async ({ path }: { path: string }) => {
			mkdirSync(path, { recursive: true });
			return { path, outside: `${path}.outside` };
		},
		gateChanges: async () => ({ modified: [], added: [] }),
	} as unknown as WorkspaceGit;
	const place = {
		...{
			project,
			git,
			log,
			room: seen,
			tmpRoot,
			copyFrom: null,
			person: { own: {}, given: {} },
			hidden: [],
			readOnly: [],
		},
		ports: { processes: new SimProcesses(machine), clock, shellPath: '/bin/sh' },
		secrets: noSecrets,
	};
	return { place, clock, machine, room, early };
}

const config = parseProjectConfig(`id = "${project}"
name = "app"
branch = "main"
[run]
command = "serve"
ready_seconds = 3600
`);

function previews(program = untilTold) {
	const here = world(program);
	const author = async () => ({ name: 'Ada', email: 'ada@example.org' });
	return {
		...here,
		previews: new Previews({ ...here.place, clock: here.clock, author, folder: join(folder, 'clones') }),
	};
}

/** Lets what is done by files and sockets go on. */
const settled = async (clock: SimClock): Promise<void> => {
	for (let turn = 0; turn < 20; turn += 1) {
		await new Promise((resolve) => setImmediate(resolve));
		await clock.advance(0);
	}
};

it('runs one preview of an item, however many begin it at once, and ends it with the node', async () => {
	const { previews: all, machine, clock, early, room } = previews();
	await Promise.all([all.start(key, commit, config), all.start(key, commit, config), all.start(key, other, config)]);
	await expect.poll(() => machine.lives.size).toBe(1);
	await settled(clock);
	expect(machine.lives.size).toBe(1);
	// Nobody waits for a program that does not listen, an hour by its settings.
	const stopping = Promise.all([all.stop(key), all.stop(key), all.stopAll()]);
	await settled(clock);
	await stopping;
	expect(machine.lives.size).toBe(0);
	expect(all.show(key).state).toBe('stopped');
	expect(early).toEqual([]);
	expect(room.takePorts()).toBe(21_000);
});

it('keeps a preview that was begun while the one before it ended', async () => {
	const { previews: all, machine, clock } = previews();
	await all.start(key, commit, config);
	await expect.poll(() => machine.lives.size).toBe(1);
	const stopping = all.stop(key);
	const starting = all.start(key, other, config);
	await settled(clock);
	await Promise.all([stopping, starting]);
	expect(all.show(key)).toMatchObject({ state: 'starting', commit: other });
	const ending = all.stopAll();
	await settled(clock);
	await ending;
	expect(machine.lives.size).toBe(0);
});

const keyOf = (n: number): string => `01BX5ZZKBKACTAV9WEVGEMMVR${n}`;

it('[I12] lets one that failed hold no place: it is shown until another begins, and those that run are left alone', async () => {
	let hasFailed = 0;
	const {
		previews: all,
		clock,
		room,
		machine,
	} = previews((run) => {
		hasFailed += 1;
		return hasFailed <= 3 ? Promise.resolve(1) : untilTold(run);
	});
	for (let n = 0; n < 4; n += 1) {
		await all.start(keyOf(n), commit, config);
		await expect.poll(() => hasFailed).toBe(n + 1);
		await settled(clock);
	}
	await expect
		.poll(() => [0, 1, 2, 3].map((n) => all.show(keyOf(n)).state))
		.toEqual([...Array(3).fill('failed'), 'starting']);
	expect(all.show(keyOf(0)).why).toContain('serve');
	const starting = Promise.all([4, 5, 6].map((n) => all.start(keyOf(n), commit, config)));
	await settled(clock);
	await starting;
	expect([0, 1, 2].map((n) => all.show(keyOf(n)).state)).toEqual(Array(3).fill('stopped'));
	await expect(all.start(keyOf(7), commit, config)).rejects.toMatchObject({ code: 'REFUSED' });
	await expect.poll(() => machine.lives.size).toBe(4);
	const ending = all.stopAll();
	await settled(clock);
	await ending;
	expect(room.takePorts()).toBe(21_000);
});

it('gives the ports of a gate back only when its temporary folder is gone', async () => {
	const { place, early } = world(untilTold);
	const gates = new GateRunner({ ...place, store: await openSimStore(), folder: join(folder, 'gates'), slots: 1 });
	expect(await gates.verdict({ commit, config })).toMatchObject({ passed: true });
	expect(early).toEqual([]);
});
