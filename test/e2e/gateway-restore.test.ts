/**
 * The gateway of a mesh is lost and put back on another machine from a backup, with the commands that the README names:
 * the members find it again by its key, bring what came after the copy, and nobody joins anew.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Result } from '../../shared/operations/index.ts';
import { makeWorld, type World } from '../support/world.ts';

const nodes = (world: World, folder: string): Promise<Result<'node.list'>> =>
	world.json<Result<'node.list'>>(folder, 'nodes');

/** The long form: scripts/test --all. */
const all = Boolean(process.env.GANGLINE_TEST_ALL);

it.runIf(all)('[I13] a lost gateway goes on, on another machine, from a backup', async () => {
	await using laptop = makeWorld({ GANGLINE_NAME: 'laptop', USER: 'ada' });
	await using server = makeWorld({ GANGLINE_NAME: 'server', USER: 'ada' });
	const shop = laptop.repository('shop', { 'a.txt': 'a\n', 'check.sh': '#!/bin/sh\ntest -s a.txt\n' });
	await laptop.ok(shop, 'init', '--yes', '--gate', 'check=./check.sh');
	await laptop.ok(shop, 'start');
	await laptop.ok(shop, 'gateway', 'start');
	await laptop.ok(shop, 'person', 'add', 'bob');
	const file = join(laptop.folder, 'gateway.tar');
	expect(await laptop.ok(shop, 'gateway', 'backup', file)).toContain(`gangline gateway restore '${file}'`);
	const before = await laptop.json<Result<'mesh.status'>>(shop, 'mesh');
	// After the copy, a right is taken: that must not come back with it.
	await laptop.ok(shop, 'person', 'remove', 'bob', '--yes');

	const taken = await laptop.gangline(shop, 'gateway', 'restore', file);
	expect([taken.code, taken.stderr]).toEqual([4, expect.stringContaining('nothing is overwritten')]);
	await laptop.ok(shop, 'gateway', 'stop');
	rmSync(join(laptop.state, 'gateway'), { recursive: true });

	const wrong = await server.gangline(server.folder, 'restore', file);
	expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('is no backup of a node')]);
	expect(await server.ok(server.folder, 'gateway', 'restore', file)).toContain('gangline gateway start');
	await server.ok(server.folder, 'gateway', 'start');
	await server.until<Result<'person.list'>>(
		server.folder,
		['people'],
		({ people }) => !people.some(({ id }) => id === 'bob'),
		90,
	);
	await laptop.until<Result<'mesh.status'>>(shop, ['mesh'], ({ gateway }) => gateway?.connected === true, 90);
	const after = await laptop.json<Result<'mesh.status'>>(shop, 'mesh');
	expect([after.mesh, after.gateway?.node]).toEqual([before.mesh, before.gateway?.node]);
	const known = await nodes(server, server.folder);
	expect(known.nodes.find(({ name }) => name === 'laptop')).toMatchObject({ connected: true });
	// It writes the registry again, and the member hears of it.
	await expect
		.poll(async () => (await server.gangline(server.folder, 'person', 'add', 'carol')).code, { timeout: 60_000 })
		.toBe(0);
	await laptop.until<Result<'person.list'>>(shop, ['people'], ({ people }) => people.some(({ id }) => id === 'carol'));
	await server.ok(server.folder, 'gateway', 'stop');
});
