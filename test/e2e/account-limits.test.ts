/** A service that said no to one project's agent is asked by none: of the same node, or of another node of the person. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { writeFakeClis } from '../support/fake-clis.ts';
import { makeWorld, type World } from '../support/world.ts';

const bin = writeFakeClis(mkdtempSync(join(tmpdir(), 'gangline-limits-')));
afterAll(() => rmSync(bin, { recursive: true, force: true }));
const settings = '\n[[agent]]\nname = "claude"\nruntime = "claude-code"\n';
const env = { ANTHROPIC_API_KEY: 'key', PATH: `${bin}:${process.env.PATH}` };

async function openShop(world: World, name: string): Promise<string> {
	const repository = world.repository(name, { 'a.txt': 'a\n' });
	await world.ok(repository, 'init', '--yes', '--no-input', '--review', 'human', '--gate', 'true=true');
	appendFileSync(join(repository, '.gangline', 'project.toml'), settings);
	world.git(repository, 'commit', '-q', '-am', 'Let claude work here');
	await world.ok(repository, 'start');
	await world.untilBoard(repository, ({ qualification }) => qualification.ready);
	return repository;
}

const isLimited = ({ items }: { items: readonly { waitsBecause: string | null }[] }): boolean =>
	items[0]?.waitsBecause?.includes('account is limited until 2033') ?? false;

it('[I11] asks a limited account for no project of the machine, and each says until when it waits', async () => {
	await using world = makeWorld(env);
	// Another node with a state folder of its own, of the same person.
	await using neighbour = makeWorld({ ...env, HOME: world.home });
	const shop = await openShop(world, 'shop');
	const inn = await openShop(world, 'inn');
	const attic = await openShop(neighbour, 'attic');
	await world.ok(shop, 'add', 'Meet it', '--description', 'FAKE:limit');
	await world.untilBoard(shop, isLimited);
	await world.ok(inn, 'add', 'Same node', '--description', 'FAKE:commit');
	await neighbour.ok(attic, 'add', 'Same person', '--description', 'FAKE:commit');
	await world.untilBoard(inn, isLimited);
	await neighbour.untilBoard(attic, isLimited);
	expect(readFileSync(join(world.home, 'count'), 'utf8').trim()).toBe('1');
	for (const state of [world.state, neighbour.state]) {
		const said = readFileSync(join(state, 'node.log'), 'utf8').match(/"accounts\.limited"/g) ?? [];
		expect(said.length).toBe(state === world.state ? 2 : 1);
	}
}, 300_000);
