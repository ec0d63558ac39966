/** Who is let in and out at the gateway, and what is left of their logins when it is killed in between. */
import { expect, it } from 'vitest';
import { Board } from '../../../gateway/board/index.ts';
import { LoginCodes } from '../../../gateway/board/login-codes.ts';
import type { GatewayParts } from '../../../gateway/context.ts';
import { registryHandlers } from '../../../gateway/http/registry-handlers.ts';
import { openCore } from '../../../gateway/open-core.ts';
import { JoinTokens } from '../../../gateway/registry/index.ts';
import { openSimStore, SimClock, SimLog, SimNet, SimRandom } from '../../../shared/ports/sim/index.ts';
import { removePerson } from '../../../shared/registry/index.ts';
import { gatewayIdentity } from '../../support/registry-facts.ts';

it('[I13] lets somebody in anew without the tokens and logins of before, though it was killed while they were let out', async () => {
	const [clock, log, store, random] = [new SimClock(), new SimLog(), await openSimStore(), new SimRandom('people')];
	const { nodeId: node, publicKey } = gatewayIdentity;
	const { core } = await openCore({
		...{ identity: gatewayIdentity, store, clock, random, log, version: '0.1.0', name: 'gateway', owner: 'ada' },
		openNetwork: async (admission) => new SimNet({ clock, random }).node({ node, publicKey, addresses: [], admission }),
	});
	const bundle = { assets: '/nowhere', state: () => Promise.reject(new Error('no page is asked for')) };
	const board = await Board.open({ node, facts: () => core.mesh.facts(), bundle, store, clock, random, log });
	const handlers = registryHandlers({ ...core, board } as unknown as GatewayParts);
	const caller = { person: 'ada', access: 'owner' } as const;

	await handlers['person.add']({ id: 'vera', access: 'member' }, caller);
	const { token } = await handlers['person.token']({ id: 'vera', use: 'all' }, caller);
	const secret = await board.sessions.begin({ person: 'vera', on: 'browser' }, { browser: '', from: '' }, random);
	// Killed after the registry, before the tokens.
	await core.registry.change((facts) => removePerson(facts, 'vera'));
	expect(core.people.holderOf(token)?.person).toBe('vera');

	const { added } = await handlers['person.add']({ id: 'vera', access: 'viewer' }, caller);
	expect(added).toBe(true);
	expect(core.people.holderOf(token)).toBeNull();
	expect(board.sessions.find(secret)).toBeNull();

	await handlers['person.add']({ id: 'carl', access: 'owner' }, caller);
	const code = (person: string) => board.codes.make({ person, on: 'browser', by: 'carl' }, 10, random);
	const [forAda, forCarl] = [code('ada'), code('carl')];
	await handlers['person.add']({ id: 'carl', access: 'viewer' }, caller);
	expect(board.codes.take(forAda)).toBeNull();
	expect(board.codes.take(forCarl)?.person).toBe('carl');
	const again = await handlers['person.token']({ id: 'vera', use: 'all' }, caller);
	await handlers['person.add']({ id: 'vera', access: 'member' }, caller);
	expect(core.people.holderOf(again.token)?.person).toBe('vera');
});

it('[I13] leaves no join token open that somebody made, or was meant by, who may not any more', async () => {
	const [clock, log, store, random] = [new SimClock(), new SimLog(), await openSimStore(), new SimRandom('tokens')];
	const { nodeId: node, publicKey } = gatewayIdentity;
	const { core } = await openCore({
		...{ identity: gatewayIdentity, store, clock, random, log, version: '0.1.0', name: 'gateway', owner: 'ada' },
		openNetwork: async (admission) => new SimNet({ clock, random }).node({ node, publicKey, addresses: [], admission }),
	});
	const board = { removePerson: async () => undefined, codes: new LoginCodes(clock) };
	const handlers = registryHandlers({ ...core, board } as unknown as GatewayParts);
	const caller = { person: 'ada', access: 'owner' } as const;
	for (const id of ['vera', 'carl']) await handlers['person.add']({ id, access: 'owner' }, caller);
	const token = async (createdBy: string, person: string | null) => {
		const wish = {
			name: null,
			duties: ['work'],
			worksFor: 'any',
			homeFor: [],
			slots: null,
			labels: [],
			uses: 1,
		} as const;
		const made = await core.tokens.create({ ...wish, createdBy, person, expiresAt: clock.now() + 1_000 }, random);
		return made.token.id;
	};
	const state = (id: string) => core.tokens.list().find((one) => one.id === id)?.revoked;
	const [byVera, forVera, byCarl, forCarl, others] = [
		await token('vera', 'ada'),
		await token('ada', 'vera'),
		await token('carl', null),
		await token('ada', 'carl'),
		await token('ada', 'ada'),
	];
	await handlers['person.remove']({ id: 'vera' }, caller);
	await handlers['person.add']({ id: 'carl', access: 'member' }, caller);
	expect([byVera, forVera, byCarl, forCarl, others].map(state)).toEqual([true, true, true, false, false]);
	// In one batch with the registry: no kill comes in between.
	const kept = await JoinTokens.open(store, clock);
	expect(kept.list().filter(({ revoked }) => revoked)).toHaveLength(3);
});
