/** What a home makes of what workers say of themselves: who is heard, who has room, who may be asked, what runs where. */
import { describe, expect, it } from 'vitest';
import { LimitBook } from '../../../node/home/limit-book.ts';
import type { WorkerLink } from '../../../node/home/worker-link.ts';
import { type LocalWorker, type WorkerMember, WorkerPool } from '../../../node/home/worker-pool.ts';
import { type NodeId, parseNodeId } from '../../../shared/ports/index.ts';
import { openSimStore, SimClock, SimDisk, SimLog } from '../../../shared/ports/sim/index.ts';
import type { Task } from '../../../shared/protocol/work.ts';
import { lostAfterMsDefault, unknownMs, type WorkerState } from '../../../shared/protocol/worker-state.ts';
import { makeItem, projectOne } from '../../support/facts.ts';

const project = projectOne as Task['project'];
const other = '01JZZZZZZZZZZZZZZZZZZZZZZ2' as Task['project'];
const key = '01K0000000000000000000000A';
const here = parseNodeId('n0000000000000001');
const there = parseNodeId('n0000000000000002');
const authorOf = (node: NodeId): string => `${node}.00000001.work`;

const standing = { project, qualified: true, reason: null, saw: null, main: null, agents: [], clones: [] };

function stateOf(node: NodeId, more: Partial<WorkerState> = {}): WorkerState {
	return {
		...{ author: authorOf(node), slots: { free: 2, total: 2 }, shortage: null, load: 0, runtimes: ['shell'] },
		...{ free: { memoryMb: 1, diskMb: 1 }, floor: { memoryMb: 0, diskMb: 0 }, busy: [], reporting: [] },
		projects: [standing],
		...more,
	};
}

const busyOf = (of: Task['project'], token: readonly [number, number] = [1, 2]) => ({
	...{ project: of, key, role: 'coder' as const, token, run: token.join('.'), agent: 'shell', what: 'gates' },
	...{ since: 0, lastLine: null, pids: [7] },
});

function taskOf(): Task {
	const { number, title, type, words } = makeItem(key);
	return {
		...{ project, role: 'coder', agent: 'shell', token: [1, 2], main: 'a'.repeat(40), startFrom: null },
		item: { key, number, title, type, description: '', words, lastFailure: null },
	};
}

/** A link that is only told apart. */
const linkTo = (name: string): WorkerLink => ({ name }) as unknown as WorkerLink;

async function open(
	standing: { now: WorkerMember['standing'] } = { now: 'member' },
	local: LocalWorker | null = null,
	{ clock, disk } = { clock: new SimClock(), disk: new SimDisk() },
) {
	let changes = 0;
	const pool = new WorkerPool({
		...{ project, clock, local },
		member: (node) => ({ name: `name of ${node}`, standing: standing.now, labels: ['gpu'] }),
		linkTo,
		limits: await LimitBook.open(await openSimStore(disk, { log: new SimLog() }), project, () => clock.now()),
		onChange: () => {
			changes += 1;
		},
	});
	return { pool, disk, clock, standing, changes: () => changes };
}

const claude = { runtime: 'claude-code', agent: null, account: 'claude-code' };
const codex = { runtime: 'codex', agent: null, account: 'codex' };

describe('a pool of workers', async () => {
	it('tells the accounts of agents that speak ACP apart, and looks only at nodes that have the agent', async () => {
		const { pool, clock } = await open();
		const login = (agent: string) => ({ runtime: 'acp', agent, account: `acp:${agent}` });
		const at = (...agents: string[]) => ({ runtimes: ['acp'], projects: [{ ...standing, agents }] });
		pool.heard(there, stateOf(there, at('eve', 'fay')));
		pool.heard(here, stateOf(here, at('fay')));
		const until = clock.now() + 10_000;
		await pool.limited(there, 'acp:eve', until);
		await pool.limited(there, 'acp:fay', until);
		expect(['eve', 'fay', 'gil'].map((name) => pool.limitedUntil([login(name)]))).toEqual([until, null, null]);
	});

	it('prefers the account that is free, and that where there is room, and knows which node has which', async () => {
		const { pool, clock } = await open();
		const login = (name: string) => {
			const account = `codex:${name}`;
			return { runtime: 'codex', agent: account, account, name };
		};
		const both = [login('work'), login('own')];
		expect([pool.limitedUntil(both), pool.loginFor(both)]).toEqual([null, null]);
		const has = (logins: string[], free = 2) => ({ runtimes: ['codex'], logins, slots: { free, total: 2 } });
		pool.heard(there, stateOf(there, has(['codex:work'], 0)));
		pool.heard(here, stateOf(here, has(['codex:own'])));
		expect(pool.placementNodes().map(({ agents }) => agents)).toEqual([['codex:work'], ['codex:own']]);
		expect([pool.loginFor(both)?.name, pool.loginFor(both, there)?.name]).toEqual(['own', 'work']);
		const until = clock.now() + 10_000;
		await pool.limited(here, 'codex:own', until);
		expect([pool.limitedUntil(both), pool.loginFor(both)?.name]).toEqual([null, 'work']);
		await pool.limited(there, 'codex:work', until + 5_000);
		expect([pool.limitedUntil(both), pool.loginFor(both)?.name]).toEqual([until, 'own']);
	});

	it('places nothing that needs a limited account on its node before the limit ends, also after a restart', async () => {
		const { pool, disk, clock } = await open();
		const runtimes = ['claude-code', 'codex'];
		pool.heard(there, stateOf(there, { runtimes }));
		const until = clock.now() + 10_000;
		await pool.limited(there, 'claude-code', until);
		await pool.limited(here, 'codex', until + 5_000);
		expect(pool.placementNodes()[0]?.limitedUntil).toEqual({ 'claude-code': until });
		// Another process of the home has only what was durable.
		disk.crash();
		const { pool: next } = await open({ now: 'member' }, null, { clock, disk });
		next.heard(there, stateOf(there, { runtimes }));
		expect(next.placementNodes()[0]?.limitedUntil).toEqual({ 'claude-code': until });
		expect([next.limitedUntil([claude]), next.limitedUntil([codex]), next.nextLimitEnd()]).toEqual([
			...[until, null, until],
		]);
		// A node whose account is free takes what the other cannot.
		next.heard(here, stateOf(here, { runtimes: ['claude-code'] }));
		expect(next.limitedUntil([claude])).toBeNull();
		await clock.advance(10_001);
		expect(next.placementNodes()[0]?.limitedUntil).toEqual({});
		expect([next.limitedUntil([claude]), next.nextLimitEnd()]).toEqual([null, until + 5_000]);
	});

	it('places nothing with an account that a node says is limited, whichever project was refused there', async () => {
		const { pool, clock, changes } = await open();
		const runtimes = ['claude-code'];
		pool.heard(there, stateOf(there, { runtimes }));
		const heard = changes();
		const until = clock.now() + 10_000;
		const limits = { 'claude-code': until };
		pool.heard(there, stateOf(there, { runtimes, projects: [{ ...standing, limits }] }));
		expect(changes()).toBe(heard + 1);
		expect(pool.placementNodes()[0]?.limitedUntil).toEqual(limits);
		expect([pool.limitedUntil([claude]), pool.nextLimitEnd()]).toEqual([until, until]);
		// Its own knowledge counts as well: the later end.
		await pool.limited(there, 'claude-code', until - 5_000);
		expect(pool.limitedUntil([claude])).toBe(until);
		await clock.advance(10_001);
		expect([pool.limitedUntil([claude]), pool.nextLimitEnd()]).toEqual([null, null]);
	});

	it('looks again when a worker says something new, and not when it says the same', async () => {
		const { pool, clock, changes } = await open();
		pool.heard(there, stateOf(there));
		pool.heard(there, stateOf(there));
		expect(changes()).toBe(1);
		pool.heard(there, stateOf(there, { shortage: 'the disk is full' }));
		expect(changes()).toBe(2);
		expect(pool.freeSlots).toBe(0);
		await clock.advance(unknownMs);
		pool.heard(there, stateOf(there, { shortage: 'the disk is full' }));
		expect(changes()).toBe(3);
	});

	it('hears nothing of one that has not opened the project', async () => {
		const { pool, changes } = await open();
		pool.heard(there, stateOf(there, { projects: [] }));
		expect(changes()).toBe(0);
		expect(pool.authorOf(there)).toBeNull();
		expect(pool.placementNodes()).toEqual([]);
	});

	it('counts what was begun before the worker says so, and looks again when it does', async () => {
		const { pool, changes } = await open();
		pool.begun(there, taskOf());
		expect(pool.freeSlots).toBe(0);
		pool.heard(there, stateOf(there));
		pool.begun(there, taskOf());
		expect(pool.freeSlots).toBe(1);
		expect(pool.placementNodes()).toMatchObject([
			{ id: there, used: 1, slots: 2, labels: ['gpu', `name of ${there}`] },
		]);
		expect(pool.seen([])[0]?.busy).toEqual([{ key, role: 'coder', token: [1, 2] }]);
		pool.heard(there, stateOf(there, { slots: { free: 1, total: 2 }, busy: [busyOf(project)] }));
		expect(changes()).toBe(2);
		expect(pool.freeSlots).toBe(1);
	});

	it('[I12] measures the silence of a holder that never spoke from its own start', async () => {
		const { pool, clock } = await open();
		const holder = authorOf(there);
		expect(pool.silentMs(holder)).toBe(0);
		await clock.advance(unknownMs + 1);
		expect(pool.silentMs(holder)).toBe(unknownMs + 1);
		expect(pool.seen([holder])).toMatchObject([{ node: there, author: null, silentMs: unknownMs + 1, room: 0 }]);
		pool.heard(there, stateOf(there));
		expect(pool.silentMs(holder)).toBeNull();
	});

	it('shows what a silent one said last, until it counts as lost', async () => {
		const { pool, clock } = await open();
		pool.heard(there, stateOf(there, { busy: [busyOf(project), busyOf(other)] }));
		expect(pool.running()).toMatchObject([{ node: there, key, pids: [] }]);
		await clock.advance(unknownMs + 1);
		expect(pool.placementNodes()).toEqual([]);
		expect(pool.running()).toHaveLength(1);
		await clock.advance(lostAfterMsDefault);
		expect(pool.running()).toEqual([]);
	});

	it.each([
		['draining', { isGone: false, room: 0 }, [{ draining: true, projects: [project] }]],
		['barred', { isGone: true, room: 0 }, []],
		['gone', { isGone: true, room: 0 }, []],
	] as const)('[I13] gives nothing new to one that is %s', async (now, seen, nodes) => {
		const { pool, standing } = await open();
		pool.heard(there, stateOf(there));
		standing.now = now;
		expect(pool.seen([])).toMatchObject([seen]);
		expect(pool.freeSlots).toBe(0);
		expect(pool.placementNodes()).toMatchObject(nodes);
	});

	it('gives nothing to one whose gates were not seen to work', async () => {
		const { pool } = await open();
		const projects = stateOf(there).projects.map((standing) => ({ ...standing, qualified: false }));
		pool.heard(there, stateOf(there, { projects }));
		expect(pool.freeSlots).toBe(0);
		expect(pool.placementNodes()).toMatchObject([{ qualified: false }]);
	});

	it('names clones that nobody needs', async () => {
		const { pool } = await open();
		const projects = stateOf(there).projects.map((standing) => ({ ...standing, clones: [key, 'old'] }));
		pool.heard(there, stateOf(there, { projects }));
		expect(pool.forgettable(there, new Set([key]))).toEqual(['old']);
		expect(pool.forgettable(here, new Set())).toEqual([]);
	});

	it('keeps one link to a worker, and calls it as the registry does', async () => {
		const { pool } = await open();
		expect(pool.link(there)).toBe(pool.link(there));
		expect(pool.link(there)).not.toBe(pool.link(here));
		expect(pool.nameOf(there)).toBe(`name of ${there}`);
	});

	it('always hears the worker of its own process', async () => {
		const link = linkTo('here');
		const busy = [busyOf(project), busyOf(other)];
		const { pool, clock } = await open({ now: 'member' }, { node: here, link, state: () => stateOf(here, { busy }) });
		await clock.advance(10 * lostAfterMsDefault);
		expect(pool.silentMs(authorOf(here))).toBeNull();
		expect(pool.link(here)).toBe(link);
		expect(pool.authorOf(here)).toBe(authorOf(here));
		expect(pool.freeSlots).toBe(2);
		expect(pool.running()).toMatchObject([{ node: here, project, pids: [7] }]);
		expect(pool.seen([authorOf(here)])).toHaveLength(1);
		expect(pool.placementNodes()).toMatchObject([{ id: here, used: 0 }]);
	});

	it('has no room in its own process while something is short there', async () => {
		const state = () => stateOf(here, { shortage: 'no memory' });
		const { pool } = await open({ now: 'member' }, { node: here, link: linkTo('here'), state });
		expect(pool.freeSlots).toBe(0);
		expect(pool.placementNodes()).toMatchObject([{ qualified: false }]);
	});
});
