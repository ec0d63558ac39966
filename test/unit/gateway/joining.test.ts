/** Joining over the twin of the network: the gateway's side with its store, time and crashes in the test's hands. */
import { describe, expect, it } from 'vitest';
import { openCore } from '../../../gateway/open-core.ts';
import { admit, type TokenWish } from '../../../gateway/registry/index.ts';
import type { Identity } from '../../../shared/log/index.ts';
import { type Joined, type JoinWish, joinMesh } from '../../../shared/mesh/join/index.ts';
import { openSimStore, SimClock, SimDisk, SimLog, SimNet, SimRandom, settle } from '../../../shared/ports/sim/index.ts';
import { addProject, memberOf, setPerson } from '../../../shared/registry/index.ts';
import { gatewayIdentity, identityNo, idNo, meshId, shop } from '../../support/registry-facts.ts';

const minuteMs = 60_000;

const plain: TokenWish = {
	...{ name: null, duties: ['work'], worksFor: 'any', homeFor: [], person: null, slots: null, labels: [] },
	...{ uses: 1, createdBy: 'ada', expiresAt: 0 },
};

async function world() {
	const clock = new SimClock();
	const random = new SimRandom('joining');
	const net = new SimNet({ clock, random });
	const log = new SimLog();
	const disk = new SimDisk();
	const gateway = {
		node: gatewayIdentity.nodeId,
		publicKey: gatewayIdentity.publicKey,
		addresses: ['/ip4/10.0.0.1/tcp/7431'],
	};

	const start = async () => {
		const store = await openSimStore(disk);
		await store.write([{ kind: 'put', key: 'gateway/mesh', value: meshId }]);
		const { core } = await openCore({
			...{ identity: gatewayIdentity, store, clock, random: random.fork('gateway'), log },
			...{ version: '0.1.0', name: 'gateway', owner: 'ada' },
			openNetwork: async (admission) => net.node({ ...gateway, admission }),
		});
		return core;
	};
	const running = await start();

	/** Makes a token that is good for an hour. */
	const token = async (wish: Partial<TokenWish> = {}) => {
		const expiresAt = clock.now() + 60 * minuteMs;
		const { secret, token: made } = await running.tokens.create({ ...plain, expiresAt, ...wish }, random);
		return { id: made.id, mesh: meshId, gateway, secret, build: null };
	};

	/** Joins as the node of that number, with time going on meanwhile. */
	const join = async (
		number: number,
		with_: Awaited<ReturnType<typeof token>>,
		wish: JoinWish = {},
	): Promise<Joined> => {
		const identity: Identity = identityNo(number);
		const network = net.node({
			node: identity.nodeId,
			publicKey: identity.publicKey,
			admission: () => 'member',
			addresses: [],
		});
		const joining = joinMesh({ network, clock, token: with_, hostName: 'host', wish, addresses: [], version: '0.1.0' });
		const settled = joining.then(
			() => true,
			() => true,
		);
		for (let turn = 0; turn < 60 && !(await Promise.race([settled, clock.advance(500).then(() => false)])); turn += 1);
		await network[Symbol.asyncDispose]();
		return joining;
	};
	return { ...running, clock, net, log, disk, start, token, join };
}

const refusedFor = (reason: string) => expect.objectContaining({ code: 'JOIN_REFUSED', data: { reason } });

describe('joining', () => {
	it('makes a member of what the token gives and the wish asks for', async () => {
		const { token, join, registry } = await world();
		await registry.change((facts) => setPerson(facts, { id: 'bob', access: 'member' }));
		const wide = { duties: ['work'], homeFor: ['shop'], person: 'bob', slots: 4, labels: ['gpu'], uses: 2 } as const;
		const first = await join(2, await token(wide), { name: 'box', slots: 1 });
		expect(first.node).toMatchObject({
			name: 'box',
			duties: ['work', 'home'],
			person: 'bob',
			slots: 1,
			labels: ['gpu'],
		});
		expect(first).toMatchObject({ already: false, gatewayName: 'gateway', gatewayVersion: '0.1.0' });
		const second = await join(3, await token({ name: 'box' }));
		expect(second.node.name).toBe('box-2');
		expect(memberOf(registry.facts, idNo(3))).toEqual(second.node);
	});

	it('[I13] gives the duty of making containers where the token gives it and the machine says so', async () => {
		const { token, join } = await world();
		const wide = { duties: ['work', 'provision'] } as const;
		const said = await join(2, await token(wide), { provision: true });
		expect(said.node.duties).toEqual(['work', 'provision']);
		const silent = await join(3, await token(wide));
		expect(silent.node.duties).toEqual(['work']);
		const named = await join(4, await token(wide), { duties: ['work', 'provision'] });
		expect(named.node.duties).toEqual(['work']);
		await expect(join(5, await token(), { provision: true })).rejects.toMatchObject({
			code: 'JOIN_REFUSED',
			message: 'the token gives duties work, the node asks for provision',
		});
	});

	it('[I6] counts a use in the batch that takes the node in, so no crash gives it back', async () => {
		const { token, join, store, start, disk, net } = await world();
		const once = await token();
		await join(2, once);
		await store.close();
		disk.crash();
		net.crash(gatewayIdentity.nodeId);
		const again = await start();
		expect(again.tokens.list()[0]).toMatchObject({ usedBy: [idNo(2)] });
		expect(memberOf(again.registry.facts, idNo(2))?.name).toBe('host');
	});

	it('answers the same node the same again, also when the token is used up or too old', async () => {
		const { clock, token, join, registry } = await world();
		const once = await token();
		const first = await join(2, once);
		await clock.advance(90 * minuteMs);
		await token();
		const again = await join(2, once, { name: 'other', slots: 1 });
		expect(again.node).toEqual(first.node);
		expect([first.already, again.already]).toEqual([false, true]);
		expect(Object.keys(registry.facts.nodes)).toHaveLength(2);
	});

	it('[I13] refuses what is wrong, used, expired or revoked, and says which', async () => {
		const { clock, token, join, tokens } = await world();
		const used = await token();
		await join(2, used);
		await expect(join(3, used)).rejects.toEqual(refusedFor('used'));
		const wrong = { ...used, secret: new Uint8Array(16) };
		await expect(join(3, wrong)).rejects.toEqual(refusedFor('wrong'));
		const revoked = await token();
		await tokens.revoke(revoked.id);
		await expect(join(3, revoked)).rejects.toEqual(refusedFor('revoked'));
		const short = await token();
		await clock.advance(61 * minuteMs);
		await expect(join(3, short)).rejects.toEqual(refusedFor('expired'));
		await expect(join(3, { ...(await token()), mesh: '01JZ0000000000000000000ZZZ' })).rejects.toEqual(
			refusedFor('wrong'),
		);
	});

	it('[I13] shuts the door an hour after the last token closed', async () => {
		const { clock, token, join, tokens } = await world();
		const late = await token();
		await clock.advance(60 * minuteMs);
		expect([tokens.isOpen, tokens.expectsSomeone]).toEqual([false, true]);
		await clock.advance(61 * minuteMs);
		expect(tokens.expectsSomeone).toBe(false);
		await expect(join(2, late)).rejects.toMatchObject({ code: expect.stringMatching(/PEER_UNREACHABLE|PEER_GONE/) });
	});

	it('[I13] gives a wish no more than the token has', async () => {
		const { token, join, registry } = await world();
		const home = await token({ duties: ['home'], homeFor: ['shop'] });
		await join(2, home);
		await registry.change((facts, now) =>
			addProject(facts, { id: shop, name: 'shop', home: idNo(2), branch: 'main' }, now),
		);
		const narrow = await token({ worksFor: [shop], slots: 2, uses: 50 });
		const wishes: readonly JoinWish[] = [
			...[{ duties: ['home' as const] }, { worksFor: 'any' as const }, { worksFor: ['blog'] }],
			...[{ slots: 3 }, { homeFor: ['blog'] }],
		];
		for (const wish of wishes) await expect(join(3, narrow, wish)).rejects.toEqual(refusedFor('wish'));
		const { node } = await join(3, narrow, { worksFor: ['shop'], slots: 0, duties: [] });
		expect(node).toMatchObject({ worksFor: [shop], slots: 0, duties: [], person: null });
	});

	it('[I15] answers a bounded number of guesses, and still who knows the secret', async () => {
		const { token, join, log } = await world();
		const open = await token({ uses: 5 });
		const answers: string[] = [];
		for (let guess = 0; guess < 25; guess += 1) {
			const wrong = { ...open, secret: new Uint8Array(16).fill(guess) };
			answers.push(
				await join(50 + guess, wrong).then(
					() => 'joined',
					(error: { code: string }) => error.code,
				),
			);
		}
		expect(answers.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 'JOIN_REFUSED'));
		expect(answers.slice(20)).toEqual(Array.from({ length: 5 }, () => 'PEER_GONE'));
		expect((await join(2, open)).node.name).toBe('host');
		expect(log.lines.filter(({ event }) => event === 'join.refused')).toHaveLength(25);
	});

	it('[I13] takes one of two that use a token at the same moment', async () => {
		const { token, registry, tokens } = await world();
		const once = await token();
		const request = {
			v: 1 as const,
			mesh: meshId,
			secret: Buffer.from(once.secret).toString('base64url'),
			hostName: 'host',
			wish: {},
			addresses: [],
			version: '1',
		};
		const both = [2, 3].map((number) =>
			admit({ registry, tokens }, request, { node: idNo(number), publicKey: identityNo(number).publicKey }),
		);
		const outcomes = await Promise.allSettled(both);
		expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
		expect(Object.keys(registry.facts.nodes)).toHaveLength(2);
	});

	it('takes a node in once that asks again while it is being taken in', async () => {
		const { token, registry, tokens } = await world();
		const once = await token();
		const request: Parameters<typeof admit>[1] = {
			...{ v: 1, mesh: meshId, secret: Buffer.from(once.secret).toString('base64url'), hostName: 'host' },
			...{ wish: {}, addresses: [], version: '0.1.0' },
		};
		const peer = { node: idNo(2), publicKey: identityNo(2).publicKey };
		const asked = [1, 2].map(() => admit({ registry, tokens }, request, peer));
		const [first, second] = await Promise.all(asked);
		expect(second?.node).toEqual(first?.node);
		expect([Object.keys(registry.facts.nodes).length, tokens.list()[0]?.usedBy]).toEqual([2, [idNo(2)]]);
	});

	it('[I6] says of a change that is so already that it is so when that is on disk', async () => {
		const { registry, disk } = await world();
		const letIn = () => registry.change((facts) => setPerson(facts, { id: 'bob', access: 'member' }));
		const done: string[] = [];
		disk.holdSyncs();
		const changes = [letIn().then(() => done.push('made')), letIn().then(() => done.push('so already'))];
		await settle();
		expect(done).toEqual([]);
		disk.releaseSyncs();
		await Promise.all(changes);
		expect(done).toEqual(['made', 'so already']);
	});
});
