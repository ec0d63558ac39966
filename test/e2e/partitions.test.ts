/**
 * Four machines in network namespaces: the gateway, a home with the project, a worker that came by the pasted line, a
 * laptop with a person. Cables are cut and healed, one by one and in halves, while items flow and people edit; at the
 * end everything that was wanted has happened once, which is read from git and from every replica.
 */
import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Board, ItemAnswer, MeshNodeView, Result } from '../../shared/operations/index.ts';
import { type Machine, type MachineRoom, machinesMissing, openMachineRoom } from '../support/machines.ts';

const all = Boolean(process.env.GANGLINE_TEST_ALL);
/** How long cables are cut and healed. */
const stormMs = process.env.GANGLINE_TEST_LONG ? 600_000 : 120_000;

let room: MachineRoom;
let gateway: Machine;
let home: Machine;
let worker: Machine;
let laptop: Machine;
let shop: string;

const nodesOf = async ({ world }: Machine): Promise<readonly MeshNodeView[]> =>
	(await world.json<Result<'node.list'>>(world.home, 'nodes')).nodes;

const boardAt = ({ world }: Machine): Promise<Board> => world.json<Board>(world.home, 'status', '-p', 'shop');

const byTitle = (items: readonly ItemAnswer[]): readonly (readonly [string, string, number | null])[] =>
	items.map(({ title, stage, number }) => [title, stage, number] as const).sort();

/** Pastes a line into a shell of the machine. */
function paste({ world, name }: Machine, line: string): Promise<number | null> {
	return new Promise((resolve, reject) => {
		const child = spawn(room.within(name)[0] ?? '', [...room.within(name).slice(1), 'sh'], {
			cwd: world.home,
			env: { ...world.env, PATH: '/usr/bin:/bin:/usr/sbin:/sbin' },
			stdio: ['pipe', 'inherit', 'inherit'],
		});
		child.on('error', reject);
		child.on('close', resolve);
		child.stdin.end(`${line}\n`);
	});
}

async function token(...options: string[]): Promise<string> {
	return (await gateway.world.ok(gateway.world.home, 'token', 'new', ...options)).trim();
}

describe.skipIf(!all || machinesMissing !== null)('four machines (scripts/test --all, as root)', () => {
	beforeAll(async () => {
		room = openMachineRoom();
		gateway = room.machine('gate', { USER: 'ada' });
		home = room.machine('tower', { USER: 'ada' });
		worker = room.machine('builder', { USER: 'ada' });
		laptop = room.machine('laptop', { USER: 'ada' });
		await gateway.world.ok(gateway.world.home, 'gateway', 'start');
		await gateway.world.ok(gateway.world.home, 'gateway', 'listen', gateway.address);
		shop = home.world.repository('shop', { 'check.sh': '#!/bin/sh\ntest -s check.sh\n' });
		const choices = ['--review', 'server', '--landing', 'local', '--gate', 'check=./check.sh'];
		await home.world.ok(shop, 'init', '--yes', '--no-input', ...choices);
		await home.world.ok(shop, 'start');
		expect(await paste(home, await token('--person', 'ada', '--home-for', 'shop'))).toBe(0);
		expect(await paste(worker, await token('--work', '--slots', '2'))).toBe(0);
		expect(await paste(laptop, await token('--person', 'ada'))).toBe(0);
	});
	afterAll(() => room?.[Symbol.asyncDispose]());

	it('meet, and see the same board', async () => {
		const nodes = await nodesOf(gateway);
		expect(
			nodes
				.filter(({ connected }) => connected)
				.map(({ name }) => name)
				.sort(),
		).toEqual(expect.arrayContaining(['builder', 'laptop', 'tower']));
		await laptop.world.ok(laptop.world.home, 'add', '-p', 'shop', 'From the laptop', '--run', 'echo l > laptop.txt');
		await home.world.until<Board>(shop, ['status'], ({ items }) => items.some(({ stage }) => stage === 'done'));
		expect(byTitle((await boardAt(laptop)).items)).toEqual([['From the laptop', 'done', 1]]);
	});

	it('[I1] [I3] [I4] [I5] [I8] [I9] [I12] [I14] lose and double nothing, whatever cable is cut', async () => {
		const machines = [gateway, home, worker, laptop] as const;
		const end = Date.now() + stormMs;
		const wanted: string[] = ['From the laptop'];
		for (let round = 0; Date.now() < end; round++) {
			const [a, b] = [machines[round % 4], machines[(round + 1 + (round % 3)) % 4]] as const;
			if (round % 4 === 3) room.part([gateway, laptop], [home, worker]);
			else if (a && b && a !== b) room.cut(a, b);
			for (const machine of [home, laptop]) {
				const title = `Round ${round} at ${machine.name}`;
				wanted.push(title);
				const script = `echo ${round} > ${machine.name}-${round}.txt`;
				await machine.world.ok(machine.world.home, 'add', '-p', 'shop', title, '--run', script);
			}
			if (round % 2 === 1) room.healAll();
		}
		room.healAll();
		const settled = ({ items }: Result<'item.list'>): boolean =>
			items.length >= wanted.length && items.every(({ stage, tentative }) => stage === 'done' && !tentative);
		const listed = await home.world.until<Result<'item.list'>>(shop, ['list'], settled, 600);
		expect(byTitle(listed.items).map(([title]) => title)).toEqual([...wanted].sort());
		for (const machine of [laptop, gateway]) {
			const there = ['list', '-p', 'shop'];
			const seen = await machine.world.until<Result<'item.list'>>(machine.world.home, there, settled, 120);
			expect(byTitle(seen.items)).toEqual(byTitle(listed.items));
		}
		const trailers = home.world.git(
			shop,
			'log',
			'gangline/main',
			'--first-parent',
			'--format=%T %(trailers:key=Gangline-Tree,valueonly,separator=%x20) %(trailers:key=Gangline-Item,valueonly,separator=%x20)',
		);
		const landed = trailers
			.split('\n')
			.map((line) => line.trim().split(' '))
			.filter(({ length }) => length === 3);
		expect(new Set(landed.map(([, , item]) => item)).size).toBe(wanted.length);
		expect(landed).toHaveLength(wanted.length);
		for (const [tree, gated] of landed) expect(tree).toBe(gated);
	}, 3_600_000);
});
