/**
 * A gateway, a home and laptops with everything between them that production has: signed registry, redialling, sync,
 * questions, replicas. Twins stand only for disk, clock, randomness and network. Where there are workers, the home has
 * the twin of git too, and gives out work and lands it.
 */
import { openFacts } from '../../node/home/open-facts.ts';
import { KnownRegistry } from '../../node/known-registry.ts';
import { type Identity, identityOf, toBase64 } from '../../shared/log/index.ts';
import { type Mesh, openMesh } from '../../shared/mesh/open-mesh.ts';
import type { HistoryEntry } from '../../shared/pipeline/index.ts';
import type { NodeId, Store } from '../../shared/ports/index.ts';
import { openSimStore, SimClock, SimDisk, SimLog, SimNet, SimRandom, settle } from '../../shared/ports/sim/index.ts';
import { type ProjectConfig, projectConfigSchema } from '../../shared/project/index.ts';
import { coveredMethod } from '../../shared/protocol/replica.ts';
import { findNode, type MeshNode, mayWorkFor, type RegistryFacts } from '../../shared/registry/index.ts';
import { type ReplicaSeat, ReplicaSet } from '../../shared/replica/index.ts';
import { openSimHome, projectId } from './replica-mesh.ts';
import { openSimLanding, SimDiskOfProject } from './sim-home.ts';
import { type HomeWork, openHomeWork } from './sim-home-work.ts';
import { SimWorker, type WorkTimes, type WorkWorld } from './sim-worker.ts';

type Part = Awaited<ReturnType<typeof openSimHome>>;

interface Running {
	readonly store: Store;
	readonly mesh: Mesh;
	/** At the home alone. */
	readonly home: Part | null;
	/** At the home alone, where there are workers. */
	readonly work: HomeWork | null;
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

export interface WholeMeshOptions extends WorkTimes {
	/** Names of nodes that only work. */
	readonly workers?: readonly string[];
	readonly lostAfterSeconds?: number;
}

const meshId = '01JZZZZZZZZZZZZZZZZZZZZZZ0';

export class WholeMesh {
	readonly clock = new SimClock();
	readonly random: SimRandom;
	readonly net: SimNet;
	readonly members = new Map<string, MeshMember>();
	readonly workers: readonly SimWorker[];
	/** The project's repository at the home. */
	readonly repository = new SimDiskOfProject(this.clock);
	/** What was seen that must never be. */
	readonly broken: string[] = [];
	readonly #names: readonly string[];
	readonly #options: WholeMeshOptions;
	#boots = 0;

	/** The first is the home, the second the gateway, the others laptops of persons with those names. */
	static async start(seed: string, names: readonly string[], options: WholeMeshOptions = {}): Promise<WholeMesh> {
		const mesh = new WholeMesh(seed, names, options);
		if (mesh.workers.length > 0) await mesh.repository.begin({ 'a.txt': 'a\n' });
		const [home = '', gate = '', ...laptops] = names;
		await mesh.boot(gate);
		const { registry } = mesh.running(gate).mesh;
		await registry.publish(mesh.#firstFacts());
		for (const name of [home, ...laptops]) await mesh.boot(name);
		for (const worker of mesh.workers) await worker.start();
		await mesh.until(() => laptops.every((name) => mesh.seatOrNull(name) !== null));
		return mesh;
	}

	private constructor(seed: string, names: readonly string[], options: WholeMeshOptions) {
		this.#options = options;
		this.random = new SimRandom(seed);
		this.#names = names;
		this.net = new SimNet({ clock: this.clock, random: this.random });
		for (const name of names) {
			const identity = identityOf(this.random.fork(`key ${name}`).bytes(32));
			this.members.set(name, { name, identity, disk: new SimDisk(name), log: new SimLog(), running: null });
		}
		this.workers = (options.workers ?? []).map((name) => new SimWorker(this.#workWorld(), name));
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
		void member.running?.work?.stop();
		this.net.crash(member.identity.nodeId, 'process');
		member.disk.crash();
		member.running = null;
	}

	/** What a replica has of everyone's logs lies in the store of a home that died before it folded any of it. */
	async storeUnfolded(name: string, { logs }: ReplicaSeat['replica']): Promise<void> {
		const { identity, disk, log } = this.#member(name);
		const { clock } = this;
		const store = await openSimStore(disk, { log });
		const opened = await openFacts({
			...{ store, clock, identity, log, project: projectId },
			random: this.random.fork('unfolded'),
		});
		for (const { author } of logs.digests()) {
			const known = opened.logs.durableUpTo(author);
			for (const flush of await logs.flushesAfter(author, known)) await opened.logs.receive(flush, 'a peer');
		}
		await store.close();
	}

	async boot(name: string): Promise<void> {
		const member = this.#member(name);
		const { identity, disk, log } = member;
		const store = await openSimStore(disk, { log });
		const random = this.random.fork(`boot ${this.#boots++}`);
		const isGateway = name === this.#names[1];
		const mesh = await this.#openMesh({ name, identity, log, store, random });
		const home = name === this.#names[0] ? await this.#openHome(member, { store, mesh, random }) : null;
		const replicas = home ? null : this.#openReplicas(member, { store, mesh, random });
		if (isGateway) {
			mesh.rpc.serve(coveredMethod, async (covered) =>
				mesh.rpc.ask(this.id(this.#names[0] ?? ''), coveredMethod, covered),
			);
		}
		await replicas?.review();
		const work = home && this.workers.length > 0 ? await this.#openWork(member, { store, mesh, home }) : null;
		member.running = { store, mesh, home, work, replicas };
	}

	#openMesh(of: Pick<MeshMember, 'name' | 'identity' | 'log'> & { store: Store; random: SimRandom }): Promise<Mesh> {
		const { name, identity, log, store, random } = of;
		const { nodeId: node, publicKey } = identity;
		const gateName = this.#names[1] ?? '';
		const gate = this.#member(gateName).identity;
		const addresses = [this.#address(name)];
		return openMesh({
			...{ identity, store, random, log },
			clock: this.clock,
			membership: {
				mesh: meshId,
				gateway: { node: gate.nodeId, publicKey: gate.publicKey, addresses: [this.#address(gateName)] },
			},
			openNetwork: async (admission) => this.net.node({ node, publicKey, admission, addresses }),
		});
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

	/** Lets time pass until a promise has its answer. */
	async during<T>(promise: Promise<T>): Promise<T> {
		let isOver = false;
		const note = (): void => {
			isOver = true;
		};
		promise.then(note, note);
		while (!isOver) await this.run(100);
		return promise;
	}

	/** Cuts a member off from everyone else. */
	isolate(name: string): void {
		const others = [...this.members.values(), ...this.workers].filter((other) => other.name !== name);
		for (const { identity } of others) this.net.partition(this.id(name), identity.nodeId);
	}

	/** Landings on main, item by item, oldest first. */
	async landed(): Promise<readonly string[]> {
		const commits = await this.repository.git.firstParents({});
		return commits.flatMap(({ landing }) => (landing ? [landing.item] : [])).reverse();
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
		for (const worker of this.workers) if (worker.isUp) worker.crash();
		for (const { running } of this.members.values()) {
			await running?.work?.stop();
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
		// As in production: homes open before the mesh does.
		registry.expect();
		const part = await openSimHome({ store, identity, registry, clock: this.clock, log, random });
		await part.exchange.idle();
		registry.set(mesh.facts());
		mesh.onFacts((facts) => registry.set(facts));
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

	#openWork({ log }: MeshMember, on: { store: Store; mesh: Mesh; home: Part }): Promise<HomeWork> {
		const { store, mesh } = on;
		const { home, workAuthor } = on.home;
		const { clock } = this;
		const { git, objects } = this.repository;
		const { queue } = openSimLanding({ git, objects, clock, home });
		return openHomeWork({
			...{ project: projectId, home, workAuthor, queue, git, objects, store, clock, log },
			rpc: mesh.rpc,
			config: this.#config(),
			memberOf: (node) => {
				const { name = node, labels = [] } = findNode(mesh.facts(), node) ?? {};
				return { name, labels, standing: mayWorkFor(mesh.facts(), node, projectId) ? 'member' : 'gone' };
			},
			objectsOf: (node) => {
				const worker = this.workers.find((one) => one.node === node);
				if (!worker) throw new RangeError(`${node} does not work`);
				return worker.objects;
			},
		});
	}

	#workWorld(): WorkWorld {
		const { clock, random, net } = this;
		const home = this.#member(this.#names[0] ?? '');
		return {
			...{ project: projectId, clock, random, net },
			options: this.#options,
			config: this.#config(),
			home: { identity: home.identity, objects: this.repository.objects },
			connect: async ({ name, identity, log, store, starts, random: own }) =>
				this.#openMesh({ name, identity, log, store, random: own.fork(`start ${starts}`) }),
			noteLive: ({ name, live }) => {
				for (const [key, count] of live) if (count > 1) this.broken.push(`${count} attempts at ${key} on ${name}`);
			},
		};
	}

	#config(): ProjectConfig {
		return projectConfigSchema.parse({
			...{ id: projectId, name: 'app', branch: 'main' },
			review: { mode: 'server' },
			gate: [{ name: 'check', command: 'true' }],
			work: { lost_after_seconds: this.#options.lostAfterSeconds ?? 600 },
		});
	}

	#member(name: string): MeshMember {
		const member = this.members.get(name);
		if (!member) throw new RangeError(`no member ${name}`);
		return member;
	}

	#address(name: string): string {
		const all = [...this.#names, ...this.workers.map((worker) => worker.name)];
		return `/ip4/10.0.0.${all.indexOf(name) + 1}/tcp/7421`;
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
		const worker = ({ name, identity }: SimWorker): MeshNode => ({
			...{ id: identity.nodeId, name, publicKey: toBase64(identity.publicKey), addresses: [this.#address(name)] },
			...{ duties: ['work'], worksFor: 'any', person: null, slots: this.#options.slots ?? 1, labels: [] },
			...{ status: 'member', joinedAt: 1, changedAt: 1 },
		});
		const nodes = [...this.#names.map(node), ...this.workers.map(worker)];
		const [home = ''] = this.#names;
		const homeKey = toBase64(this.#member(home).identity.publicKey);
		return {
			mesh: meshId,
			revision: 1,
			nodes: Object.fromEntries(nodes.map((one) => [one.id, one])),
			projects: {
				[projectId]: { id: projectId, name: 'app', home: this.id(home), homeKey, term: 1, branch: 'main', addedAt: 1 },
			},
			people: Object.fromEntries(this.#names.map((id) => [id, { id, access: 'owner' as const }])),
		};
	}
}
