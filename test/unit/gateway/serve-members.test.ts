/** What members may ask the gateway over rpc, over the twin of the network: by the registry, whatever they say [I13]. */
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { type Mesh, openMesh } from '../../../shared/mesh/index.ts';
import type { RpcMethod } from '../../../shared/mesh/rpc.ts';
import { openSimStore } from '../../../shared/ports/sim/index.ts';
import { helloMethod, placementMethod, registerProjectMethod } from '../../../shared/protocol/mesh.ts';
import { staysMethod } from '../../../shared/protocol/rehome.ts';
import { coveredMethod } from '../../../shared/protocol/replica.ts';
import { workState } from '../../../shared/protocol/work-methods.ts';
import { joinNode, setPerson } from '../../../shared/registry/index.ts';
import { blog, gatewayIdentity, identityNo, idNo, joiningNo, shop } from '../../support/registry-facts.ts';
import { simGateway } from '../../support/sim-gateway.ts';

async function world() {
	const { clock, random, net, log, addresses, core } = await simGateway('serve members');
	const { registry } = core;
	await registry.change((facts) => setPerson(facts, { id: 'bob', access: 'member' }));
	await registry.change((facts) => joinNode(facts, joiningNo(2, { name: 'laptop', duties: ['home', 'work'] }), 2));
	await registry.change((facts) => joinNode(facts, joiningNo(3, { name: 'builder' }), 3));
	await registry.change((facts) => joinNode(facts, joiningNo(5, { name: 'bobs', duties: [], person: 'bob' }), 4));
	const open = async (number: number): Promise<Mesh> => {
		const { nodeId: node, publicKey } = identityNo(number);
		const { mesh } = registry.facts;
		return openMesh({
			...{ identity: identityNo(number), store: await openSimStore(), clock, log, random: random.fork(`${number}`) },
			membership: { mesh, gateway: { node: gatewayIdentity.nodeId, publicKey: gatewayIdentity.publicKey, addresses } },
			openNetwork: async (admission) => net.node({ node, publicKey, admission }),
		});
	};
	const [laptop, builder, bobs] = [await open(2), await open(3), await open(5)];
	await clock.advance(5_000);
	/** The answer, or the code of the error. */
	const ask = async <Args extends z.ZodType, Result extends z.ZodType>(
		from: Mesh,
		method: RpcMethod<Args, Result>,
		args: z.input<Args>,
	): Promise<unknown> => {
		const asking = from.rpc.ask(core.mesh.self, method, args).catch((error: { readonly code: string }) => error.code);
		for (let turn = 0; turn < 100; turn += 1) {
			const settled = await Promise.race([asking.then(() => true), clock.advance(100).then(() => false)]);
			if (settled) break;
		}
		return asking;
	};
	return { clock, core, laptop, builder, bobs, ask };
}

const project = { id: shop, name: 'shop', branch: 'main' } as const;

function task(of: typeof shop, id = `${of}/1`) {
	const plain = {
		role: 'coder',
		rank: 1,
		runtime: 'shell',
		agent: null,
		account: null,
		labels: [],
		pin: null,
	} as const;
	return { ...plain, labels: [], id, project: of, workspace: '01JZ0000000000000000000001' };
}

function state(author: string) {
	const standing = { project: shop, qualified: true, reason: null, saw: null, main: null, agents: [], clones: [] };
	return {
		...{ author, slots: { free: 2, total: 2 }, shortage: null, load: 0, runtimes: ['shell'], busy: [], reporting: [] },
		...{ free: { memoryMb: 9_000, diskMb: 9_000 }, floor: { memoryMb: 100, diskMb: 100 }, projects: [standing] },
	};
}

describe('what members ask the gateway', () => {
	it('[I3] [I12] tells the home of the registry that it stays, while nobody moves it', async () => {
		const { core, laptop, builder, ask } = await world();
		await ask(laptop, registerProjectMethod, project);
		core.moving.add(shop);
		expect(await ask(laptop, staysMethod, { project: shop })).toEqual({ stays: false });
		core.moving.delete(shop);
		expect(await ask(laptop, staysMethod, { project: shop })).toEqual({ stays: true });
		expect(await ask(builder, staysMethod, { project: shop })).toEqual({ stays: false });
	});

	it('[I13] adds a project for a node with the duty home, once, and for no other', async () => {
		const { core, laptop, builder, bobs, ask } = await world();
		expect(await ask(builder, registerProjectMethod, project)).toBe('FORBIDDEN');
		expect(await ask(bobs, registerProjectMethod, project)).toBe('FORBIDDEN');
		expect(await ask(laptop, registerProjectMethod, project)).toMatchObject({ name: 'shop' });
		const { revision } = core.registry.facts;
		expect(await ask(laptop, registerProjectMethod, { ...project, name: 'other' })).toMatchObject({
			name: 'shop',
			revision,
		});
		expect(core.registry.facts.projects[shop]).toMatchObject({ home: idNo(2), term: 1, name: 'shop' });
		expect(await ask(laptop, registerProjectMethod, { ...project, id: blog })).toBe('REFUSED');
	});

	it('[I13] places the tasks of a home’s own projects, where workers said that they are ready', async () => {
		const { core, laptop, builder, bobs, ask } = await world();
		await ask(laptop, registerProjectMethod, project);
		const nobody = await ask(laptop, placementMethod, { tasks: [task(shop)] });
		expect(nobody).toMatchObject({ assignments: [], waiting: [{ task: `${shop}/1` }] });
		expect(await ask(builder, workState, state(`${idNo(3)}.0011aabb.work`))).toMatchObject({ forget: [] });
		expect(await ask(bobs, workState, state(`${idNo(5)}.0011aabb.work`))).toBe('FORBIDDEN');
		const placed = await ask(laptop, placementMethod, { tasks: [task(shop)] });
		expect(placed).toMatchObject({ assignments: [{ task: `${shop}/1`, node: idNo(3) }], waiting: [] });
		for (const foreign of [task(blog), task(shop, 'x')]) {
			expect(await ask(builder, placementMethod, { tasks: [foreign] })).toBe('FORBIDDEN');
		}
		expect(core.members.workerOf(idNo(3))?.slots.total).toBe(2);
	});

	it('keeps where a member says it is, and answers with its own clock', async () => {
		const { core, clock, builder, ask } = await world();
		const word = { version: '2', links: [], at: 0 };
		const answer = await ask(builder, helloMethod, { ...word, addresses: ['/ip4/192.0.2.99/tcp/1'] });
		expect(answer).toMatchObject({ version: '0.1.0' });
		expect(core.registry.facts.nodes[idNo(3)]?.addresses).toEqual(['/ip4/192.0.2.99/tcp/1']);
		expect(core.members.wordOf(idNo(3))).toEqual({ version: '2', links: [], roundTrip: null });
		const roundTrip = { ms: 12, agoMs: 60_000 };
		await ask(builder, helloMethod, { ...word, roundTrip, addresses: ['/ip4/192.0.2.98/tcp/1'] });
		const measured = core.members.wordOf(idNo(3))?.roundTrip;
		expect(measured?.ms).toBe(12);
		expect(Math.abs(clock.now() - 60_000 - Number(measured?.at))).toBeLessThan(1_000);
		expect(core.registry.facts.nodes[idNo(3)]?.addresses).toEqual(['/ip4/192.0.2.99/tcp/1']);
		await clock.advance(9_000);
		await ask(builder, helloMethod, { ...word, addresses: ['/ip4/192.0.2.98/tcp/1'] });
		expect(core.registry.facts.nodes[idNo(3)]?.addresses).toEqual(['/ip4/192.0.2.98/tcp/1']);
	});

	it('[I13] passes on what a replica has for its own node alone', async () => {
		const { laptop, bobs, ask } = await world();
		await ask(laptop, registerProjectMethod, project);
		const heard: unknown[] = [];
		laptop.rpc.serve(coveredMethod, async (covered) => {
			heard.push(covered.node);
			return {};
		});
		const covered = { project: shop, generation: '1', stateHash: 'a'.repeat(64), current: 'x', heard: {} };
		expect(await ask(bobs, coveredMethod, { ...covered, node: idNo(3) })).toBe('FORBIDDEN');
		expect(await ask(bobs, coveredMethod, { ...covered, node: idNo(5) })).toEqual({});
		expect(await ask(bobs, coveredMethod, { ...covered, project: blog, node: idNo(5) })).toBe('UNKNOWN_PROJECT');
		expect(heard).toEqual([idNo(5)]);
	});
});
