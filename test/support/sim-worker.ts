/**
 * A worker on a node of its own in a simulation: the real worker, its reports, its teller and its messages over the
 * twins of network, clock, disk and git. Only what an attempt does inside its clone is made up: it takes a while and
 * makes a commit that adds a file named after its item.
 */
import { z } from 'zod';
import { ForeignProject, ReportSender, StateTeller, serveWork } from '../../node/foreign/index.ts';
import type { WorkerMember } from '../../node/home/worker-pool.ts';
import { type Attempts, MachineRoom, Station, Worker } from '../../node/worker/index.ts';
import { type Identity, identityOf } from '../../shared/log/index.ts';
import type { Rpc, RpcMethod } from '../../shared/mesh/rpc.ts';
import {
	authorId,
	type CommitId,
	ganglineError,
	type Network,
	type NodeId,
	parseCommitId,
	type Store,
} from '../../shared/ports/index.ts';
import {
	openSimStore,
	type SimClock,
	SimDisk,
	SimGit,
	SimLog,
	type SimNet,
	SimObjects,
	type SimRandom,
} from '../../shared/ports/sim/index.ts';
import type { ProjectConfig } from '../../shared/project/index.ts';
import type { GateVerdict, Task, WorkReport } from '../../shared/protocol/work.ts';
import type { WorkerState } from '../../shared/protocol/worker-state.ts';
import { simSigner } from './sim-home.ts';

const noUsage = { costUsd: 0, inputTokens: 0, outputTokens: 0, seconds: 0 };
export const passedGate: GateVerdict = {
	gate: 'check',
	kind: 'other',
	outcome: 'passed',
	why: '',
	tail: '',
	seconds: 1,
	tests: null,
	runs: 1,
};
const person = { name: 'Ada', email: 'ada@example.org' };
/** Stands for the pack protocol: whether the peer has a commit, with everything in it. */
export const hasCommit = {
	name: 'test.has',
	args: z.object({ commit: z.string() }),
	result: z.object({ has: z.boolean() }),
};

type Ask = (method: RpcMethod, args: unknown) => Promise<unknown>;

export interface WorkTimes {
	readonly slots?: number;
	/** How long an attempt takes, ms. */
	readonly workMs?: readonly [number, number];
}

/** What a worker stands in: the bare network of a home and its workers, or a whole mesh with registry and replicas. */
export interface WorkWorld {
	readonly project: string;
	readonly clock: SimClock;
	readonly random: SimRandom;
	readonly net: SimNet;
	readonly options: WorkTimes;
	readonly config: ProjectConfig;
	readonly home: { readonly identity: Identity; readonly objects: SimObjects };
	/** Puts a process of the worker, whose store is open, on the network. */
	connect(worker: SimWorker): Promise<{ readonly network: Network; readonly rpc: Rpc }>;
	/** Called with every attempt that begins. */
	noteLive(worker: SimWorker): void;
}

/** All commits that either side has, from where they are. */
export function copyCommit(from: SimObjects, to: SimObjects, commit: CommitId): void {
	for (const one of [...from.ancestry(commit)].reverse()) {
		to.putTree(from.files(one));
		to.putCommit(from.commitBytes(one));
	}
}

export function hasIn(objects: SimObjects, commit: CommitId): boolean {
	try {
		objects.commitBytes(commit);
		return true;
	} catch {
		return false;
	}
}

export class SimWorker {
	readonly name: string;
	readonly identity: Identity;
	readonly objects = new SimObjects();
	readonly disk = new SimDisk();
	readonly log = new SimLog();
	readonly random: SimRandom;
	/** Attempts that are under way, by item; none of a dead process. */
	readonly live = new Map<string, number>();
	/** Commits of every result that was made here. */
	readonly made: { readonly key: string; readonly token: string; readonly commit: CommitId }[] = [];
	standing: WorkerMember['standing'] = 'member';
	/** Attempts that were begun here, ever: each would ask a model. */
	begun = 0;
	/** Why it says no to every offer. */
	declines: string | null = null;
	isUp = false;
	starts = 0;
	store!: Store;
	network!: Network;
	worker!: Worker;
	teller!: StateTeller;
	/** Asks the home, as this node. */
	ask!: Ask;
	/** What it would say of itself now. */
	state!: () => WorkerState;
	#rpc!: Rpc;
	readonly #world: WorkWorld;

	constructor(world: WorkWorld, name: string) {
		this.#world = world;
		this.name = name;
		this.random = world.random.fork(name);
		this.identity = identityOf(world.random.fork(`key ${name}`).bytes(32));
	}

	get node(): NodeId {
		return this.identity.nodeId;
	}

	async start(): Promise<void> {
		const world = this.#world;
		const { clock, home, project } = world;
		this.starts += 1;
		this.isUp = true;
		this.live.clear();
		const { node } = this;
		this.store = await openSimStore(this.disk, { log: this.log });
		const { network, rpc } = await world.connect(this);
		this.network = network;
		rpc.serve(hasCommit, async ({ commit }) => ({ has: hasIn(this.objects, parseCommitId(commit)) }));
		this.#rpc = rpc;
		this.ask = (method, args) => rpc.ask(home.identity.nodeId, method, args);
		const room = new MachineRoom({
			slots: world.options.slots ?? 1,
			machine: () => ({ freeDiskBytes: 1e12, freeMemoryBytes: 1e12, load: 0 }),
		});
		const nonce = `0000000${this.starts}`.slice(-8);
		const station = new Station({
			author: authorId(node, nonce, 'work'),
			room,
			clock,
			runtimes: () => ['shell'],
			logins: () => [],
		});
		const sender = new ReportSender({ rpc, clock, home: () => home.identity.nodeId });
		const worker: Worker = new Worker({
			project,
			...{ store: this.store, clock, log: this.log, room },
			logs: { open: () => ({ write: () => {}, lastLine: () => null, close: () => {} }) },
			attempts: this.#attempts(this.starts),
			prepare: (task, signal) => foreign.prepare(task, signal),
			report: (task, report) => sender.send(task, report),
			onChange: () => station.changed(),
		});
		const bring = async (main: CommitId): Promise<CommitId> => {
			await this.#bring(rpc, main);
			return main;
		};
		let ready = false;
		const foreign: ForeignProject = new ForeignProject({
			...{ project, clock, log: this.log, worker, sender },
			mirror: { bring, bringFor: (task) => bring(parseCommitId(task.main)), close: async () => {} },
			config: async () => world.config,
			missingFiles: async () => null,
			qualification: {
				get state() {
					return { ready, reason: ready ? null : 'not judged yet', saw: null };
				},
				ask: () => {
					ready = true;
				},
			},
			canRun: ({ runtime }) => runtime === 'shell',
			limits: () => ({}),
			onChange: () => station.changed(),
		});
		station.add({ project, worker, standing: () => foreign.standing() });
		serveWork({
			...{ rpc, log: this.log },
			homeOf: (id) => (id === project && this.standing !== 'gone' ? home.identity.nodeId : null),
			takesNothing: () => this.declines,
			project: (id) => (id === project ? foreign : undefined),
			runLog: () => ({ run: null, lines: [], dropped: 0 }),
			folder: () => null,
			async *follow() {},
		});
		this.worker = worker;
		this.state = () => station.state();
		this.teller = new StateTeller({
			...{ rpc, clock, log: this.log },
			state: () => station.state(),
			listeners: () => new Map([[home.identity.nodeId, new Set([project])]]),
			onMain: (_id, main) => foreign.follow(main),
			onForget: () => {},
			onBack: () => worker.handOver(),
		});
		station.subscribe(() => this.teller.changed());
		this.network.subscribe(() => this.teller.changed());
		await foreign.start();
		this.teller.start();
	}

	/** Asks another worker, which only a home may. */
	async askWorker(other: SimWorker, method: Parameters<Ask>[0], args: unknown): Promise<unknown> {
		const { nodeId: node, publicKey } = other.identity;
		await this.network.dial({ node, publicKey, addresses: other.network.addresses() });
		return this.#rpc.ask(node, method, args);
	}

	/** The process dies in the middle; nothing of it says goodbye. */
	crash(): void {
		this.isUp = false;
		this.live.clear();
		this.teller.stop();
		this.#world.net.crash(this.node, 'process');
		this.disk.crash();
	}

	async #bring(rpc: Rpc, commit: CommitId): Promise<void> {
		if (hasIn(this.objects, commit)) return;
		const { home } = this.#world;
		const { has } = await rpc.ask(home.identity.nodeId, hasCommit, { commit });
		if (!has) throw ganglineError('NOTHING_TO_SHOW', `the home has no commit ${commit}`);
		copyCommit(home.objects, this.objects, commit);
	}

	#attempts(start: number): Attempts {
		const isDead = (): boolean => !this.isUp || this.starts !== start;
		return {
			run: async ({ task, signal }) => {
				const { key } = task.item;
				if (isDead()) return new Promise<never>(() => {});
				this.begun += 1;
				this.live.set(key, (this.live.get(key) ?? 0) + 1);
				this.#world.noteLive(this);
				const end = await this.#work(task, signal);
				if (isDead()) return new Promise<never>(() => {});
				this.live.set(key, (this.live.get(key) ?? 1) - 1);
				return { report: end, survivors: [] };
			},
			rescue: async () => null,
			told: async () => ({ form: 'first', prompt: '' }),
			spent: async () => ({ usage: noUsage }),
			snapshot: async () => null,
			salvage: async () => null,
			keys: async () => [],
			known: [],
			remove: async () => {},
			stop: async () => {},
		};
	}

	/** What an attempt makes: one file, named after its item. */
	async commitOn(base: CommitId, item: Pick<Task['item'], 'key' | 'title'>, token: Task['token']): Promise<CommitId> {
		if (!hasIn(this.objects, base)) copyCommit(this.#world.home.objects, this.objects, base);
		const files = new Map(this.objects.files(base));
		files.set(`${item.key}.txt`, this.objects.putFile(Buffer.from(`${this.name} ${token.join('.')}\n`)));
		const tree = this.objects.putTree(files);
		const git = new SimGit({ signer: simSigner, objects: this.objects });
		const atMs = this.#world.clock.now();
		const commit = await git.createCommit({ tree, parents: [base], message: item.title, author: person, atMs });
		this.made.push({ key: item.key, token: token.join('.'), commit });
		return commit;
	}

	async #work(task: Task, signal: AbortSignal): Promise<WorkReport> {
		const { clock, options } = this.#world;
		const [least, most] = options.workMs ?? [5_000, 60_000];
		const ms = least + this.random.below(most - least + 1);
		const { promise, resolve } = Promise.withResolvers<boolean>();
		const cancel = clock.after(ms, () => resolve(true));
		signal.addEventListener('abort', () => resolve(false), { once: true });
		const isDone = !signal.aborted && (await promise);
		cancel();
		if (!isDone) return { kind: 'stopped', reason: 'it was told to', commit: null, usage: noUsage };
		const base = parseCommitId(task.main);
		const commit = await this.commitOn(base, task.item, task.token);
		const tree = this.objects.treeId(commit);
		const verdict = { tree, gateSet: 'set', passed: true, gates: [passedGate] };
		return { kind: 'result', commit, base, verdict, usage: noUsage };
	}
}
