/**
 * What every stranger's repository goes through once `init` has been run in it: three items are added, landed, and then
 * looked for with git alone. The board is asked over HTTP, because a hundred starts of the command would only show how
 * long a program takes to start.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Board } from '../../shared/operations/index.ts';
import { boardOf } from './board.ts';
import { gaveUp } from './gave-up.ts';
import type { World } from './world.ts';

/** Whether the long forms run too: scripts/test --all. */
export const all = Boolean(process.env.GANGLINE_TEST_ALL);

export interface Work {
	readonly title: string;
	readonly script: string;
}

/** Three changes that cannot meet. */
export const threeFiles: readonly Work[] = ['one', 'two', 'three'].map((name) => ({
	title: `Add ${name}`,
	script: `echo ${name} > ${name}.txt`,
}));

/** What a program answers to a first question, null where the machine has none. */
export function answerOf(program: string, ...args: string[]): string | null {
	const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
	return status === 0 ? `${stdout}${stderr}`.trim() : null;
}

/** Makes the repository a project with what detection finds and puts it into the running node, or starts one. */
export async function begin(world: World, repository: string, ...choices: string[]): Promise<string> {
	const init = await world.gangline(repository, 'init', '--yes', '--no-input', ...choices);
	expect(init, init.stderr).toMatchObject({ code: 0 });
	await world.ok(repository, 'start');
	return init.stdout + init.stderr;
}

/** Asks for the board until `done` is true of it; fails with the last one after `seconds`. */
export async function boardWhere(
	world: World,
	repository: string,
	done: (board: Board) => boolean,
	seconds = 120,
): Promise<Board> {
	const end = Date.now() + seconds * 1000;
	for (;;) {
		const board = await boardOf(world.state, repository);
		if (done(board)) return board;
		if (Date.now() > end) throw gaveUp(seconds, board, logOf(world));
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
}

export const isStage = (board: Board, number: number, stage: string): boolean =>
	board.items.some((item) => item.number === number && item.stage === stage);

export const allDone = (board: Board): boolean => board.items.every(({ stage }) => stage === 'done');

/** Adds the items, all at once, as a person with a list would. */
export async function addAll(world: World, repository: string, items: readonly Work[]): Promise<void> {
	for (const { title, script } of items) await world.add(repository, title, script);
}

/** Adds three items and waits until git says that they landed; approves each where a person is waited for. */
export async function landThree(
	world: World,
	repository: string,
	{ items = threeFiles, approve = false, branch = 'main', status = '' } = {},
): Promise<Board> {
	await addAll(world, repository, items);
	if (approve) {
		const waiting = await boardWhere(world, repository, (board) =>
			board.items.every(({ stage }) => stage === 'reviewHold'),
		);
		for (const { number } of waiting.items) {
			await world.ok(repository, 'diff', String(number));
			await world.ok(repository, 'approve', String(number));
		}
	}
	const board = await boardWhere(world, repository, allDone);
	await expectLanded(world, repository, { titles: items.map(({ title }) => title), branch, status });
	return board;
}

/** From git alone: each title landed once, on the tree that was judged, and the checkout was brought along, clean. */
export async function expectLanded(
	world: World,
	repository: string,
	{ titles, branch = 'main', status = '' }: { titles: readonly string[]; branch?: string; status?: string },
): Promise<void> {
	const tip = `gangline/${branch}`;
	await boardWhere(world, repository, ({ distance }) => distance.checkout?.commit === distance.canonical);
	world.git(repository, 'fetch', '-q', 'gangline');
	const landings = landingsOf(world, repository, tip);
	expect(landings.map(({ subject }) => subject).sort()).toEqual([...titles].sort());
	expect(new Set(landings.map(({ item }) => item)).size).toBe(titles.length);
	for (const { gated, tree } of landings) expect(gated).toBe(tree);
	expect(world.git(repository, 'rev-parse', 'HEAD')).toBe(world.git(repository, 'rev-parse', tip));
	expect(world.git(repository, 'symbolic-ref', '--short', 'HEAD')).toBe(branch);
	expect(world.git(repository, 'status', '--porcelain')).toBe(status);
}

export interface LandingSeen {
	readonly commit: string;
	readonly subject: string;
	readonly tree: string;
	readonly item: string;
	readonly gated: string;
}

/** The commits of a branch that say which item they are, newest first; also those that came by a merge. */
export function landingsOf(world: World, repository: string, tip: string): readonly LandingSeen[] {
	const trailer = (key: string): string => `%(trailers:key=${key},valueonly,separator=%x2C)`;
	const format = ['%H', '%s', '%T', trailer('Gangline-Item'), trailer('Gangline-Tree')].join('%x09');
	return world
		.git(repository, 'log', `--format=${format}`, tip, '--')
		.split('\n')
		.map((line) => line.split('\t'))
		.filter(([, , , item]) => Boolean(item))
		.map(([commit = '', subject = '', tree = '', item = '', gated = '']) => ({ commit, subject, tree, item, gated }));
}

/** Everything a person would notice having been changed: refs, index, files, settings. */
export function stateOf(world: World, repository: string): string {
	const say = (...args: string[]): string => world.git(repository, ...args);
	return [
		say('for-each-ref'),
		readFileSync(join(say('rev-parse', '--absolute-git-dir'), 'HEAD'), 'utf8'),
		say('ls-files', '--stage'),
		say('status', '--porcelain', '--ignored', '--untracked-files=all'),
		say('config', '--local', '--list'),
	].join('\n--\n');
}

function logOf(world: World): string {
	try {
		return readFileSync(join(world.state, 'node.log'), 'utf8').slice(-6000);
	} catch {
		return '';
	}
}
