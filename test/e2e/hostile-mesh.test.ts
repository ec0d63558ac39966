/**
 * [I13] [I15] Machines that attack a mesh: a gateway and a home as processes, and programs that speak to them over real
 * TCP and lie. Whatever they do, facts, main and registry stay; who broke the rules is named in one line and cut off;
 * the processes do not grow; who means well goes on.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/gateway-world.ts';
import type { HostileMember } from '../support/hostile-member.ts';
import { meshAttacks, meshAttackTable, type Named, type RunHere } from '../support/hostile-mesh.ts';
import { type Held, HostileWorld } from '../support/hostile-mesh-world.ts';

const all = Boolean(process.env.GANGLINE_TEST_ALL);
const securityPage = new URL('../../SECURITY.md', import.meta.url);
/** By how much a process may have grown after all attacks: what it once needed, its runtime keeps for a while. */
const growthBytesMax = 150 * 1024 * 1024;

const attacks = meshAttacks();
const here = attacks.flatMap(({ proof, ...row }) =>
	proof.kind === 'here' && (all || !proof.isLong) ? [{ ...row, proof }] : [],
);
const elsewhere = attacks.flatMap(({ proof, ...row }) => (proof.kind === 'elsewhere' ? [{ ...row, proof }] : []));

/** What of `before` must be there still. */
function kept(held: Held, { leaves }: RunHere): Partial<Held> {
	const { main, registry, items, texts } = held;
	if (leaves === 'nothing') return held;
	if (leaves === 'an answer') return { main, registry, items, texts };
	if (leaves === 'a revoked node') return { ...held, registry: '' };
	return { main, registry, texts };
}

describe('machines that attack a mesh', () => {
	let world: HostileWorld;
	beforeAll(async () => {
		world = await HostileWorld.open();
		await world.landOne('before');
	});
	afterAll(() => world[Symbol.asyncDispose]());

	/** Each is named in one line of that process, and gone if it broke the rules. */
	async function expectNamed({ by, event, isCutOff = false }: Named, eve: HostileMember, from: number): Promise<void> {
		const lines = () => world.named(by, eve.id, from).filter((line) => line.includes(`"${event}"`));
		await eventually(() => lines().length > 0, `a line ${event} that names ${eve.id}`, 5);
		if (!isCutOff) return;
		expect(lines()).toHaveLength(1);
		await eventually(() => !eve.isLinked(world.at(by)), 'it to be cut off', 5);
	}

	it.each(here)('$who: $name', async ({ proof }) => {
		const members = [];
		for (const as of proof.as) members.push(await world.enter(as));
		const before = await world.look();
		const from = { home: world.log('home').length, gateway: world.log('gateway').length };
		const [eve] = members;
		await proof.run({ world, members, eve: eve as HostileMember });
		for (const named of proof.named) {
			for (const member of members) await expectNamed(named, member, from[named.by]);
		}
		for (const member of members) await world.leave(member);
		expect(kept(await world.look(), proof)).toEqual(kept(before, proof));
	});

	it('leave those who mean well to go on, and processes that have not grown', async () => {
		await world.landOne('after');
		for (const victim of ['home', 'gateway'] as const) {
			expect(world.memory(victim)).toBeLessThan(world.memoryBefore[victim] + growthBytesMax);
			expect(world.log(victim)).not.toMatch(/"level":"(?:error|fatal)"/);
		}
	});

	it.each(elsewhere)('$who: $name, in $proof.file', ({ proof }) => {
		const text = readFileSync(new URL(`../${proof.file}`, import.meta.url), 'utf8');
		expect(text.split(proof.title)).toHaveLength(2);
	});

	it('are in SECURITY.md with what comes of them, one row each', () => {
		expect(new Set(attacks.map(({ name }) => name)).size).toBe(attacks.length);
		expect(readFileSync(securityPage, 'utf8')).toContain(meshAttackTable());
	});
});
