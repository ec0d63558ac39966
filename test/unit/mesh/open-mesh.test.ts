/** Members put together over the twin of the network: the registry reaches everyone, and what it says happens at once. */
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { RegistryDocument } from '../../../shared/documents/index.ts';
import { EventHub } from '../../../shared/http/index.ts';
import { Hello, type Mesh, openMesh, serveOperations } from '../../../shared/mesh/index.ts';
import { type AskedOperation, answerOperation, type ChangeEvent } from '../../../shared/operations/index.ts';
import type { Store } from '../../../shared/ports/index.ts';
import { openSimStore, SimClock, SimDisk, SimLog, SimNet, SimRandom } from '../../../shared/ports/sim/index.ts';
import { eventStream, helloMethod, operationMethod } from '../../../shared/protocol/mesh.ts';
import { joinNode, type RegistryFacts, revoke, setAddresses } from '../../../shared/registry/index.ts';
import { gatewayIdentity, identityNo, idNo, joiningNo, meshId, smallMesh } from '../../support/registry-facts.ts';

const gatewayAt = {
	node: gatewayIdentity.nodeId,
	publicKey: gatewayIdentity.publicKey,
	addresses: ['/ip4/10.0.9.1/tcp/7431'],
};

function addressOf(number: number): string {
	return number === 1 ? (gatewayAt.addresses[0] ?? '') : `/ip4/10.0.9.${number}/tcp/7431`;
}

function world() {
	const clock = new SimClock();
	const random = new SimRandom('open mesh');
	const net = new SimNet({ clock, random });
	const disks = new Map<number, SimDisk>();
	const opened: { readonly mesh: Mesh; readonly store: Store }[] = [];

	const open = async (number: number): Promise<Mesh> => {
		const identity = identityNo(number);
		const disk = disks.get(number) ?? new SimDisk();
		disks.set(number, disk);
		const store = await openSimStore(disk);
		const mesh = await openMesh({
			...{ identity, store, clock, random: random.fork(`node ${number} ${opened.length}`), log: new SimLog() },
			membership: { mesh: meshId, gateway: gatewayAt },
			openNetwork: async (admission) =>
				net.node({ node: identity.nodeId, publicKey: identity.publicKey, admission, addresses: [addressOf(number)] }),
		});
		opened.push({ mesh, store });
		return mesh;
	};
	/** Lets time pass until something is so; at most `ms`. */
	const until = async (isSo: () => boolean, ms = 60_000): Promise<number> => {
		const began = clock.monotonic();
		while (!isSo()) {
			if (clock.monotonic() - began > ms) throw new Error(`waited ${ms} ms in vain`);
			await clock.advance(20);
		}
		return clock.monotonic() - began;
	};
	const close = async (): Promise<void> => {
		const closing = Promise.all(opened.map(({ mesh }) => mesh[Symbol.asyncDispose]()));
		for (let turn = 0; turn < 50; turn += 1) await clock.advance(200);
		await closing;
		for (const { store } of opened) await store.close();
	};
	return { clock, net, open, until, close, disks };
}

/** The small mesh, at the addresses of this world. */
function reachable(): RegistryFacts {
	return [2, 3, 4, 5, 6, 7].reduce(
		(facts, number) => setAddresses(facts, idNo(number), [addressOf(number)]),
		smallMesh(),
	);
}

const linked = (mesh: Mesh): string[] =>
	mesh.network
		.links()
		.map(({ node }) => node)
		.sort();

describe('a mesh', () => {
	it('[I1] brings the registry to a member that knows nothing but the gateway, and its changes after a partition', async () => {
		const { net, open, until, close } = world();
		const gateway = await open(1);
		await gateway.registry.publish(reachable());
		const laptop = await open(2);
		expect(laptop.facts().revision).toBe(0);
		await until(() => laptop.facts().revision === reachable().revision);
		net.partition(idNo(1), idNo(2));
		await gateway.registry.publish(joinNode(gateway.facts(), joiningNo(20, { name: 'late' }), 30));
		await until(() => gateway.facts().nodes[idNo(20)] !== undefined);
		net.heal();
		await until(() => laptop.facts().nodes[idNo(20)] !== undefined);
		expect(laptop.facts()).toEqual(gateway.facts());
		await close();
	});

	it('[I12] lets a member whose copy of the registry is damaged get it again', async () => {
		const { open, until, close, disks } = world();
		const disk = new SimDisk();
		disks.set(2, disk);
		const store = await openSimStore(disk);
		const forged = { store, mesh: meshId, random: new SimRandom('forged'), gatewayKey: identityNo(9).publicKey };
		const forger = await RegistryDocument.open({ ...forged, identity: identityNo(9) });
		await forger.publish(joinNode(reachable(), joiningNo(20, { name: 'intruder' }), 30));
		await store.close();
		const gateway = await open(1);
		await gateway.registry.publish(reachable());
		const laptop = await open(2);
		expect(laptop.facts().revision).toBe(0);
		await until(() => laptop.facts().revision === reachable().revision);
		expect(laptop.facts()).toEqual(gateway.facts());
		await close();
	});

	it('connects members that have a project in common by the addresses in the registry', async () => {
		const { open, until, close } = world();
		const gateway = await open(1);
		await gateway.registry.publish(reachable());
		const [laptop, builder, shopper] = [await open(2), await open(3), await open(4)];
		await until(() => linked(laptop).length === 3 && linked(builder).length === 2 && linked(shopper).length === 2);
		expect(linked(builder)).toEqual([idNo(1), idNo(2)].sort());
		expect(builder.peers().get(idNo(2))).toMatchObject({ kind: 'connected' });
		expect(builder.peers().get(idNo(7))).toMatchObject({ kind: 'away' });
		await close();
	});

	it('[I13] cuts a revoked member off everywhere within a second of the news', async () => {
		const { open, until, close } = world();
		const gateway = await open(1);
		await gateway.registry.publish(reachable());
		const [laptop, builder] = [await open(2), await open(3)];
		await until(() => linked(laptop).length === 2 && linked(builder).length === 2);
		await gateway.registry.publish(revoke(gateway.facts(), idNo(3), 40));
		const ms = await until(() => linked(builder).length === 0 && !linked(laptop).includes(idNo(3)));
		expect(ms).toBeLessThan(1_000);
		expect(linked(gateway)).toEqual([idNo(2)]);
		await until(() => builder.peers().get(idNo(2))?.kind === 'away', 120_000);
		expect(linked(builder)).toEqual([]);
		await close();
	});

	it('tells the gateway that it is here, again at each connection, and learns how far away it is and how far the clocks are apart', async () => {
		const { clock, net, open, until, close } = world();
		const gateway = await open(1);
		await gateway.registry.publish(reachable());
		type Word = z.output<typeof helloMethod.args>;
		const heard: ({ readonly from: string } & Pick<Word, 'addresses' | 'roundTrip'>)[] = [];
		gateway.rpc.serve(helloMethod, async ({ addresses, roundTrip }, peer) => {
			heard.push({ from: peer.node, addresses, ...(roundTrip && { roundTrip }) });
			return { version: '9', at: clock.now() + 5_000, revision: 1 };
		});
		const laptop = await open(2);
		const hello = new Hello({ mesh: laptop, clock, log: new SimLog(), version: '1' });
		await until(() => hello.gateway !== null);
		expect(heard[0]).toEqual({ from: idNo(2), addresses: [addressOf(2)] });
		expect(hello.gateway).toMatchObject({ version: '9' });
		expect(hello.gateway?.clockAheadMs).toBeGreaterThan(4_900);
		const before = heard.length;
		net.breakLinks(idNo(1), idNo(2));
		await until(() => heard.length > before, 5_000);
		const told = heard.at(-1)?.roundTrip;
		expect(told?.ms).toBeGreaterThan(0);
		expect(told?.agoMs).toBeLessThan(6_000);
		hello[Symbol.dispose]();
		await close();
	});
});

describe('operations over the mesh', () => {
	async function served() {
		const all = world();
		const gateway = await all.open(1);
		await gateway.registry.publish(reachable());
		const [home, bobs, builder] = [await all.open(2), await all.open(5), await all.open(3)];
		const hub = new EventHub();
		const asked: AskedOperation[] = [];
		serveOperations({
			...{ mesh: home, clock: all.clock, events: hub },
			answer: (one) => {
				asked.push(one);
				return answerOperation({ handlers: { 'project.list': async () => ({ projects: [] }) } }, one);
			},
		});
		await all.until(() => linked(home).length === 3);
		/** The answer, or the code of the error. */
		const ask = async (from: Mesh, operation: string, person: string): Promise<unknown> => {
			const asking = from.rpc.ask(idNo(2), operationMethod, { operation, args: {}, person }).then(
				(answer) => answer,
				(error: { readonly code: string }) => error.code,
			);
			const settled = { yet: false };
			void asking.then(() => {
				settled.yet = true;
			});
			await all.until(() => settled.yet);
			return asking;
		};
		return { ...all, gateway, home, bobs, builder, hub, asked, ask };
	}

	it('[I13] are asked as the person whom the registry lets the asking node speak for', async () => {
		const { gateway, bobs, builder, ask, asked, close } = await served();
		expect(await ask(gateway, 'project.list', 'vera')).toEqual({ projects: [] });
		expect(await ask(bobs, 'project.list', 'bob')).toEqual({ projects: [] });
		expect(asked.map(({ caller }) => caller)).toEqual([
			{ person: 'vera', access: 'viewer' },
			{ person: 'bob', access: 'member' },
		]);
		const table: readonly [Mesh, string, string, string][] = [
			[bobs, 'project.list', 'ada', 'FORBIDDEN'],
			[builder, 'project.list', 'ada', 'FORBIDDEN'],
			[gateway, 'project.list', 'nobody', 'FORBIDDEN'],
			[gateway, 'project.resume', 'vera', 'FORBIDDEN'],
			[gateway, 'node.stop', 'ada', 'FORBIDDEN'],
			[gateway, 'node.backup', 'ada', 'FORBIDDEN'],
			[gateway, 'events', 'ada', 'INVALID_ARGUMENT'],
			[gateway, 'make.coffee', 'ada', 'UNKNOWN_OPERATION'],
		];
		for (const [from, operation, person, code] of table)
			expect(await ask(from, operation, person), `${operation} as ${person}`).toBe(code);
		await close();
	});

	it('[I13] hand changes on to the gateway alone', async () => {
		const { clock, gateway, bobs, hub, until, close } = await served();
		const got: ChangeEvent[] = [];
		const stop = new AbortController();
		const reading = (async () => {
			for await (const event of gateway.rpc.askStream(idNo(2), eventStream, {}, { signal: stop.signal }))
				got.push(event);
		})().catch(() => {});
		await clock.advance(200);
		for (const words of ['one', 'two']) hub.publish({ kind: 'progress', at: 1, project: null, words });
		await until(() => got.length === 2);
		expect(got.map((event) => (event.kind === 'progress' ? event.words : event.kind))).toEqual(['one', 'two']);
		const refused: string[] = [];
		const other = (async () => {
			for await (const event of bobs.rpc.askStream(idNo(2), eventStream, {})) refused.push(event.kind);
		})().catch((error: { readonly code: string }) => void refused.push(error.code));
		await until(() => refused.length > 0);
		expect(refused).toEqual(['FORBIDDEN']);
		stop.abort();
		await close();
		await Promise.all([reading, other]);
	});
});
