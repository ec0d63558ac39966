/**
 * A project's home, its gateway and laptops, each on a disk of its own, in one process: real logs, documents, home and
 * replicas. In the place of the network is `pump`, which carries everything along every link that is up; whatever is
 * carried may be lost with a crash, never halved.
 */
import { speaksFor } from '../../node/home/author-rights.ts';
import { HomeExchange } from '../../node/home/exchange.ts';
import { Home } from '../../node/home/home.ts';
import { openFacts } from '../../node/home/open-facts.ts';
import { KnownRegistry } from '../../node/known-registry.ts';
import { type Identity, identityOf, toBase64 } from '../../shared/log/index.ts';
import type { SyncedProject } from '../../shared/mesh/sync.ts';
import type { HistoryEntry } from '../../shared/pipeline/index.ts';
import { type NodeId, parseProjectId, type Store } from '../../shared/ports/index.ts';
import { openSimStore, SimClock, SimDisk, SimLog, SimRandom } from '../../shared/ports/sim/index.ts';
import type { MeshNode, RegistryFacts } from '../../shared/registry/index.ts';
import { ProjectReplica } from '../../shared/replica/index.ts';
import { projectOne } from './facts.ts';

export const projectId = parseProjectId(projectOne);

export interface SimNode {
	readonly name: string;
	readonly identity: Identity;
	readonly disk: SimDisk;
	store: Store;
	/** Null while the node is down. */
	home: { readonly home: Home; readonly exchange: HomeExchange } | null;
	replica: ProjectReplica | null;
}

export interface MeshOptions {
	readonly seed: string;
	/** Where the nodes' keys come from; default: the seed. */
	readonly keys?: string;
	readonly nodes?: readonly string[];
	/** Where the node of that name keeps what it knows; default: its simulated disk. */
	readonly openStore?: (name: string, log: SimLog) => Promise<Store>;
}

export class ReplicaMesh {
	readonly clock = new SimClock();
	readonly log = new SimLog();
	readonly random: SimRandom;
	readonly nodes = new Map<string, SimNode>();
	readonly links = new Set<string>();
	/** Everything the home ever accepted or refused, over all its processes. */
	readonly history: HistoryEntry[] = [];
	readonly #registries = new Map<string, KnownRegistry>();
	readonly #openStore: NonNullable<MeshOptions['openStore']>;
	registry: RegistryFacts;

	/** The first name is the home's, the second the gateway's; the others are laptops of a person of that name. */
	static async start({ seed, nodes = ['desk', 'gate', 'ann'], ...more }: MeshOptions): Promise<ReplicaMesh> {
		const mesh = new ReplicaMesh(seed, nodes, more);
		for (const name of nodes) {
			await mesh.boot(name);
			for (const other of nodes) mesh.link(name, other);
		}
		await mesh.pump();
		await mesh.#becomeHome();
		return mesh;
	}

	private constructor(seed: string, names: readonly string[], more: Pick<MeshOptions, 'keys' | 'openStore'>) {
		const { keys = seed, openStore } = more;
		this.random = new SimRandom(seed);
		this.#openStore = openStore ?? ((name) => openSimStore(this.node(name).disk));
		for (const name of names) {
			const identity = identityOf(new SimRandom(keys).fork(`key ${name}`).bytes(32));
			this.nodes.set(name, {
				name,
				identity,
				disk: new SimDisk(name),
				store: undefined as unknown as Store,
				home: null,
				replica: null,
			});
		}
		const [home] = names;
		const key = toBase64(this.node(home ?? '').identity.publicKey);
		this.registry = {
			mesh: '01JZZZZZZZZZZZZZZZZZZZZZZ0',
			revision: 1,
			nodes: Object.fromEntries(names.map((name, at) => [this.id(name), this.#member(name, at)])),
			projects: {
				[projectId]: {
					id: projectId,
					name: 'app',
					home: this.id(home ?? ''),
					homeKey: key,
					term: 1,
					branch: 'main',
					addedAt: 1,
				},
			},
			people: Object.fromEntries([...names, 'root'].map((id) => [id, { id, access: 'owner' as const }])),
		};
		for (const name of names) this.#registries.set(name, new KnownRegistry({ node: this.id(name), name }));
	}

	node(name: string): SimNode {
		const node = this.nodes.get(name);
		if (!node) throw new RangeError(`no node ${name}`);
		return node;
	}

	id(name: string): NodeId {
		return this.node(name).identity.nodeId;
	}

	get homeName(): string {
		const [name = ''] = this.nodes.keys();
		return name;
	}

	home(): NonNullable<SimNode['home']> {
		const { home } = this.node(this.homeName);
		if (!home) throw new RangeError('the home is down');
		return home;
	}

	replica(name: string): ProjectReplica {
		const { replica } = this.node(name);
		if (!replica) throw new RangeError(`${name} is down`);
		return replica;
	}

	/** Changes what the registry says; every node that is up hears of it at once. */
	register(change: (facts: RegistryFacts) => RegistryFacts): void {
		this.registry = change(this.registry);
		for (const registry of this.#registries.values()) registry.set(this.registry);
	}

	link(a: string, b: string): void {
		if (a !== b) this.links.add(pair(a, b));
	}

	cut(a: string, b: string): void {
		this.links.delete(pair(a, b));
	}

	/** Cuts a node off from everyone. */
	isolate(name: string): void {
		for (const other of this.nodes.keys()) this.cut(name, other);
	}

	heal(): void {
		for (const a of this.nodes.keys()) for (const b of this.nodes.keys()) this.link(a, b);
	}

	/** Power off: what was not on disk is gone. */
	crash(name: string): void {
		const node = this.node(name);
		node.disk.crash();
		// Nothing of a dead process runs: its store never settles, its listeners are with it.
		node.home = null;
		node.replica = null;
	}

	async boot(name: string): Promise<void> {
		const node = this.node(name);
		const registry = this.#registries.get(name);
		if (!registry) throw new RangeError(name);
		registry.set(this.registry);
		node.store = await this.#openStore(name, this.log);
		// As fetch-lost-facts.ts does: a home that has lost something is a replica of its own project first.
		const isWhole = node.store.damaged.length === 0;
		if (name === this.homeName && isWhole) node.home = await this.#openHome(node, registry);
		else node.replica = await this.#openReplica(node, registry);
	}

	/** The home that was a replica of its own project has what others had for it. */
	async #becomeHome(): Promise<void> {
		const node = this.node(this.homeName);
		const registry = this.#registries.get(node.name);
		if (!node.replica || !registry) return;
		await node.replica[Symbol.asyncDispose]();
		node.replica = null;
		node.home = await this.#openHome(node, registry);
		await this.pump();
	}

	/** Carries everything along every link until nobody has anything new. */
	async pump(roundsMax = 50): Promise<void> {
		for (let round = 0; round < roundsMax; round += 1) {
			let carried = 0;
			for (const link of this.links) {
				const [a = '', b = ''] = link.split(' ');
				carried += (await this.#carry(a, b)) + (await this.#carry(b, a));
			}
			await this.node(this.homeName).home?.exchange.idle();
			await this.clock.advance(0);
			await this.#tellCovered();
			if (carried === 0 && round > 1) return;
		}
		throw new Error('the mesh does not come to rest');
	}

	#openHome({ store, identity }: SimNode, registry: KnownRegistry): Promise<NonNullable<SimNode['home']>> {
		const { clock, log } = this;
		return openSimHome({ store, identity, registry, clock, log, random: this.random.fork(`home ${this.#boots++}`) });
	}

	#boots = 0;

	#openReplica({ store, identity }: SimNode, registry: KnownRegistry): Promise<ProjectReplica> {
		const { clock, log } = this;
		const rights = registry.rights(projectId);
		return ProjectReplica.open({
			store,
			clock,
			log,
			identity,
			random: this.random.fork(`replica ${this.#boots++}`),
			project: projectId,
			name: () => 'app',
			home: () => {
				const project = this.registry.projects[projectId];
				if (!project) throw new RangeError('no project');
				return { node: project.home, key: project.homeKey };
			},
			nodeName: (node) => registry.nodeName(node),
			rightsOf: (author) => rights.of(author),
		});
	}

	/** What the home has accepted and refused, from its disk. */
	async historyAtHome(): Promise<readonly HistoryEntry[]> {
		const entries = await this.node(this.homeName).store.read('history');
		return entries.flatMap(({ bytes }) => JSON.parse(Buffer.from(bytes).toString()) as HistoryEntry[]);
	}

	#part(name: string): SyncedProject | null {
		const { home, replica } = this.node(name);
		return home?.exchange ?? replica;
	}

	async #carry(from: string, to: string): Promise<number> {
		const [a, b] = [this.#part(from), this.#part(to)];
		if (!a || !b) return 0;
		return (await carryLogs(a, b)) + (await carryIndex(a, b, from)) + (await carryTexts(a, b, from));
	}

	/** Along any path, as the gateway passes it on. */
	async #tellCovered(): Promise<void> {
		for (const { name, replica } of this.nodes.values()) {
			const { home } = this.node(this.homeName);
			if (!replica || !home || !this.#isConnected(name, this.homeName)) continue;
			const { index } = replica;
			const { generation, stateHash } = index;
			await replica.idle();
			await home.exchange.told(this.id(name), {
				generation,
				stateHash,
				current: replica.author,
				heard: replica.heard(),
				keeps: replica.logs.kept(),
			});
		}
	}

	#isConnected(a: string, b: string): boolean {
		const seen = new Set([a]);
		for (const at of seen) for (const other of this.nodes.keys()) if (this.links.has(pair(at, other))) seen.add(other);
		return seen.has(b);
	}

	#member(name: string, at: number): MeshNode {
		const { identity } = this.node(name);
		const duties = [['home', 'work'], ['gateway']][at] ?? [];
		return {
			id: identity.nodeId,
			name,
			publicKey: toBase64(identity.publicKey),
			addresses: [],
			duties: duties as MeshNode['duties'],
			worksFor: 'any',
			person: at === 1 ? null : name,
			slots: 1,
			labels: [],
			status: 'member',
			joinedAt: 1,
			changedAt: 1,
		};
	}
}

export interface SimHomeParts {
	readonly store: Store;
	readonly identity: Identity;
	readonly registry: KnownRegistry;
	readonly clock: SimClock;
	readonly log: SimLog;
	readonly random: SimRandom;
}

/** A generation of the index lasts for a few dozen publications, so that every test of some length sees several. */
const turnBounds = { structuresMin: 40, structuresPerRecordMax: 2 };

/** A home without git: facts, logs and exchange as in production, its history in the store. */
export async function openSimHome(
	parts: SimHomeParts,
): Promise<{ home: Home; exchange: HomeExchange; workAuthor: string }> {
	const { store, identity, registry, clock, log, random } = parts;
	const opening = { store, clock, random, identity, log, project: projectId };
	const { index, logs, own, pending } = await openFacts({ ...opening, turnBounds });
	const rights = registry.rights(projectId);
	const home = new Home({
		document: index,
		logs: own,
		pending,
		context: async () => ({ diffIsAsShown: () => true, speaksFor: speaksFor(rights, identity.nodeId) }),
		historyWrites: (entries) => [{ kind: 'append', stream: 'history', bytes: Buffer.from(JSON.stringify(entries)) }],
		log,
	});
	const exchange = await HomeExchange.open({
		project: projectId,
		node: identity.nodeId,
		home,
		index,
		logs,
		own: new Set(Object.values(own).map(({ author }) => author)),
		rights,
		others: () => registry.others(projectId),
		store,
		clock,
		random,
		log,
	});
	await home.settlePending();
	exchange.start();
	return { home, exchange, workAuthor: own.work.author };
}

const pair = (a: string, b: string): string => (a < b ? `${a} ${b}` : `${b} ${a}`);

async function carryLogs(a: SyncedProject, b: SyncedProject): Promise<number> {
	const known = new Map(b.logs.digests().map(({ author, n }) => [author, n]));
	let carried = 0;
	for (const { author, n } of a.logs.digests()) {
		const has = known.get(author) ?? 0;
		if (has >= n) continue;
		for (const flush of await a.logs.flushesAfter(author, has)) {
			if ((await b.logs.receive(flush, 'a peer')).kind === 'kept') carried += 1;
		}
	}
	return carried;
}

async function carryIndex(a: SyncedProject, b: SyncedProject, from: string): Promise<number> {
	if (a.index.generation === b.index.generation) {
		if (a.index.stateHash === b.index.stateHash) return 0;
		if (a.index.facts.revision < b.index.facts.revision) return 0;
		return (await b.index.apply(a.index.difference(b.index.stateVector), from)) === 'applied' ? 1 : 0;
	}
	const next = await b.replaceIndex(a.index.generation);
	if (next === null) return 0;
	await next.apply(a.index.difference(next.stateVector), from);
	await b.adoptIndex(next);
	return 1;
}

async function carryTexts(a: SyncedProject, b: SyncedProject, from: string): Promise<number> {
	let carried = 0;
	for (const text of a.texts()) {
		const other = await b.text(text.name.slice(text.name.lastIndexOf('/') + 1));
		if (other && (await other.apply(text.difference(other.stateVector), from)) === 'applied') carried += 1;
	}
	return carried;
}
