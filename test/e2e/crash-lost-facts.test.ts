/**
 * [I1] [I6] A home whose store was damaged, while its gateway has a replica: the facts that it lost come back at its next
 * start, before it begins a new life with less.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { Result } from '../../shared/operations/index.ts';
import { SimLog } from '../../shared/ports/sim/index.ts';
import { openStore } from '../../shared/store/index.ts';
import { makeWorld, type World } from '../support/world.ts';

let world: World;
afterEach(() => world[Symbol.asyncDispose]());

const titles = Array.from({ length: 8 }, (_, number) => `Item ${number}`);

/** The items as they are called, of the gateway's replica or the home. */
async function titlesAt(folder: string, ...where: string[]): Promise<readonly string[]> {
	const { items } = await world.json<Result<'item.list'>>(folder, 'list', ...where);
	return items.map(({ title }) => title).sort();
}

/** Takes the middle of the database's log away: what came after it is there, and does not follow. */
function loseMiddle(level: string): void {
	const [log = ''] = readdirSync(level).filter((name) => name.endsWith('.log'));
	const bytes = readFileSync(join(level, log));
	bytes.fill(0, Math.floor(bytes.length / 3), Math.floor(bytes.length / 3) + 4_096);
	writeFileSync(join(level, log), bytes);
}

it('a home takes back from its replicas what its damaged store has lost', { timeout: 300_000 }, async () => {
	world = makeWorld({ GANGLINE_NAME: 'laptop', USER: 'ada' });
	const shop = world.repository('shop', { 'a.txt': 'a\n' });
	await world.ok(shop, 'init', '--yes', '--gate', 'check=test -s a.txt', '--review', 'server');
	await world.ok(shop, 'start');
	await world.ok(shop, 'gateway', 'start');
	for (const title of titles) await world.ok(shop, 'add', title, '--hold');
	await world.until<Result<'node.list'>>(shop, ['nodes'], ({ nodes }) => nodes.some(({ connected }) => connected));
	expect(await titlesAt(shop)).toEqual([...titles].sort());
	process.kill(world.pid() ?? 0, 'SIGKILL');
	loseMiddle(join(world.state, 'store', 'level'));
	await world.ok(shop, 'start');
	const log = readFileSync(join(world.state, 'node.log'), 'utf8').split('\n');
	const brought = JSON.parse(log.find((line) => line.includes('facts.broughtBack')) ?? '{}');
	expect(brought.to).toBeGreaterThan(brought.from);
	expect(await titlesAt(shop)).toEqual([...titles].sort());
	await world.ok(shop, 'stop');
	const store = await openStore(join(world.state, 'store'), { log: new SimLog() });
	expect(store.damaged).toEqual([]);
	await store.close();
});
