/**
 * A home and workers on other nodes in one thread: the real pool, loop, desk, worker, teller and messages over the twins
 * of network, clock, disks and git. Only what an attempt does inside its clone is made up: it takes a while and makes a
 * commit that adds a file named after its item.
 */

import { z } from 'zod';
import { ForeignProject, ReportSender, StateTeller, serveWork } from '../../node/foreign/index.ts';
import { Placer } from '../../node/home/placer.ts';
import { RunBook } from '../../node/home/run-book.ts';
import { WorkLoop } from '../../node/home/work-loop.ts';
import { serveWorkers } from '../../node/home/worker-desk.ts';
import { remoteWorker } from '../../node/home/worker-link.ts';
import { type WorkerMember, WorkerPool } from '../../node/home/worker-pool.ts';
import { Reconciler } from '../../node/reconcile/reconciler.ts';
import { type Attempts, MachineRoom, Station, Worker } from '../../node/worker/index.ts';
import { type Identity, identityOf } from '../../shared/log/index.ts';
import { NetworkRpc } from '../../shared/mesh/rpc/index.ts';
import type { Rpc, RpcMethod } from '../../shared/mesh/rpc.ts';
import type { Item } from '../../shared/pipeline/index.ts';
import {
	authorId,
	type CommitId,
	ganglineError,
	type NodeId,
	parseCommitId,
	type Store,
} from '../../shared/ports/index.ts';
import {
	openSimStore,
	SimClock,
	SimDisk,
	SimGit,
	SimLog,
	SimNet,
	type SimNetwork,
	SimObjects,
	SimRandom,
	settle,
} from '../../shared/ports/sim/index.ts';
import { type ProjectConfig, projectConfigSchema } from '../../shared/project/index.ts';
import type { GateVerdict, Task, WorkReport } from '../../shared/protocol/work.ts';
import type { WorkerState } from '../../shared/protocol/worker-state.ts';
import { SimDiskOfProject } from './sim-home.ts';

const project = '01K0000000000000000000000A';
const script = 'Do it.\n\n```sh\ntrue\n```\n';
const noUsage = { costUsd: 0, inputTokens: 0, outputTokens: 0, seconds: 0 };
const passedGate: GateVerdict = {
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
const hasCommit = {
	name: 'test.has',
	args: z.object({ commit: z.string() }),
	result: z.object({ has: z.boolean() }),
};

type Ask = (method: RpcMethod, args: unknown) => Promise<unknown>;

export interface WorkMeshOptions {
	readonly workers?: number;
	readonly slots?: number;
	readonly lostAfterSeconds?: number;
	/** How long an attempt takes, ms. */
	readonly workMs?: readonly [number, number];
}

/** All commits that either side has, from where they are. */
function copyCommit(from: SimObjects, to: SimObjects, commit: CommitId): void {
	for (const one of [...from.ancestry(commit)].reverse()) {
		to.putTree(from.files(one));
		to.putCommit(from.commitBytes(one));
	}
}

function hasIn(objects: SimObjects, commit: CommitId): boolean {
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
	/** Why it says no to every offer. */
	declines: string | null = null;
	isUp = false;
	starts = 0;
	store!: Store;
	network!: SimNetwork;
	worker!: Worker;
	teller!: StateTeller;
	/** Asks the home, as this node. */
	ask!: Ask;
	/** What it would say of itself now. */
	state!: () => WorkerState;
	#rpc!: NetworkRpc;
	readonly #mesh: WorkMesh;

	constructor(mesh: WorkMesh, name: string) {
		this.#mesh = mesh;
		this.name = name;
		this.random = mesh.random.fork(name);
		this.identity = identityOf(mesh.random.fork(`key ${name}`).bytes(32));
	}

	get node(): NodeId {
		return this.identity.nodeId;
	}

	async start(): Promise<void> {
		const mesh = this.#mesh;
		const { clock, home } = mesh;
		this.starts += 1;
		this.isUp = true;
		this.live.clear();
		const { nodeId: node, publicKey } = this.identity;
		this.store = await openSimStore(this.disk, { log: this.log });
		this.network = mesh.net.node({ node, publicKey, admission: () => 'member' });
		const rpc = new NetworkRpc({ network: this.network, clock, log: this.log });
		rpc.serve(hasCommit, async ({ commit }) => ({ has: hasIn(this.objects, parseCommitId(commit)) }));
		this.#rpc = rpc;
		this.ask = (method, args) => rpc.ask(home.identity.nodeId, method, args);
		const room = new MachineRoom({
			slots: mesh.options.slots ?? 1,
			machine: () => ({ freeDiskBytes: 1e12, freeMemoryBytes: 1e12, load: 0 }),
		});
		const nonce = `0000000${this.starts}`.slice(-8);
		const station = new Station({ author: authorId(node, nonce, 'work'), room, clock, runtimes: () => ['shell'] });
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
			config: async () => mesh.config,
			missingFiles: async () => null,
			qualification: {
				get state() {
					return { ready, reason: ready ? null : 'not judged yet', saw: null };
				},
				ask: () => {
					ready = true;
				},
			},
			runtimes: () => ['shell'],
			onChange: () => station.changed(),
		});
		station.add({ project, worker, standing: () => foreign.standing() });
		serveWork({
			...{ rpc, log: this.log },
			homeOf: (id) => (id === project && this.standing !== 'gone' ? home.identity.nodeId : null),
			takesNothing: () => this.declines,
			project: (id) => (id === project ? foreign : undefined),
			runLog: () => ({ run: null, lines: [], dropped: 0 }),
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
		this.#mesh.net.crash(this.node, 'process');
		this.disk.crash();
	}

	async #bring(rpc: Rpc, commit: CommitId): Promise<void> {
		if (hasIn(this.objects, commit)) return;
		const { home } = this.#mesh;
		const { has } = await rpc.ask(home.identity.nodeId, hasCommit, { commit });
		if (!has) throw ganglineError('NOTHING_TO_SHOW', `the home has no commit ${commit}`);
		copyCommit(home.disk.objects, this.objects, commit);
	}

	#attempts(start: number): Attempts {
		const isDead = (): boolean => !this.isUp || this.starts !== start;
		return {
			run: async ({ task, signal }) => {
				const { key } = task.item;
				if (isDead()) return new Promise<never>(() => {});
				this.live.set(key, (this.live.get(key) ?? 0) + 1);
				this.#mesh.noteLive(this);
				const end = await this.#work(task, signal);
				if (isDead()) return new Promise<never>(() => {});
				this.live.set(key, (this.live.get(key) ?? 1) - 1);
				return { report: end, survivors: [] };
			},
			rescue: async () => null,
			salvage: async () => null,
			keys: async () => [],
			known: [],
			remove: async () => {},
			stop: async () => {},
		};
	}

	/** What an attempt makes: one file, named after its item. */
	async commitOn(base: CommitId, item: Pick<Task['item'], 'key' | 'title'>, token: Task['token']): Promise<CommitId> {
		if (!hasIn(this.objects, base)) copyCommit(this.#mesh.home.disk.objects, this.objects, base);
		const files = new Map(this.objects.files(base));
		files.set(`${item.key}.txt`, this.objects.putFile(Buffer.from(`${this.name} ${token.join('.')}\n`)));
		const tree = this.objects.putTree(files);
		const git = new SimGit({ signer: this.#mesh.signer, objects: this.objects });
		const atMs = this.#mesh.clock.now();
		const commit = await git.createCommit({ tree, parents: [base], message: item.title, author: person, atMs });
		this.made.push({ key: item.key, token: token.join('.'), commit });
		return commit;
	}

	async #work(task: Task, signal: AbortSignal): Promise<WorkReport> {
		const { clock, options } = this.#mesh;
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

export class SimWorkHome {
	readonly identity: Identity;
	readonly disk: SimDiskOfProject;
	readonly store = new SimDisk();
	readonly log = new SimLog();
	network!: SimNetwork;
	home!: ReturnType<SimDiskOfProject['start']>['home'];
	pool!: WorkerPool;
	work!: WorkLoop;
	readonly #mesh: WorkMesh;
	#reconciler!: Reconciler;

	constructor(mesh: WorkMesh) {
		this.#mesh = mesh;
		this.identity = identityOf(mesh.random.fork('key home').bytes(32));
		this.disk = new SimDiskOfProject(mesh.clock);
	}

	async start(): Promise<void> {
		const mesh = this.#mesh;
		const { clock } = mesh;
		const { nodeId: node, publicKey } = this.identity;
		this.network = mesh.net.node({ node, publicKey, admission: () => 'member' });
		const rpc = new NetworkRpc({ network: this.network, clock, log: this.log });
		const { home, queue, workAuthor } = this.disk.start();
		const poke = (): void => this.#reconciler?.poke();
		const store = await openSimStore(this.store, { log: this.log });
		const pool = new WorkerPool({
			project,
			clock,
			local: null,
			member: (id) => mesh.memberOf(id),
			linkTo: (id) => remoteWorker(id, { rpc, project, log: this.log }),
			onChange: poke,
		});
		const work = new WorkLoop({
			project,
			...{ home, pool, workAuthor, clock },
			log: this.log,
			git: this.disk.git,
			runs: await RunBook.open(store, project, () => clock.now()),
			placer: new Placer({ rpc, gateway: () => null, nameOf: (id) => id, now: () => clock.now(), log: this.log }),
			config: async () => mesh.config,
			fetchAttempt: async (from, { key, token }, commit) => {
				await this.#pull(rpc, from, commit);
				await this.disk.git.keep(`refs/gangline/attempts/${key}/${token.join('.')}`, commit);
			},
			verdictOnMain: async () => ({ tree: 'main', gateSet: 'set', passed: true, gates: [passedGate] }),
			judged: async () => null,
			onSettled: poke,
		});
		serveWorkers({
			...{ rpc, log: this.log },
			desks: () =>
				new Map([
					[
						project,
						{
							mayWork: (id: NodeId) => ['member', 'draining'].includes(mesh.memberOf(id).standing),
							main: () => this.disk.git.main(),
							heard: (id: NodeId, state: Parameters<WorkerPool['heard']>[1]) => {
								pool.heard(id, state);
								return [];
							},
							report: (id: NodeId, task: Task, report: WorkReport) => work.report(id, task, report),
						},
					],
				]),
		});
		rpc.serve(hasCommit, async ({ commit }) => ({ has: hasIn(this.disk.objects, parseCommitId(commit)) }));
		this.home = home;
		this.pool = pool;
		this.work = work;
		await queue.recover();
		await home.settlePending();
		this.#reconciler = new Reconciler({
			...{ name: 'work', clock, log: this.log },
			pass: async () => {
				const main = await this.disk.git.main();
				// Landing first, as it may come first in a project, where the two go apart.
				await queue.pass();
				if (main !== null) await work.pass({ main }, mesh.config);
				await queue.pass();
			},
		});
		home.subscribe(poke);
		this.#reconciler.start();
	}

	/** The process dies; what it had published is there for the next one. */
	crash(): void {
		void this.#reconciler.stop();
		this.#mesh.net.crash(this.identity.nodeId, 'process');
		this.store.crash();
	}

	async #pull(rpc: Rpc, from: NodeId, commit: CommitId): Promise<void> {
		if (hasIn(this.disk.objects, commit)) return;
		const { has } = await rpc.ask(from, hasCommit, { commit });
		if (!has) throw ganglineError('NOTHING_TO_SHOW', `${from} has no commit ${commit}`);
		copyCommit(this.#mesh.workerOf(from).objects, this.disk.objects, commit);
	}
}

export class WorkMesh {
	readonly clock = new SimClock();
	readonly random: SimRandom;
	readonly net: SimNet;
	readonly options: WorkMeshOptions;
	readonly config: ProjectConfig;
	readonly signer = { sign: () => Buffer.from('signed'), verify: () => true };
	readonly home: SimWorkHome;
	readonly workers: readonly SimWorker[];
	/** What was seen that must never be. */
	readonly broken: string[] = [];
	#isStopped = false;

	static async start(seed: string | number, options: WorkMeshOptions = {}): Promise<WorkMesh> {
		const mesh = new WorkMesh(seed, options);
		await mesh.home.disk.begin({ 'a.txt': 'a\n' });
		await mesh.home.start();
		for (const worker of mesh.workers) await worker.start();
		mesh.#redial();
		await mesh.run(1_000);
		return mesh;
	}

	private constructor(seed: string | number, options: WorkMeshOptions) {
		this.random = new SimRandom(seed);
		this.options = options;
		this.net = new SimNet({ clock: this.clock, random: this.random });
		this.config = projectConfigSchema.parse({
			id: project,
			name: 'sim',
			branch: 'main',
			review: { mode: 'server' },
			gate: [{ name: 'check', command: 'true' }],
			work: { lost_after_seconds: options.lostAfterSeconds ?? 600 },
		});
		this.home = new SimWorkHome(this);
		this.workers = Array.from({ length: options.workers ?? 2 }, (_, i) => new SimWorker(this, `w${i + 1}`));
	}

	worker(index: number): SimWorker {
		const worker = this.workers[index];
		if (!worker) throw new Error(`no worker ${index}`);
		return worker;
	}

	workerOf(node: NodeId): SimWorker {
		const found = this.workers.find((worker) => worker.node === node);
		if (!found) throw new Error(`no worker ${node}`);
		return found;
	}

	memberOf(node: NodeId): WorkerMember {
		const found = this.workers.find((worker) => worker.node === node);
		return { name: found?.name ?? node, standing: found?.standing ?? 'gone', labels: [] };
	}

	async add(...keys: readonly string[]): Promise<void> {
		const drafts = keys.map((item) => ({
			by: 'user' as const,
			who: 'ada',
			item,
			event: 'add',
			args: { title: `Item ${item}`, description: script },
		}));
		await this.during(this.home.home.submit('edge', drafts));
	}

	item(key: string): Item {
		const found = this.home.disk.facts.items[key];
		if (!found) throw new Error(`no item ${key}`);
		return found;
	}

	items(): readonly Item[] {
		return Object.values(this.home.disk.facts.items);
	}

	/** [I5]: called with every attempt that begins. */
	noteLive({ name, live }: SimWorker): void {
		for (const [key, count] of live) if (count > 1) this.broken.push(`${count} attempts at ${key} on ${name}`);
	}

	async run(ms: number): Promise<void> {
		for (let passed = 0; passed < ms; passed += 250) {
			await this.clock.advance(250);
			await settle();
			await settle();
		}
	}

	/** Runs until `done`, at most `ms` of the clock's time. */
	async until(done: () => boolean, ms = 600_000): Promise<void> {
		for (let passed = 0; passed < ms; passed += 250) {
			if (done()) return;
			await this.run(250);
		}
		throw new Error(
			`it never came to be: ${JSON.stringify(this.items().map(({ key, stage, holder, tries }) => [key, stage, holder, tries.totalAttempts]))}`,
		);
	}

	/** Lets time pass until a promise has its answer. */
	async during<T>(promise: Promise<T>): Promise<T> {
		let isOver = false;
		promise.then(
			() => {
				isOver = true;
			},
			() => {
				isOver = true;
			},
		);
		while (!isOver) await this.run(250);
		return promise;
	}

	/** Landings on main, item by item, oldest first. */
	async landed(): Promise<readonly string[]> {
		const commits = await this.home.disk.git.firstParents({});
		return commits.flatMap(({ landing }) => (landing ? [landing.item] : [])).reverse();
	}

	stop(): void {
		this.#isStopped = true;
		for (const worker of this.workers) if (worker.isUp) worker.crash();
		this.home.crash();
	}

	#redial(): void {
		if (this.#isStopped) return;
		const { nodeId: node, publicKey } = this.home.identity;
		for (const worker of this.workers) {
			if (!worker.isUp) continue;
			const addresses = this.home.network.addresses();
			worker.network.dial({ node, publicKey, addresses }).catch(() => {});
		}
		this.clock.after(1_000, () => this.#redial());
	}
}
