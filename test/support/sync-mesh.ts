/**
 * Several replicas of one project in one thread: real documents, logs, stores and sync over the twins of disk, clock and
 * network. The first node is the home. Nodes crash and come back with what their disk kept.
 */
import { currentGeneration, ItemText, ProjectIndex } from '../../shared/documents/index.ts';
import {
	type AuthorLog,
	type Identity,
	type IntentDraft,
	identityOf,
	ProjectLogs,
	toBase64,
} from '../../shared/log/index.ts';
import { MeshSync } from '../../shared/mesh/sync/index.ts';
import type { SyncAccess, SyncedProject } from '../../shared/mesh/sync.ts';
import { intentSchema, type ProjectFacts } from '../../shared/pipeline/index.ts';
import type { NodeId, Store } from '../../shared/ports/index.ts';
import {
	openSimStore,
	SimClock,
	SimDisk,
	SimLog,
	SimNet,
	type SimNetOptions,
	type SimNetwork,
	SimRandom,
	settle,
} from '../../shared/ports/sim/index.ts';
import { factsWith, makeItem, projectOne } from './facts.ts';
import { type SentFrame, tapNetwork } from './tapped-network.ts';

export const draftOf = (event: string): IntentDraft => ({ by: 'user', who: 'ada', item: 'a', event });

export interface SyncMeshOptions extends Partial<Omit<SimNetOptions, 'clock' | 'random'>> {
	/** Items at the beginning. */
	readonly items?: readonly string[];
	readonly schemas?: Readonly<Record<string, number>>;
	/** Every node keeps the project; default yes. */
	readonly hasProject?: (name: string) => boolean;
}

/** A project as one node has it. */
export class TestProject implements SyncedProject {
	readonly id = projectOne;
	index: ProjectIndex;
	readonly logs: ProjectLogs;
	readonly author: AuthorLog;
	/** Whom the registry names as the home, as far as it has come here. */
	knownHomeKey: Uint8Array;
	/** Items that were added here and that the home does not know. */
	readonly tentative = new Set<string>();
	readonly #parts: { readonly store: Store; readonly random: SimRandom; readonly homeKey: Uint8Array };
	readonly #isHome: boolean;
	readonly #texts = new Map<string, Promise<ItemText>>();
	readonly #open: ItemText[] = [];
	readonly #listeners = new Set<(text: ItemText) => void>();
	readonly #indexListeners = new Set<() => void>();

	static async open(node: SyncNode, homeKey: Uint8Array): Promise<TestProject> {
		const { store, identity, isHome, clock, log } = node;
		const random = node.random.fork(`start ${node.starts}`);
		const options = { store, random, homeKey, project: projectOne, ...(isHome && { identity }) };
		const index = await ProjectIndex.open({ ...options, generation: await currentGeneration(store, projectOne) });
		const parse = (value: unknown) => intentSchema.parse(value);
		const logs = await ProjectLogs.open({ store, project: projectOne, clock, log, parse });
		const author = await logs.startAuthor({ identity, duty: isHome ? 'home' : 'edge', random });
		const project = new TestProject({ store, random, homeKey }, index, logs, author, isHome);
		const prefix = `doc/${projectOne}/text/`;
		for (const stream of store.streams()) {
			if (stream.startsWith(prefix)) await project.#openText(stream.slice(prefix.length));
		}
		return project;
	}

	private constructor(
		parts: { readonly store: Store; readonly random: SimRandom; readonly homeKey: Uint8Array },
		index: ProjectIndex,
		logs: ProjectLogs,
		author: AuthorLog,
		isHome: boolean,
	) {
		this.#parts = parts;
		this.knownHomeKey = parts.homeKey;
		this.index = index;
		this.logs = logs;
		this.author = author;
		this.#isHome = isHome;
	}

	get homeKey(): string {
		return this.#isHome ? this.index.homeKey : toBase64(this.knownHomeKey);
	}

	async text(item: string): Promise<ItemText | undefined> {
		const isKnown = this.tentative.has(item) || Object.hasOwn(this.index.facts.items, item);
		return isKnown ? this.#openText(item) : undefined;
	}

	texts(): readonly ItemText[] {
		return this.#open;
	}

	onText(listener: (text: ItemText) => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	async replaceIndex(generation: string): Promise<ProjectIndex | null> {
		if (this.#isHome) return null;
		return ProjectIndex.open({ ...this.#parts, homeKey: this.knownHomeKey, project: projectOne, generation });
	}

	async adoptIndex(index: ProjectIndex): Promise<void> {
		const key = `index/${projectOne}/generation`;
		await this.#parts.store.write([{ kind: 'put', key, value: index.generation }]);
		this.index = index;
		for (const listener of [...this.#indexListeners]) listener();
	}

	onIndex(listener: () => void): () => void {
		this.#indexListeners.add(listener);
		return () => this.#indexListeners.delete(listener);
	}

	/** At the home: the next revision, with these changes of items. */
	async publish(change: (facts: ProjectFacts) => Partial<ProjectFacts>): Promise<void> {
		const { facts } = this.index;
		await this.index.publish({ ...facts, revision: facts.revision + 1, ...change(facts) });
	}

	/** At the home: the same facts in a new document, as after many overwritten entries. */
	async beginGeneration(term = this.index.facts.term): Promise<void> {
		const facts = { ...this.index.facts, term };
		this.index = await this.index.startGeneration(String(Number(this.index.generation) + 1), facts);
		for (const listener of [...this.#indexListeners]) listener();
	}

	#openText(item: string): Promise<ItemText> {
		const known = this.#texts.get(item);
		if (known) return known;
		const { store, random } = this.#parts;
		const opening = ItemText.open({ store, project: projectOne, item, random: random.fork(`text ${item}`), first: '' });
		this.#texts.set(item, opening);
		return opening.then((text) => {
			this.#open.push(text);
			for (const listener of this.#listeners) listener(text);
			return text;
		});
	}
}

export class SyncNode {
	readonly name: string;
	readonly identity: Identity;
	readonly isHome: boolean;
	readonly disk: SimDisk;
	readonly clock: SimClock;
	readonly random: SimRandom;
	readonly log = new SimLog();
	/** What this node has sent, all starts together. */
	readonly sent: SentFrame[] = [];
	starts = 0;
	store!: Store;
	network!: SimNetwork;
	sync!: MeshSync;
	project!: TestProject;

	constructor(mesh: SyncMesh, name: string, isHome: boolean) {
		this.name = name;
		this.isHome = isHome;
		this.clock = mesh.clock;
		this.random = mesh.random.fork(name);
		this.identity = identityOf(mesh.random.fork(`key ${name}`).bytes(32));
		this.disk = new SimDisk(name);
	}

	get id(): NodeId {
		return this.identity.nodeId;
	}

	get isUp(): boolean {
		return this.starts > 0 && this.#isUp;
	}

	#isUp = false;

	async start(mesh: SyncMesh): Promise<void> {
		this.starts += 1;
		this.store = await openSimStore(this.disk, { log: this.log });
		const { nodeId: node, publicKey } = this.identity;
		this.project = await TestProject.open(this, mesh.homeKey);
		this.network = mesh.net.node({ node, publicKey, admission: () => 'member' });
		const schema = mesh.options.schemas?.[this.name];
		this.sync = new MeshSync({
			network: tapNetwork(this.network, this.sent),
			clock: this.clock,
			log: this.log,
			access: (peer, project) => mesh.access(this.name, mesh.nameOf(peer), project),
			...(schema !== undefined && { schema }),
		});
		if (mesh.options.hasProject?.(this.name) ?? true) this.sync.add(this.project);
		this.#isUp = true;
	}

	crash(mesh: SyncMesh): void {
		this.#isUp = false;
		mesh.net.crash(this.id, 'process');
		this.disk.crash();
	}
}

export class SyncMesh {
	readonly clock = new SimClock();
	readonly random: SimRandom;
	readonly net: SimNet;
	readonly options: SyncMeshOptions;
	readonly nodes = new Map<string, SyncNode>();
	/** By watcher, peer and project; may be replaced by a test. */
	access: (watcher: string, peer: string, project: string) => SyncAccess = () => 'write';
	readonly #pairs: (readonly [string, string])[] = [];
	#stopped = false;

	/** The names of the nodes; the first is the home. All are connected with all unless `pairs` says otherwise. */
	static async start(
		seed: string | number,
		names: readonly string[],
		options: SyncMeshOptions = {},
		pairs: readonly (readonly [string, string])[] = allPairs(names),
	): Promise<SyncMesh> {
		const mesh = new SyncMesh(seed, names, options, pairs);
		for (const node of mesh.nodes.values()) await node.start(mesh);
		const items = (options.items ?? []).map((key, i) => makeItem(key, { number: i + 1 }));
		await mesh.home.project.index.publish(factsWith(1, items, { term: 1 }));
		mesh.#redial();
		return mesh;
	}

	private constructor(
		seed: string | number,
		names: readonly string[],
		options: SyncMeshOptions,
		pairs: readonly (readonly [string, string])[],
	) {
		this.random = new SimRandom(seed);
		this.options = options;
		const { items: _items, schemas: _schemas, hasProject: _has, ...net } = options;
		this.net = new SimNet({ ...net, clock: this.clock, random: this.random });
		for (const [i, name] of names.entries()) this.nodes.set(name, new SyncNode(this, name, i === 0));
		this.#pairs.push(...pairs);
	}

	get home(): SyncNode {
		const [first] = this.nodes.values();
		if (!first) throw new Error('a mesh has a home');
		return first;
	}

	get homeKey(): Uint8Array {
		return this.home.identity.publicKey;
	}

	node(name: string): SyncNode {
		const node = this.nodes.get(name);
		if (!node) throw new Error(`no node ${name}`);
		return node;
	}

	nameOf(id: NodeId): string {
		return [...this.nodes.values()].find((node) => node.id === id)?.name ?? id;
	}

	/** Lets time pass in small steps, with the disks' turns in between. */
	async run(ms: number, step = 5): Promise<void> {
		for (let passed = 0; passed < ms; passed += step) {
			await this.clock.advance(step);
			for (let turn = 0; turn < 4; turn++) await settle();
		}
	}

	/** Runs until `done`, at most `ms` of the clock's time. */
	async until(done: () => boolean, ms = 60_000): Promise<void> {
		for (let passed = 0; passed < ms; passed += 20) {
			if (done()) return;
			await this.run(20);
		}
		throw new Error('it never came to be');
	}

	/** What each running node has of the project, comparable. */
	states(): readonly string[] {
		return [...this.nodes.values()].filter(({ isUp }) => isUp).map((node) => this.state(node));
	}

	state({ project }: SyncNode): string {
		const texts = project.texts().map((text) => `${text.name} ${text.stateHash} ${text.text}`);
		return JSON.stringify({
			generation: project.index.generation,
			index: project.index.stateHash,
			revision: project.index.facts.revision,
			logs: project.logs.digests(),
			texts: texts.sort(),
		});
	}

	isEqual(): boolean {
		return new Set(this.states()).size === 1;
	}

	/** Lines that say that something was wrong with a peer. */
	complaints(): readonly string[] {
		return [...this.nodes.values()].flatMap(({ name, log }) =>
			log.lines
				.filter(({ level }) => level !== 'info')
				.map(({ event, fields }) => `${name} ${event} ${JSON.stringify(fields, errorText)}`),
		);
	}

	async stop(): Promise<void> {
		this.#stopped = true;
		for (const node of this.nodes.values()) {
			if (!node.isUp) continue;
			await node.sync[Symbol.asyncDispose]();
			await node.network[Symbol.asyncDispose]();
			await node.store.close();
		}
	}

	#redial(): void {
		if (this.#stopped) return;
		for (const [one, two] of this.#pairs) {
			const [from, to] = [this.node(one), this.node(two)];
			if (!from.isUp || !to.isUp) continue;
			const { nodeId: node, publicKey } = to.identity;
			from.network.dial({ node, publicKey, addresses: to.network.addresses() }).catch(() => {});
		}
		this.clock.after(1000, () => this.#redial());
	}
}

const errorText = (_key: string, value: unknown): unknown => (value instanceof Error ? String(value.stack) : value);

export function allPairs(names: readonly string[]): (readonly [string, string])[] {
	return names.flatMap((one, i) => names.slice(i + 1).map((two) => [one, two] as const));
}
