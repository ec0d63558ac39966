/**
 * A backup made while the node works, put back after its state folder is gone: what had landed by then is known, what
 * landed afterwards is found in the checkout, and nothing lands twice or takes a number that was given.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Board } from '../../shared/operations/index.ts';
import { allDone, begin, boardWhere, expectLanded, isStage } from '../support/strangers.ts';
import { makeWorld } from '../support/world.ts';

const shop = { 'check.sh': '#!/bin/sh\ntrue\n' };

describe('backup and restore', () => {
	it('[I3] [I6] bring a node back without losing, doubling or renumbering anything', async () => {
		await using world = makeWorld();
		const repository = world.repository('shop', shop);
		await begin(world, repository, '--review', 'server', '--landing', 'local', '--gate', 'check=./check.sh');
		await world.ok(repository, 'add', 'Add one', '--run', 'echo one > one.txt');
		await boardWhere(world, repository, allDone);
		await world.ok(repository, 'add', 'Add two', '--hold', '--run', 'echo two > two.txt');
		const file = join(world.folder, 'kept.tar');
		expect(await world.ok(repository, 'backup', file)).toContain(`gangline restore '${file}'`);
		// After the backup: one lands, one more gets a number.
		await world.ok(repository, 'edit', '2', '--no-hold');
		await world.ok(repository, 'add', 'Add three', '--hold', '--run', 'echo three > three.txt');
		await boardWhere(world, repository, (board) => isStage(board, 2, 'done'));
		await boardWhere(world, repository, ({ distance }) => distance.checkout?.behind === 0);
		const main = world.git(repository, 'rev-parse', 'main');

		const refused = await world.gangline(repository, 'restore', file);
		expect([refused.code, refused.stderr]).toEqual([4, expect.stringContaining('gangline stop')]);
		await world.ok(repository, 'stop');
		const again = await world.gangline(repository, 'restore', file);
		expect([again.code, again.stderr]).toEqual([4, expect.stringContaining('nothing is overwritten')]);
		renameSync(world.state, `${world.state} lost`);
		expect(await world.ok(repository, 'restore', file)).toContain(`its checkout is expected at ${repository}`);
		await world.ok(repository, 'start');
		// What landed after the backup is in the checkout and is taken for what it is.
		const back = await boardWhere(world, repository, (board) => isStage(board, 2, 'done'));
		expect(back.items.map(({ number, title, stage }) => [number, title, stage])).toEqual([
			[1, 'Add one', 'done'],
			[2, 'Add two', 'done'],
		]);
		expect(world.git(repository, 'rev-parse', 'main')).toBe(main);
		await world.ok(repository, 'add', 'Add four', '--run', 'echo four > four.txt');
		const board = await boardWhere(world, repository, allDone);
		expect(board.items.map(({ number }) => number)).toEqual([1, 2, 1001]);
		await expectLanded(world, repository, { titles: ['Add one', 'Add two', 'Add four'] });
	});

	it('is made of a stopped node too, and a damaged file changes nothing', async () => {
		await using world = makeWorld();
		const repository = world.repository('shop', shop);
		const file = join(world.folder, 'kept.tar');
		const none = await world.gangline(repository, 'backup', file);
		expect([none.code, none.stderr]).toEqual([3, expect.stringContaining('nothing is there to be kept')]);
		await begin(world, repository, '--review', 'server', '--landing', 'local', '--gate', 'check=./check.sh');
		await world.ok(repository, 'add', 'Later', '--hold', '--run', 'echo later > later.txt');
		await world.ok(repository, 'stop');
		await world.ok(repository, 'backup', file);
		renameSync(world.state, `${world.state} lost`);
		const broken = join(world.folder, 'broken.tar');
		writeFileSync(broken, 'not a backup');
		const refused = await world.gangline(repository, 'restore', broken);
		expect(refused.stderr).toContain('Nothing was changed');
		await world.ok(repository, 'restore', file);
		await world.ok(repository, 'start');
		const board = await world.json<Board>(repository, 'status');
		expect(board.items.map(({ title, held }) => [title, held])).toEqual([['Later', true]]);
	});
});
