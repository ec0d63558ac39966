/**
 * Two machines and a gateway as processes over real TCP: what people want while the home is away, what is refused late,
 * a sealed move, a home that is given up for lost, and its return as a reader.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Board, Result } from '../../shared/operations/index.ts';
import { all } from '../support/strangers.ts';
import { makeWorld, type World } from '../support/world.ts';

let desk: World;
let server: World;
let shop: string;
let clone: string;

const board = (world: World, at: string): Promise<Board> => world.json<Board>(at, 'status');
const titles = ({ items }: Board): readonly string[] => items.map(({ name, title }) => `${name} ${title}`).sort();

async function joinWith(world: World, token: string): Promise<void> {
	await world.ok(world.home, 'join', token);
}

describe.skipIf(!all)('a project whose home moves (scripts/test --all)', () => {
	beforeAll(async () => {
		desk = makeWorld({ GANGLINE_NAME: 'desk', USER: 'ada' });
		server = makeWorld({ GANGLINE_NAME: 'server', USER: 'ada' });
		shop = desk.repository('shop', { 'a.txt': 'a\n', 'check.sh': '#!/bin/sh\ntest -s a.txt\n' });
		await desk.ok(
			shop,
			'init',
			'--yes',
			'--no-input',
			'--review',
			'server',
			'--landing',
			'local',
			'--gate',
			'check=./check.sh',
		);
		await desk.ok(shop, 'start');
		const args = ['token', 'new', '--home-for', 'shop', '--person', 'ada'];
		const { token } = await desk.json<Result<'token.create'>>(shop, ...args);
		clone = `${server.folder}/clone`;
		server.git(server.folder, 'clone', '-q', shop, clone);
		await joinWith(server, token);
		await server.ok(clone, 'start');
		await server.untilBoard(clone, ({ home }) => home.connected);
	}, 180_000);

	afterAll(async () => {
		await server?.[Symbol.asyncDispose]();
		await desk?.[Symbol.asyncDispose]();
	});

	it('takes wishes while the home is away, says since when, and settles them when it is back', async () => {
		await desk.ok(shop, 'add', 'Old', '--hold');
		await server.untilBoard(clone, ({ items }) => items.length === 1);
		await desk.ok(shop, 'stop');
		const added = await server.json<Result<'item.add'>>(clone, 'add', 'While away', '--hold');
		expect(added.item).toMatchObject({ name: '~server-1', number: null, tentative: true });
		await server.ok(clone, 'edit', '1', '--title', 'Edited away');
		const away = await server.untilBoard(clone, ({ home }) => !home.connected);
		expect(away.home.words).toMatch(/^home desk away since \d\d:\d\d, 2 changes wait$/);
		expect(titles(away)).toEqual(['#1 Edited away', '~server-1 While away']);
		const diff = await server.gangline(clone, 'diff', '1');
		expect(diff.stderr).toMatch(/answered by the home of shop alone: home desk away since/);
		expect(diff.code).toBe(6);
		await desk.ok(shop, 'start');
		const back = await server.untilBoard(
			clone,
			({ home, items }) => home.connected && items.every((item) => !item.tentative),
		);
		expect(titles(back)).toEqual(['#1 Edited away', '#2 While away']);
		expect(back.home.changesWaiting).toBe(0);
	}, 120_000);

	it('[I14] tells what was refused late where it was wanted, until it has been seen', async () => {
		await server.ok(server.home, 'stop');
		await desk.ok(shop, 'stop');
		await server.ok(clone, 'start');
		await server.ok(clone, 'edit', '1', '--title', 'Too late');
		await server.ok(server.home, 'stop');
		await desk.ok(shop, 'start');
		await desk.ok(shop, 'delete', '1', '--yes');
		await server.ok(clone, 'start');
		const told = await server.untilBoard(clone, ({ refused }) => refused.length > 0);
		expect(told.refused).toMatchObject([
			{ event: 'edit', who: 'ada', words: expect.stringContaining('there is no item') },
		]);
		expect(await server.ok(clone, 'status')).toMatch(
			/refused: edit of #1 "Edited away" was refused[\s\S]*gangline refusals --seen/,
		);
		await server.ok(clone, 'refusals', '--seen');
		expect((await board(server, clone)).refused).toEqual([]);
	}, 120_000);

	it('[I3] hands everything over, and lands on the new home what was made at the old one', async () => {
		await desk.ok(shop, 'add', 'Make b', '--run', 'echo b > b.txt');
		await desk.untilBoard(shop, ({ items }) =>
			items.some(({ title, stage }) => title === 'Make b' && stage === 'done'),
		);
		await desk.untilForwarded(shop);
		const main = desk.git(shop, 'rev-parse', 'main');
		await desk.ok(shop, 'project', 'rehome', 'shop', 'server');
		const moved = await server.untilBoard(clone, ({ home }) => home.here);
		expect(moved.distance.canonical).toBe(main);
		expect(titles(moved)).toEqual(['#2 While away', '#3 Make b']);
		const seen = await desk.untilBoard(shop, ({ home }) => !home.here && home.connected);
		expect(titles(seen)).toEqual(titles(moved));
		await desk.ok(shop, 'add', 'Make c', '--run', 'echo c > c.txt');
		await server.untilBoard(clone, ({ items }) =>
			items.some(({ title, stage }) => title === 'Make c' && stage === 'done'),
		);
		await server.untilForwarded(clone);
		expect(server.git(clone, 'ls-tree', '--name-only', 'main').split('\n')).toEqual(
			expect.arrayContaining(['b.txt', 'c.txt']),
		);
	}, 180_000);

	it('goes on without a home that is gone for good, which becomes a reader when it returns', async () => {
		await server.ok(server.home, 'stop');
		await desk.json<Result<'item.add'>>(shop, 'add', 'Wanted meanwhile', '--hold');
		const refused = await desk.gangline(shop, 'project', 'rehome', 'shop', 'desk');
		expect(refused).toMatchObject({ code: 6, stderr: expect.stringContaining('--lost') });
		await desk.ok(shop, 'project', 'rehome', 'shop', 'desk', '--lost', '--yes');
		const here = await desk.untilBoard(shop, ({ home, items }) => home.here && items.every((item) => !item.tentative));
		expect(titles(here)).toEqual(['#2 While away', '#2001 Wanted meanwhile', '#3 Make b', '#4 Make c']);
		await server.ok(clone, 'start');
		const reader = await server.untilBoard(clone, ({ home }) => !home.here && home.connected);
		expect(titles(reader)).toEqual(titles(here));
		await server.ok(clone, 'add', 'From the reader', '--hold');
		await desk.untilBoard(shop, ({ items }) => items.some(({ name }) => name === '#2002'));
	}, 180_000);
});
