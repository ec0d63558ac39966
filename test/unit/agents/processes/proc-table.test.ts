import { describe, expect, test } from 'vitest';
import { findCgroupMount } from '../../../../node/agents/processes/cgroup.ts';
import { planLaunch } from '../../../../node/agents/processes/launch.ts';
import {
	descendants,
	isAlive,
	type ProcEntry,
	parseStat,
	readBootId,
	readProcess,
} from '../../../../node/agents/processes/proc-table.ts';

const stat = (head: string, state = 'S') =>
	`${head} ${state} 10 20 30 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 1 2 3\n`;

function table(
	rows: readonly [pid: number, parent: number, session: number, group?: number][],
): Map<number, ProcEntry> {
	return new Map(
		rows.map(([pid, parent, session, group = session]) => [
			pid,
			{ pid, parent, session, group, startTicks: 1, name: 'x', state: 'S', ticks: 0, alive: true },
		]),
	);
}

describe('parseStat', () => {
	test.each(['7 (sh)', '7 (a b)', '7 (a) R 1 1 1)', '7 ())', '7 (\n)'])('reads past the last bracket of %j', (head) => {
		expect(parseStat(stat(head))).toEqual({
			pid: 7,
			parent: 10,
			group: 20,
			session: 30,
			startTicks: 987654,
			name: head.slice(3, -1),
			state: 'S',
			ticks: 26,
			alive: true,
		});
	});

	test.each(['Z', 'X', 'x'])('does not take state %s for life', (state) => {
		expect(parseStat(stat('7 (sh)', state))?.alive).toBe(false);
	});

	test.each(['', 'x', '7 sh S 1', '7 (sh) S 1'])('answers null for %j', (line) => {
		expect(parseStat(line)).toBeNull();
	});
});

describe('isAlive', () => {
	test('wants boot, pid and start time', () => {
		const bootId = readBootId();
		const own = readProcess(process.pid);
		const identity = { bootId, pid: process.pid, startTicks: own?.startTicks ?? 0 };
		expect(isAlive(identity, bootId)).toBe(true);
		expect(isAlive({ ...identity, startTicks: 1 }, bootId)).toBe(false);
		expect(isAlive({ ...identity, bootId: 'another' }, bootId)).toBe(false);
		expect(isAlive({ ...identity, pid: 2 ** 22 + 1 }, bootId)).toBe(false);
	});
});

describe('descendants', () => {
	const world = table([
		[1, 0, 1],
		[10, 1, 10],
		[11, 10, 10],
		[12, 11, 12],
		[13, 1, 12],
		[14, 1, 99, 11],
		[20, 1, 20],
		[21, 20, 20],
	]);

	test('follows parents, sessions and groups, to the end', () => {
		expect([...descendants(world, [10], new Set())].sort()).toEqual([10, 11, 12, 13, 14]);
	});

	test('never holds init, what is excepted, or what is not there', () => {
		expect([...descendants(world, [20, 999], new Set([21]))]).toEqual([20]);
		expect(descendants(world, [], new Set()).size).toBe(0);
	});
});

describe('findCgroupMount', () => {
	test.each([
		['30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n', '/sys/fs/cgroup'],
		[
			'32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n41 31 0:38 / /sys/fs/cgroup/uni\\040fied rw shared:4 - cgroup2 cgroup2 rw\n',
			'/sys/fs/cgroup/uni fied',
		],
		['32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n', null],
	])('finds version 2 only', (mountinfo, expected) => {
		expect(findCgroupMount(mountinfo)).toBe(expected);
	});
});

describe('planLaunch', () => {
	const tools = { sh: '/bin/sh', unshare: '/u', setpriv: '/s', mount: '/m', umount: '/um', perl: '/p' };
	const without = { namespaces: null, fence: null, reaperCall: null };
	const plan = { tools, argv: ['/bin/x', 'a"b $(c)'], cwd: '/w', cgroup: null, ...without };
	const nasty = '/a "b\' $(touch x)\n';

	test('passes every name as an argument of its own, never in a script', () => {
		const namespaces = {
			mode: 'user',
			uid: 7,
			gid: 8,
			stage: nasty,
			isStageCovered: false,
			steps: [['cover', nasty]],
		} as const;
		const { argv, wrapped, announces } = planLaunch({ ...plan, cwd: nasty, cgroup: '/cg', namespaces });
		expect(argv.filter((word) => word === nasty)).toHaveLength(3);
		expect(argv.filter((word) => word !== nasty && word.includes('touch x'))).toEqual([]);
		expect(argv.slice(-2)).toEqual(plan.argv);
		expect({ wrapped, announces }).toEqual({ wrapped: true, announces: true });
	});

	test('adds only what is there', () => {
		expect(planLaunch({ ...plan, tools: { ...tools, setpriv: null } })).toEqual({
			argv: plan.argv,
			wrapped: false,
			announces: false,
		});
		expect(planLaunch({ ...plan, reaperCall: 157 })).toMatchObject({ wrapped: true, announces: false });
		const fence = { call: 157, grants: [{ access: 'read', path: nasty }] } as const;
		const fenced = planLaunch({ ...plan, fence });
		expect(fenced.argv.slice(-6)).toEqual(['157', 'read', nasty, '--', ...plan.argv]);
		expect(fenced).toMatchObject({ wrapped: false, announces: false });
	});
});
