/**
 * A gateway, a home and laptops with everything between them that production has: signed registry, redialling, sync,
 * questions, replicas. Twins stand only for disk, clock, randomness and network. The home has no git.
 */
import { KnownRegistry } from '../../node/known-registry.ts';
import { type Identity, identityOf, toBase64 } from '../../shared/log/index.ts';
import { type Mesh, openMesh } from '../../shared/mesh/open-mesh.ts';
import type { HistoryEntry } from '../../shared/pipeline/index.ts';
import type { NodeId, Store } from '../../shared/ports/index.ts';
import { openSimStore, SimClock, SimDisk, SimLog, SimNet, SimRandom, settle } from '../../shared/ports/sim/index.ts';
import { coveredMethod } from '../../shared/protocol/replica.ts';
import type { MeshNode, RegistryFacts } from '../../shared/registry/index.ts';
import { type ReplicaSeat, ReplicaSet } from '../../shared/replica/index.ts';
import { openSimHome, projectId } from './replica-mesh.ts';

type Part = Awaited<ReturnType<typeof openSimHome>>;

interface Running {
	readonly store: Store;
	readonly mesh: Mesh;
	/** At the home alone. */
	readonly home: Part | null;
	/** Everywhere else. */
	readonly replicas: ReplicaSet | null;
}

interface MeshMember {
	readonly name: string;
	readonly identity: Identity;
	readonly disk: SimDisk;
	readonly log: SimLog;
	running: Running | null;
}

const meshId = '01JZZZZZZZZZZZZZZZZZZZZZZ0';

export class WholeMesh {
	readonly clock = new SimClock();
	readonly random: SimRandom;
	readonly net: SimNet;
	readonly members = new Map<string, MeshMember>();
	readonly #names: readonly string[];
	#boots = 0;

	/** The first is the home, the second the gateway, the others laptops of persons with those names. */
	static async start(seed: string, names: readonly string[]): Promise<WholeMesh> {
		const mesh = new WholeMesh(seed, names);
		const [home = '', gate = '', ...laptops] = names;
		await mesh.boot(gate);
		const { registry } = mesh.running(gate).mesh;
		await registry.publish(mesh.#firstFacts());
		for (const name of [home, ...laptops]) await mesh.boot(name);
		await mesh.until(() => laptops.every((name) => mesh.seatOrNull(name) !== null));
		return mesh;
	}

	private constructor(seed: string, names: readonly string[]) {
		this.random = new SimRandom(seed);
		this.#names = names;
		this.net = new SimNet({ clock: this.clock, random: this.random });
		for (const name of names) {
			const identity = identityOf(this.random.fork(`key ${name}`).bytes(32));
			this.members.set(name, { name, identity, disk: new SimDisk(name), log: new SimLog(), running: null });
		}
	}

	id(name: string): NodeId {
		return this.#member(name).identity.nodeId;
	}

	running(name: string): Running {
		const { running } = this.#member(name);
		if (!running) throw new RangeError(`${name} is down`);
		return running;
	}

	home(): Part {
		const { home } = this.running(this.#names[0] ?? '');
		if (!home) throw new RangeError('no home');
		return home;
	}

	seatOrNull(name: string): ReplicaSeat | null {
		return this.#member(name).running?.replicas?.find({ kind: 'id', id: projectId }) ?? null;
	}

	seat(name: string): ReplicaSeat {
		const seat = this.seatOrNull(name);
		if (!seat) throw new RangeError(`${name} has no replica`);
		return seat;
	}

	/** Changes the registry at the gateway. */
	async register(change: (facts: RegistryFacts) => RegistryFacts): Promise<void> {
		const { registry } = this.running(this.#names[1] ?? '').mesh;
		const facts = change(registry.taken);
		await registry.publish({ ...facts, revision: registry.taken.revision + 1 });
	}

	crash(name: string): void {
		const member = this.#member(name);
		this.net.crash(member.identity.nodeId, 'process');
		member.disk.crash();
		member.running = null;
	}

	async boot(name: string): Promise<void> {
		const member = this.#member(name);
		const { identity, disk, log } = member;
		const { clock } = this;
		const store = await openSimStore(disk, { log });
		const random = this.random.fork(`boot ${this.#boots++}`);
		const gate = this.#member(this.#names[1] ?? '').identity;
		const isGateway = name === this.#names[1];
		const mesh = await openMesh({
			...{ identity, store, clock, random, log },
			membership: {
				mesh: meshId,
				gateway: { node: gate.nodeId, publicKey: gate.publicKey, addresses: [this.#address(this.#names[1] ?? '')] },
			},
			openNetwork: async (admission) =>
				this.net.node({
					node: identity.nodeId,
					publicKey: identity.publicKey,
					admission,
					addresses: [this.#address(name)],
				}),
		});
		const home = name === this.#names[0] ? await this.#openHome(member, { store, mesh, random }) : null;
		const replicas = home ? null : this.#openReplicas(member, { store, mesh, random });
		if (isGateway) {
			mesh.rpc.serve(coveredMethod, async (covered) =>
				mesh.rpc.ask(this.id(this.#names[0] ?? ''), coveredMethod, covered),
			);
		}
		await replicas?.review();
		member.running = { store, mesh, home, replicas };
	}

	/** Lets time pass in small steps, with the disks' turns in between. */
	async run(ms: number, step = 10): Promise<void> {
		for (let passed = 0; passed < ms; passed += step) {
			await this.clock.advance(step);
			for (let turn = 0; turn < 3; turn++) await settle();
		}
	}

	async until(done: () => boolean, ms = 180_000): Promise<void> {
		for (let passed = 0; passed < ms; passed += 100) {
			if (done()) return;
			await this.run(100, 20);
		}
		throw new Error(`it never came to be: ${this.complaints().slice(-5).join('\n')}`);
	}

	/** Everyone has what the home has, and nobody waits for an answer. */
	isSettled(): boolean {
		const { index, logs } = this.home().exchange;
		return this.#names.slice(1).every((name) => {
			const replica = this.seatOrNull(name)?.replica;
			const isEqual = replica?.index.stateHash === index.stateHash && replica.pending().length === 0;
			return isEqual && replica.unsettled().length === 0 && logs.pendingIntents(index.facts.acceptedUpTo).length === 0;
		});
	}

	complaints(): readonly string[] {
		return [...this.members.values()].flatMap(({ name, log }) =>
			log.lines
				.filter(({ level }) => level === 'error')
				.map(
					({ event, fields }) =>
						`${name} ${event} ${JSON.stringify(fields, (_key, value) => (value instanceof Error ? value.stack : value))}`,
				),
		);
	}

	async historyAtHome(): Promise<readonly HistoryEntry[]> {
		const entries = await this.running(this.#names[0] ?? '').store.read('history');
		return entries.flatMap(({ bytes }) => JSON.parse(Buffer.from(bytes).toString()) as HistoryEntry[]);
	}

	/** Ends everything; time goes on meanwhile, because some of it waits for the other side for a while. */
	async stop(): Promise<void> {
		let isStopped = false;
		const stopping = this.#stop().finally(() => {
			isStopped = true;
		});
		while (!isStopped) await this.run(100);
		await stopping;
	}

	async #stop(): Promise<void> {
		for (const { running } of this.members.values()) {
			await running?.replicas?.[Symbol.asyncDispose]();
			await running?.home?.exchange.stop();
			await running?.mesh[Symbol.asyncDispose]();
			await running?.store.close();
		}
	}

	async #openHome(
		{ identity, log, name }: MeshMember,
		on: { store: Store; mesh: Mesh; random: SimRandom },
	): Promise<Part> {
		const { store, mesh, random } = on;
		const registry = new KnownRegistry({ node: identity.nodeId, name });
		registry.set(mesh.facts());
		mesh.onFacts((facts) => registry.set(facts));
		const part = await openSimHome({ store, identity, registry, clock: this.clock, log, random });
		mesh.sync.add(part.exchange);
		mesh.rpc.serve(coveredMethod, async (covered) => {
			await part.exchange.told(covered.node, covered);
			return {};
		});
		return part;
	}

	#openReplicas(member: MeshMember, on: { store: Store; mesh: Mesh; random: SimRandom }): ReplicaSet {
		const { store, mesh, random } = on;
		const { identity, log, name } = member;
		const gateway = name === this.#names[1] ? null : this.id(this.#names[1] ?? '');
		const replicas = new ReplicaSet({
			...{ mesh, store, clock: this.clock, random, identity, log },
			gateway: () => gateway,
			resultsWaiting: () => 0,
			publish: () => {},
		});
		mesh.onFacts(() => void replicas.review());
		return replicas;
	}

	#member(name: string): MeshMember {
		const member = this.members.get(name);
		if (!member) throw new RangeError(`no member ${name}`);
		return member;
	}

	#address(name: string): string {
		return `/ip4/10.0.0.${this.#names.indexOf(name) + 1}/tcp/7421`;
	}

	#firstFacts(): RegistryFacts {
		const node = (name: string, at: number): MeshNode => ({
			id: this.id(name),
			name,
			publicKey: toBase64(this.#member(name).identity.publicKey),
			addresses: [this.#address(name)],
			duties: at === 0 ? ['home', 'work'] : at === 1 ? ['gateway'] : [],
			worksFor: 'any',
			person: at === 1 ? null : name,
			slots: 1,
			labels: [],
			status: 'member',
			joinedAt: 1,
			changedAt: 1,
		});
		const [home = ''] = this.#names;
		const homeKey = toBase64(this.#member(home).identity.publicKey);
		return {
			mesh: meshId,
			revision: 1,
			nodes: Object.fromEntries(this.#names.map((name, at) => [this.id(name), node(name, at)])),
			projects: {
				[projectId]: { id: projectId, name: 'app', home: this.id(home), homeKey, term: 1, branch: 'main', addedAt: 1 },
			},
			people: Object.fromEntries(this.#names.map((id) => [id, { id, access: 'owner' as const }])),
		};
	}
}
