/**
 * A gateway and a member that makes containers for it, over the twin of the network: the real words on the way, and a
 * machine that keeps what it was asked in memory. Names of nodes: gateway, builder (with the duty), plain (without).
 */
import { followMachines } from '../../gateway/machines/follow-machines.ts';
import { MachineLine, OtherMachines, Places } from '../../gateway/machines/index.ts';
import { type Provisioning, serveProvision, ViewFeed } from '../../node/provision/index.ts';
import { NetworkRpc } from '../../shared/mesh/rpc/index.ts';
import type { Caller, ContainerView, Handlers } from '../../shared/operations/index.ts';
import { ganglineError, type NodeId } from '../../shared/ports/index.ts';
import {
	openSimStore,
	SimClock,
	SimLog,
	SimNet,
	type SimNetwork,
	SimRandom,
	settle,
} from '../../shared/ports/sim/index.ts';
import { addProject, joinNode, type RegistryFacts, removeContainer, setPerson } from '../../shared/registry/index.ts';
import { founded, gatewayIdentity, identityNo, idNo, joiningNo, shop } from './registry-facts.ts';
import { myapp } from './tiny-containers.ts';

export const [gatewayId, builderId, plainId, appId] = [gatewayIdentity.nodeId, idNo(3), idNo(4), idNo(5)];
export const ada: Caller = { person: 'ada', access: 'owner' };
export const hostKey = `ssh-ed25519 ${'A'.repeat(68)}`;

export function farMesh(): RegistryFacts {
	let facts = setPerson(founded(), { id: 'bob', access: 'member' });
	facts = joinNode(facts, joiningNo(3, { name: 'builder', duties: ['work', 'provision'] }), 2);
	facts = joinNode(facts, joiningNo(4, { name: 'plain' }), 3);
	facts = joinNode(facts, joiningNo(5, { name: 'app', duties: ['home', 'work'], labels: ['container'] }), 4);
	return addProject(facts, { id: shop, name: 'app', home: appId, branch: 'main' }, 5);
}

/** What the machine has, as it would say it. */
export class FarContainers {
	readonly views = new Map<string, ContainerView>();
	readonly asked: { readonly name: string; readonly args: unknown; readonly person: string }[] = [];
	readonly given = new Map<string, string>();
	/** Throws for what is to fail. */
	refuse: (name: string) => void = () => undefined;

	get(name: string): ContainerView {
		const view = this.views.get(name);
		if (view !== undefined) return view;
		throw ganglineError('NOTHING_TO_SHOW', `no project in a container is called ${JSON.stringify(name)}`);
	}

	change(name: string, change: Partial<ContainerView>): ContainerView {
		const view = { ...this.get(name), ...change };
		this.views.set(name, view);
		return view;
	}

	open(): Provisioning {
		const asked = (name: string, args: unknown, { person }: Caller): void => {
			this.asked.push({ name, args, person });
			this.refuse(name);
		};
		const handlers: Partial<Handlers> = {
			'container.create': async (args, caller) => {
				asked('container.create', args, caller);
				if (args.retry) this.get(args.name);
				const ssh = { ...myapp.ssh, alias: `gangline-${args.name}`, hostKey };
				const made = { ...myapp, name: args.name, project: null, steps: [], state: 'making' as const, ssh };
				this.views.set(args.name, { ...made, path: args.path ?? `/home/grace/${args.name}` });
				return { container: this.get(args.name), answer: `${args.name} is being made` };
			},
			'container.list': async () => ({ containers: [...this.views.values()] }),
			'container.show': async ({ name }) => ({ container: this.get(name) }),
			'container.start': async (args, caller) => {
				asked('container.start', args, caller);
				return { container: this.change(args.name, { state: 'running', asleep: false }), answer: 'started' };
			},
			'container.gitToken': async (args, caller) => {
				asked('container.gitToken', args, caller);
				return { answer: 'kept', next: [] };
			},
			'container.remove': async (args, caller) => {
				asked('container.remove', args, caller);
				this.get(args.name);
				this.views.delete(args.name);
				return { answer: 'gone', gone: ['its container'], stays: ['its source'] };
			},
		};
		return {
			handlers,
			containers: {
				sleep: async (name) => this.change(name, { state: 'stopped', asleep: true }),
				logins: async (name) => (this.views.has(name) ? 2 : 0),
				rename: async (name, to) => {
					const view = { ...this.get(name), name: to };
					this.views.delete(name);
					this.views.set(to, view);
					return view;
				},
			},
			give: (name, token) => void this.given.set(name, token),
			[Symbol.asyncDispose]: async () => undefined,
		};
	}
}

export async function farMachine() {
	const clock = new SimClock();
	const net = new SimNet({ clock, random: new SimRandom('machines') });
	const log = new SimLog();
	const store = await openSimStore();
	const mesh = { facts: farMesh() };
	const start = (node: NodeId, number: number): SimNetwork =>
		net.node({ node, publicKey: identityNo(number).publicKey, admission: () => 'member' });
	const [gateway, builder, plain] = [start(gatewayId, 1), start(builderId, 3), start(plainId, 4)];
	const rpcs = { gateway: rpcOf(gateway), builder: rpcOf(builder), plain: rpcOf(plain) };
	function rpcOf(network: SimNetwork): NetworkRpc {
		return new NetworkRpc({ network, clock, log });
	}

	/** Time goes on until it is settled. */
	async function finish<Value>(promise: Promise<Value>): Promise<Value> {
		let isOver = false;
		const over = (): void => {
			isOver = true;
		};
		promise.then(over, over);
		while (!isOver) {
			await settle();
			await clock.advance(1);
		}
		return promise;
	}
	const dial = (from: SimNetwork, to: SimNetwork): Promise<void> =>
		finish(from.dial({ ...to.peer, addresses: to.addresses() }));
	await dial(builder, gateway);
	await dial(plain, gateway);
	await dial(plain, builder);

	const far = new FarContainers();
	const feed = new ViewFeed();
	const facts = (): RegistryFacts => mesh.facts;
	for (const [rpc, self] of [
		[rpcs.builder, builderId],
		[rpcs.plain, plainId],
	] as const)
		serveProvision({ mesh: { rpc, facts, self }, feed, open: async () => far.open() });

	const told: ContainerView[] = [];
	const tokens = { made: 0, forgotten: [] as string[], during: async (): Promise<void> => {} };
	const line = new MachineLine({ rpc: rpcs.gateway, facts, network: gateway });
	/** A gateway as it is after each start. */
	const open = async (): Promise<OtherMachines> =>
		new OtherMachines({
			...{ line, facts, clock, log },
			places: await Places.open(store),
			here: { has: (name) => name === 'taken', nameOf: () => null },
			joinToken: async () => {
				tokens.made += 1;
				await tokens.during();
				return { text: `gl1_secret-${tokens.made}`.padEnd(20, '0'), id: `t${tokens.made}` };
			},
			forgetToken: async (id) => void tokens.forgotten.push(id),
			renamed: async () => undefined,
			removed: async (about, isPurged) => {
				mesh.facts = removeContainer(mesh.facts, about, { isPurged, now: 9 });
				return ['its node app, in the mesh'];
			},
			publish: (view) => void told.push(view),
		});
	const machines = await open();
	return {
		...{ clock, log, mesh, far, feed, told, tokens, rpcs, finish, dial, gateway, builder, machines, open },
		follow: () =>
			followMachines({
				...{ line, there: machines.there, clock, log },
				mesh: { rpc: rpcs.gateway, network: gateway, onFacts: () => () => undefined },
			}),
		[Symbol.asyncDispose]: async () => {
			for (const rpc of Object.values(rpcs)) await rpc[Symbol.asyncDispose]();
		},
	};
}
