/**
 * One simulated mesh: machines, network, time, what people have checked out, and the trace. It begins and ends
 * processes, lets time pass, and notes what becomes so. It draws everything from its seed, so that a seed is a run.
 */
import type { Project } from '../../../node/home/project.ts';
import type { Membership } from '../../../shared/mesh/index.ts';
import type { Rpc } from '../../../shared/mesh/rpc.ts';
import type { HistoryEntry, Intent, IntentId } from '../../../shared/pipeline/index.ts';
import type { CommitId, NodeId, Peer } from '../../../shared/ports/index.ts';
import { SimClock, SimNet, SimRandom } from '../../../shared/ports/sim/index.ts';
import type { Task } from '../../../shared/protocol/work.ts';
import type { RegistryFacts } from '../../../shared/registry/index.ts';
import { bootProcess } from './boot.ts';
import { identityNamed } from './keys.ts';
import { Machine, type Process } from './machine.ts';
import { Origins } from './origins.ts';
import { copyCommit, type KeptRepository } from './repositories.ts';
import type { AgentBehaviour, EventOf, SeenNode, SimEvent, WiredParts, Wiring, WiringPlace } from './types.ts';

export interface WorldOptions {
	readonly seed: number;
	readonly wiring: Wiring;
	readonly fate: (task: Task) => AgentBehaviour;
}

export interface PlannedMachine {
	readonly name: string;
	readonly kind: SeenNode['kind'];
	readonly person: string | null;
	readonly slots: number;
}

/** What a home has accepted, as it became durable. */
export interface Book {
	readonly history: HistoryEntry[];
	readonly intents: Map<IntentId, Intent>;
	/** Folded and perhaps not durable: its process may have died before it could say so. By home. */
	readonly unconfirmed: Map<string, HistoryEntry[]>;
}

/** So long a question may be on its way. */
const lateMsMax = 20_000;

export class World {
	readonly seed: number;
	readonly random: SimRandom;
	readonly clock = new SimClock();
	readonly net: SimNet;
	readonly machines = new Map<string, Machine>();
	readonly origins: Origins;
	readonly events: SimEvent[] = [];
	readonly books = new Map<string, Book>();
	step = 0;
	/** The number of the next line that is written beside what was drawn: no two lines are alike. */
	nextLine = 100_000;
	isCalm = false;
	/** Chance in a hundred that a question is asked twice. */
	repeatPercent = 0;
	readonly #options: WorldOptions;
	/** By project: main as it was seen last, and at which home. */
	readonly #mains = new Map<string, { readonly node: string; readonly main: CommitId }>();
	readonly #told = new Map<string, Set<IntentId>>();

	constructor(options: WorldOptions) {
		this.#options = options;
		this.seed = options.seed;
		this.random = new SimRandom(`world ${options.seed}`);
		this.net = new SimNet({ clock: this.clock, random: this.random });
		this.origins = new Origins();
	}

	// What machines ask of it.

	emit(event: EventOf): void {
		this.events.push({ at: Math.round(this.clock.monotonic()), step: this.step, ...event } as SimEvent);
	}

	wire<Part extends keyof WiredParts>(
		part: Part,
		made: WiredParts[Part],
		{ node, project }: Pick<WiringPlace, 'node' | 'project'>,
	): WiredParts[Part] {
		const change = this.#options.wiring[part] as
			| ((made: WiredParts[Part], place: WiringPlace) => WiredParts[Part])
			| undefined;
		const wired = change?.(made, { node, project, random: this.random.fork(`wiring ${part} ${node}`) }) ?? made;
		if (part !== 'home' || project === null) return wired;
		return this.#booked(wired as WiredParts['home'], { node, project }) as WiredParts[Part];
	}

	fateOf(task: Task): AgentBehaviour {
		return this.#options.fate(task);
	}

	checkout(path: string) {
		const [home = '', , id = ''] = path.split('/');
		const { name, home: owner } = this.origins.project(id);
		return { id, name, path, branch: 'main', paused: false, home: owner === home ? home : owner };
	}

	/** Where people of a machine have projects checked out. */
	checkoutsOf(machine: string): readonly string[] {
		return this.origins.checkoutsOf(machine);
	}

	async importMain(kept: KeptRepository, project: string): Promise<void> {
		const { objects, main } = this.origins.project(project);
		copyCommit(objects, kept.objects, main);
		await kept.git.moveMain(main, null);
		kept.version += 1;
	}

	membership(): Membership {
		const { id, identity, address } = this.machine('gate');
		return { mesh: this.registry.mesh, gateway: { node: id, publicKey: identity.publicKey, addresses: [address] } };
	}

	machineOf(node: NodeId): Machine {
		const found = [...this.machines.values()].find(({ id }) => id === node);
		if (!found) throw new RangeError(`no machine ${node}`);
		return found;
	}

	/** Whether two that are up hear each other. */
	meets(one: Machine, two: Machine): boolean {
		if (!one.process || !two.process) return false;
		const [here, there] = [peerOf(one), peerOf(two)];
		return this.net.passes(here, there) && this.net.passes(there, here);
	}

	/** A home has opened a project: its book is brought up to date, and every publication from now on is an event. */
	follow(process: Process, project: Project): void {
		const book = this.book(project.id);
		const { acceptedUpTo } = project.home.facts;
		const missed = (book.unconfirmed.get(process.name) ?? []).filter(({ id }) => {
			const split = id.lastIndexOf('#');
			return (acceptedUpTo[id.slice(0, split)] ?? 0) >= Number(id.slice(split + 1));
		});
		book.unconfirmed.delete(process.name);
		if (missed.length > 0) this.#published(process, project, { history: missed, isOneFold: false });
		project.home.subscribe(({ history }) => {
			const known = new Set(history.map(({ id }) => id));
			const open = book.unconfirmed.get(process.name) ?? [];
			book.unconfirmed.set(
				process.name,
				open.filter(({ id }) => !known.has(id)),
			);
			if (history.length > 0 && !process.isDead) this.#published(process, project, { history, isOneFold: true });
		});
	}

	/**
	 * Some questions are asked twice, as by a peer that heard no answer; the second one is sometimes long on its way, but
	 * comes to no later process than the one that it was sent to.
	 */
	repeats(process: Process, rpc: Rpc): void {
		const random = process.random.fork('repeats');
		const ask = rpc.ask.bind(rpc);
		rpc.ask = (node, method, args, options) => {
			if (this.repeatPercent > 0 && random.below(100) < this.repeatPercent && method.name.startsWith('work.')) {
				const { boots } = this.machineOf(node);
				const lateMs = random.below(random.below(3) === 0 ? lateMsMax : 3_000);
				process.clock.after(lateMs, () => {
					if (this.machineOf(node).boots === boots) ask(node, method, args, options).catch(() => {});
				});
			}
			return ask(node, method, args, options);
		};
	}

	// What scenarios and faults do.

	plan({ name, kind, person, slots }: PlannedMachine): Machine {
		const machine = new Machine({
			...{ world: this, name, kind, person, slots },
			identity: identityNamed(name),
			clock: this.clock.view({ rate: 1 }),
			random: this.random.fork(`machine ${name}`),
			address: `/ip4/10.0.0.${this.machines.size + 1}/tcp/7421`,
		});
		this.machines.set(name, machine);
		return machine;
	}

	machine(name: string): Machine {
		const machine = this.machines.get(name);
		if (!machine) throw new RangeError(`no machine ${name}`);
		return machine;
	}

	book(project: string): Book {
		const known = this.books.get(project) ?? { history: [], intents: new Map(), unconfirmed: new Map() };
		this.books.set(project, known);
		return known;
	}

	/** What the gateway says now, or said last. */
	get registry(): RegistryFacts {
		const { process } = this.machine('gate');
		if (process?.core) this.#registry = process.core.mesh.facts();
		return this.#registry;
	}
	#registry: RegistryFacts = { mesh: '', revision: 0, nodes: {}, projects: {}, people: {} };

	/** The machine that the registry names as a project's home. */
	homeOf(project: string): Machine {
		const node = this.registry.projects[project]?.home;
		return node ? this.machineOf(node) : this.machine(this.origins.project(project).home);
	}

	/** The project at its home; undefined while it is away. */
	projectAtHome(project: string): Project | undefined {
		return this.homeOf(project)
			.process?.projects()
			.find(({ id }) => id === project);
	}

	crash(name: string, how: 'process' | 'machine', why: string): void {
		const machine = this.machine(name);
		const { process } = machine;
		if (!process) return;
		process.isDead = true;
		machine.process = null;
		machine.fuse = 0;
		machine.clock.killTimers();
		this.net.crash(machine.id, how);
		const random = this.random.fork(`crash ${name} ${machine.boots}`);
		machine.disk.crash(how === 'process' ? { kind: 'kill' } : { kind: 'power', random });
		for (const attempt of machine.attempts) {
			this.emit({
				kind: 'agentEnded',
				node: name,
				project: attempt.project,
				item: attempt.item,
				token: attempt.token,
				how: 'died',
			});
		}
		machine.attempts.clear();
		machine.survivors.clear();
		this.emit({ kind: 'crash', node: name, how, why });
	}

	/**
	 * Nobody has taken this error: a real process ends by it. Whose store refused a write is begun again, as an operator
	 * does; anything else is a bug, which the answer names.
	 */
	unhandled(error: unknown): string | null {
		const words = error instanceof Error ? error.message : String(error);
		const name = /the store ([a-z0-9]+)/.exec(words)?.[1] ?? '';
		const machine = this.machines.get(name);
		if (!machine) return error instanceof Error ? (error.stack ?? words) : words;
		if (machine.process) {
			this.crash(name, 'process', words);
			this.bootSoon(name, 2_000);
		}
		return null;
	}

	/** Boots a machine that is down; resolves when its process is up, and fails as an operator would see it. */
	async boot(name: string): Promise<void> {
		const machine = this.machine(name);
		if (machine.process || machine.booting) return;
		machine.booting = true;
		const boot = machine.boots + 1;
		try {
			const process = await this.#unlessDead(machine, boot, bootProcess(machine));
			if (process) this.emit({ kind: 'boot', node: name, failed: null });
		} catch (error) {
			this.emit({ kind: 'boot', node: name, failed: error instanceof Error ? error.message : String(error) });
			if (machine.process && machine.boots === boot) this.#down(machine);
		} finally {
			if (machine.boots === boot) machine.booting = false;
		}
	}

	/** Boots in the background, again and again until it is up: a supervisor. */
	bootSoon(name: string, ms: number): void {
		this.clock.after(ms, () => {
			const machine = this.machine(name);
			if (machine.process) return;
			void this.boot(name).then(() => {
				if (!machine.process) this.bootSoon(name, 5_000);
			});
		});
	}

	/** What is so now that was not before: main, refusals that people see. */
	async observe(): Promise<void> {
		for (const { id } of this.origins.all()) {
			const home = this.homeOf(id);
			const kept = home.repositories.find(home.canonicalPath(id));
			if (kept) await this.#observeMain(home.name, id, kept);
		}
		for (const machine of this.machines.values()) {
			for (const { replica } of machine.process?.seats() ?? []) {
				for (const { author, n } of replica.refusals()) this.#tell(machine.name, replica.id, `${author}#${n}`);
			}
		}
	}

	#tell(node: string, project: string, id: IntentId): void {
		const told = this.#told.get(node) ?? new Set();
		this.#told.set(node, told);
		if (told.has(id)) return;
		told.add(id);
		this.emit({ kind: 'refusalTold', node, project, id });
	}

	async #observeMain(node: string, project: string, { git, objects }: KeptRepository): Promise<void> {
		const to = await git.main();
		const known = this.#mains.get(project);
		// What a home has from when it was one before is not where the project goes on.
		const isMove = known !== undefined && known.node !== node;
		const from = isMove ? null : (known?.main ?? null);
		if (to === null || to === from || (isMove && !this.projectAtHome(project))) return;
		this.#mains.set(project, { node, main: to });
		const commits = await git.firstParents({ tip: to, ...(from === null ? { limit: 1 } : { until: from }) });
		let at = from;
		for (const { commit, landing } of [...commits].reverse()) {
			const by = isMove ? 'move' : landing ? 'landing' : 'person';
			this.emit({ kind: 'mainMoved', node, project, from: at, to: commit, by });
			at = commit;
		}
		this.origins.fetched(project, objects, to, this.random);
	}

	#published(
		process: Process,
		project: Project,
		{ history, isOneFold }: { readonly history: readonly HistoryEntry[]; readonly isOneFold: boolean },
	): void {
		const book = this.book(project.id);
		const { facts, exchange } = { facts: project.home.facts, exchange: project.exchange };
		// What it counted by itself, with a damaged store and heard by nobody, binds no home after it.
		const { term: since = 0 } = this.registry.projects[project.id] ?? {};
		if (facts.term < since || this.homeOf(project.id).name !== process.name) {
			const { term } = facts;
			this.emit({ kind: 'publishedInVain', node: process.name, project: project.id, term, history });
			return;
		}
		book.history.push(...history);
		const intents = history.flatMap(({ id }) => book.intents.get(id) ?? []);
		this.emit({
			...{ kind: 'published', node: process.name, project: project.id, term: facts.term, history, intents },
			...{ generation: exchange.index.generation, revision: facts.revision, wallMs: process.clock.now(), isOneFold },
		});
		for (const { id, event, outcome } of history) {
			const { item = '', args } = book.intents.get(id) ?? {};
			const token = facts.items[item]?.token;
			if (event !== 'grant' || outcome !== 'applied' || !token) continue;
			const { holder, role } = args as { holder: string; role: 'coder' };
			this.emit({ kind: 'grant', node: process.name, project: project.id, item, token, holder, role });
		}
	}

	/** Notes every intent that is folded, and what its fold came to before it is durable. */
	#booked(
		options: WiredParts['home'],
		{ node, project }: { readonly node: string; readonly project: string },
	): WiredParts['home'] {
		const book = this.book(project);
		return {
			...options,
			context: (intents) => {
				for (const intent of intents) book.intents.set(`${intent.author}#${intent.n}`, intent);
				return options.context(intents);
			},
			historyWrites: (entries) => {
				book.unconfirmed.set(node, [...(book.unconfirmed.get(node) ?? []), ...entries]);
				return options.historyWrites(entries);
			},
		};
	}

	/** A boot whose process died in the middle never ends by itself. */
	#unlessDead(machine: Machine, boot: number, booting: Promise<Process>): Promise<Process | null> {
		const died = new Promise<null>((resolve) => {
			const look = (): void => {
				if (machine.boots !== boot || machine.process === null) resolve(null);
				else if (machine.booting) this.clock.after(200, look);
			};
			this.clock.after(200, look);
		});
		return Promise.race([booting, died]);
	}

	#down(machine: Machine): void {
		if (machine.process) machine.process.isDead = true;
		machine.process = null;
		machine.clock.killTimers();
		this.net.crash(machine.id, 'process');
		machine.disk.crash({ kind: 'kill' });
	}
}

const peerOf = ({ id: node, identity: { publicKey } }: Machine): Peer => ({ node, publicKey });
