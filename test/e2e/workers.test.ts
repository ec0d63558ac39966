/**
 * A home and a worker as processes of their own, joined over TCP: what is worked on at the other machine lands at the
 * home, also when the worker is killed in the middle, or cannot reach its home until it is done.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Board, Result } from '../../shared/operations/index.ts';
import { boardOf } from '../support/board.ts';
import { writeFakeClis } from '../support/fake-clis.ts';
import { gaveUp, lastOf } from '../support/gave-up.ts';
import { noted } from '../support/work-bench.ts';
import { makeWorld, type World } from '../support/world.ts';

let laptop: World;
let builder: World;
let shop: string;

/** The builder alone has the program that agents are. */
const clis = writeFakeClis(mkdtempSync(join(tmpdir(), 'gangline-workers-')));

beforeAll(async () => {
	laptop = makeWorld({ GANGLINE_NAME: 'laptop', USER: 'ada' });
	const PATH = `${clis}:${process.env.PATH}`;
	builder = makeWorld({ GANGLINE_NAME: 'builder', USER: 'bob', PATH, ANTHROPIC_API_KEY: 'key' });
	shop = laptop.repository('shop', { 'a.txt': 'a\n', 'check.sh': '#!/bin/sh\ntest -s a.txt\n' });
	await laptop.ok(shop, 'init', '--yes', '--gate', 'check=./check.sh', '--review', 'server');
	appendFileSync(join(shop, '.gangline', 'project.toml'), '\n[[agent]]\nname = "claude"\nruntime = "claude-code"\n');
	laptop.git(shop, 'commit', '-q', '-am', 'Let claude work here');
	await laptop.ok(shop, 'start');
	const { token } = await laptop.json<Result<'token.create'>>(shop, 'token', 'new', '--work');
	await builder.ok(builder.folder, 'join', token);
	await qualified();
}, 400_000);
afterAll(async () => {
	await builder[Symbol.asyncDispose]();
	await laptop[Symbol.asyncDispose]();
	rmSync(clis, { recursive: true, force: true });
});

async function qualified(): Promise<void> {
	await eventually(async () => {
		const { nodes } = await laptop.json<Result<'node.list'>>(shop, 'nodes');
		const there = nodes.find(({ name }) => name === 'builder');
		return there?.connected === true && there.qualified.some(({ ready }) => ready);
	});
}

/** The board when it is as wanted. */
async function until(done: (board: Board) => boolean, seconds = 90): Promise<Board> {
	let board = await boardOf(laptop.state, shop);
	await eventually(async () => {
		board = await boardOf(laptop.state, shop);
		return done(board);
	}, seconds);
	return board;
}

async function eventually(isSo: () => Promise<boolean>, seconds = 60): Promise<void> {
	const end = Date.now() + seconds * 1000;
	while (!(await isSo())) {
		if (Date.now() > end) throw gaveUp(seconds, { builder: lastOf(log(builder)) }, log(laptop));
		await new Promise((resolve) => setTimeout(resolve, 200));
	}
}

const log = ({ state }: World): string => readFileSync(join(state, 'node.log'), 'utf8').slice(-6_000);
/** `gangline logs --follow` at the home, while it runs. */
function follow(name: string): { output(): string; readonly exited: Promise<number | null> } {
	const child = spawn(process.execPath, [command, 'logs', name, '--follow'], { cwd: shop, env: laptop.env });
	let output = '';
	for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => (output += piece));
	return { output: () => output, exited: once(child, 'exit').then(([code]) => code) };
}
const command = fileURLToPath(new URL('../../gateway/cli/gangline.js', import.meta.url));

/** How often an item was given to somebody. */
async function grantsOf(board: Board, title: string): Promise<number> {
	const name = item(board, title)?.name.slice(1) ?? '';
	const { entries } = await laptop.json<Result<'item.history'>>(shop, 'log', name);
	return entries.filter(({ event }) => event === 'grant').length;
}
/** An item that only the builder may do. */
const add = (title: string, script: string): Promise<string> =>
	laptop.ok(shop, 'add', title, '--run', script, '--label', 'needs:builder');
/** What landed reaches the person's checkout a moment later. */
const inCheckout = async (path: string): Promise<string> => {
	await eventually(async () => existsSync(join(shop, path)));
	return laptop.git(shop, 'show', `HEAD:${path}`);
};
const item = (board: Board, title: string) => board.items.find((one) => one.title === title);
const isDone = (title: string) => (board: Board) => item(board, title)?.stage === 'done';

/** The long form: scripts/test --all. */
const all = Boolean(process.env.GANGLINE_TEST_ALL);

describe('a worker on another machine', () => {
	it('[I3] does an item that lands at the home, with its log to read there', async () => {
		await add('Do it there', 'hostname > there.txt; echo "$HOME" >> there.txt; echo seen on the builder');
		await until(isDone('Do it there'), 90);
		expect(await inCheckout('there.txt')).not.toContain(laptop.folder);
		expect(await laptop.ok(shop, 'logs', '1')).toContain('seen on the builder');
		const why = await laptop.json<Result<'item.why'>>(shop, 'why', '1');
		expect(why.placement).toMatchObject({ by: 'gateway', node: 'builder' });
		expect(log(builder)).toContain('"end":"result"');
	});

	it('shows what it writes to who follows at the home, as it is written and once', async () => {
		const go = join(builder.home, 'go');
		await add('Talks', `echo word one; until [ -e '${go}' ]; do sleep 0.1; done; echo word two; echo t > talks.txt`);
		const board = await until((seen) => item(seen, 'Talks')?.holder?.node === 'builder');
		const follower = follow(item(board, 'Talks')?.name.slice(1) ?? '');
		await eventually(async () => follower.output().includes('word one'));
		writeFileSync(go, '');
		expect(await follower.exited).toBe(0);
		expect(follower.output().match(/ word .*/g)).toEqual([' word one', ' word two']);
	});

	it('[I7] [I11] [I12] begins an item again after it was killed in the middle', async () => {
		const flag = join(builder.home, 'began');
		await add('Killed once', `if [ -e '${flag}' ]; then echo two > killed.txt; else touch '${flag}'; sleep 600; fi`);
		await eventually(async () => existsSync(flag));
		process.kill(builder.pid() ?? 0, 'SIGKILL');
		const away = await laptop.gangline(shop, 'logs', '1');
		expect(away).toMatchObject({ code: 6, stdout: '' });
		expect(away.stderr).toMatch(
			/^the log of run \S+ is on builder, which cannot be asked now: .*; the run ended: result\n→/,
		);
		await builder.ok(builder.folder, 'start');
		const board = await until(isDone('Killed once'), 120);
		await eventually(async () => (await laptop.gangline(shop, 'logs', '1')).stdout.includes('seen on the builder'));
		expect(item(board, 'Killed once')?.landed?.commit).toBeTruthy();
		expect(await inCheckout('killed.txt')).toBe('two');
		expect(await grantsOf(board, 'Killed once')).toBe(2);
	});

	it.runIf(all)('[I4] [I6] finishes while its home cannot answer, and delivers when it can', async () => {
		const [begun, done] = ['begun', 'finished'].map((name) => join(builder.home, name)) as [string, string];
		await add('Alone for a while', `touch '${begun}'; sleep 8; echo alone > alone.txt; touch '${done}'`);
		await eventually(async () => existsSync(begun));
		const home = laptop.pid() ?? 0;
		process.kill(home, 'SIGSTOP');
		try {
			await eventually(async () => existsSync(done));
			await eventually(async () => log(builder).includes('report.notSettled'), 90);
		} finally {
			process.kill(home, 'SIGCONT');
		}
		const board = await until(isDone('Alone for a while'), 90);
		expect(await inCheckout('alone.txt')).toBe('alone');
		expect(await grantsOf(board, 'Alone for a while')).toBe(1);
	});

	it.skipIf(!all)(
		'is not qualified while a file that set-up copies is missing there, and says where to put it',
		async () => {
			const file = join(shop, '.gangline', 'project.toml');
			const settings = readFileSync(file, 'utf8').replace('copy = []', 'copy = [".env"]');
			expect(settings).toContain('copy = [".env"]');
			writeFileSync(file, settings);
			writeFileSync(join(shop, '.env'), 'SECRET=1\n');
			laptop.git(shop, 'add', '.gangline');
			laptop.git(shop, 'commit', '-q', '-m', 'copy .env');
			let reason: string | null = null;
			await eventually(async () => {
				const { nodes } = await laptop.json<Result<'node.list'>>(shop, 'nodes');
				reason = nodes.find(({ name }) => name === 'builder')?.qualified[0]?.reason ?? null;
				return reason?.includes('.env') === true;
			});
			const folder = /put it into (\S.*\/copy) on/.exec(reason ?? '')?.[1] ?? '';
			mkdirSync(folder, { recursive: true });
			writeFileSync(join(folder, '.env'), 'SECRET=2\n');
			await qualified();
		},
	);
});

describe.runIf(all)('an agent on another machine', () => {
	const agent = (title: string, does: string) => laptop.ok(shop, 'add', title, '--description', `FAKE:${does}`);
	const number = (board: Board, title: string): string => item(board, title)?.name.slice(1) ?? '';
	const asks = (title: string) => (board: Board) =>
		item(board, title)?.needsYou?.startsWith(`gangline answer ${number(board, title)} `) ?? false;

	it('[I13] hears what a person says at the home, and gets its answers from there', async () => {
		await agent('Hears', 'hears');
		await eventually(async () => noted(builder.home, 'waits') !== '');
		const name = number(await until((seen) => item(seen, 'Hears')?.holder?.node === 'builder'), 'Hears');
		expect(await laptop.ok(shop, 'say', name, 'mind the gap')).toContain('at its next turn');
		await until(isDone('Hears'));
		expect(noted(builder.home, 'heard')).toMatch(/\S+ says: mind the gap/);

		await agent('Wants', 'asks');
		const wants = number(await until(asks('Wants')), 'Wants');
		expect(await laptop.ok(shop, 'answer', wants, 'allow')).toContain('allowed: Bash curl');
		await until(isDone('Wants'));
		expect(await laptop.ok(shop, 'logs', wants)).toMatch(/allowed by \S+: Bash curl/);

		await agent('Chooses', 'person');
		const chooses = number(await until(asks('Chooses')), 'Chooses');
		expect(await laptop.ok(shop, 'say', chooses, 'tea, please')).toContain('told');
		await until(isDone('Chooses'));
		expect(noted(builder.home, 'person')).toContain('tea, please');
	});

	it('[I5] [I7] is taken by a person at the home, whose commits it is given with back', async () => {
		rmSync(join(builder.home, 'waits'), { force: true });
		await agent('Shares', 'hears');
		await eventually(async () => noted(builder.home, 'waits') !== '');
		const name = number(await until((seen) => item(seen, 'Shares')?.holder?.node === 'builder'), 'Shares');
		const taken = await laptop.json<Result<'item.take'>>(shop, 'take', name);
		expect(taken).toMatchObject({ node: 'builder', item: { stage: 'frozen' } });
		const folder = taken.folder ?? '';
		expect(folder.startsWith(builder.state)).toBe(true);
		expect(await builder.ok(builder.folder, 'ps')).not.toContain('Shares');
		writeFileSync(join(folder, 'by-hand.txt'), 'x\n');
		builder.git(folder, 'add', '-A');
		builder.git(folder, 'commit', '-q', '-m', 'By hand');
		await laptop.ok(shop, 'give', name, 'the file is there');
		await until(asks('Shares'));
		const resumed = noted(builder.home, `prompt.${noted(builder.home, 'count').trim()}`);
		for (const part of ['You were interrupted', 'the file is there', 'By hand']) expect(resumed).toContain(part);
		await laptop.ok(shop, 'answer', name, 'allow');
		await until(isDone('Shares'));
		expect(await inCheckout('by-hand.txt')).toBe('x');
	});
});
