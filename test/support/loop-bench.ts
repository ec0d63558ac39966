/**
 * A home with one worker elsewhere whose answers a test gives: the real home, pool, grants and work loop over the git twin,
 * one pass at a time. What the mesh does between them is work-mesh.ts.
 */
import { LimitBook } from '../../node/home/limit-book.ts';
import { Placer } from '../../node/home/placer.ts';
import { RunBook } from '../../node/home/run-book.ts';
import { Talks } from '../../node/home/talks.ts';
import { WorkLoop } from '../../node/home/work-loop.ts';
import type { WorkerLink } from '../../node/home/worker-link.ts';
import { type WorkerMember, WorkerPool } from '../../node/home/worker-pool.ts';
import type { Item } from '../../shared/pipeline/index.ts';
import { type CommitId, type NodeId, parseNodeId } from '../../shared/ports/index.ts';
import { openSimStore, SimDisk, SimLog } from '../../shared/ports/sim/index.ts';
import { type ProjectConfig, projectConfigSchema } from '../../shared/project/index.ts';
import type { Task } from '../../shared/protocol/work.ts';
import type { WorkerState } from '../../shared/protocol/worker-state.ts';
import { projectOne } from './facts.ts';
import { SimDiskOfProject } from './sim-home.ts';

/** The item of a bench on which somebody works. */
export const firstKey = '01K0000000000000000000000A';
export const there = parseNodeId('n0000000000000002');
const usedProject = projectOne as Task['project'];
const script = 'Do it.\n\n```sh\ntrue\n```\n';

type Answers = Pick<WorkerLink, 'offer' | 'begin' | 'cancel' | 'acknowledge'>;

export class LoopBench {
	readonly disk = new SimDiskOfProject();
	readonly log = new SimLog();
	/** What the worker was asked, oldest first. */
	readonly asked: { readonly what: keyof Answers; readonly task: Task | string }[] = [];
	/** What it answers; by default it takes everything. */
	answers: Partial<Answers> = {};
	/** How fetching an attempt's commits goes. */
	fetch: (from: NodeId, commit: CommitId) => Promise<void> = async () => {};
	/** What the registry says of the worker. */
	standing: WorkerMember['standing'] = 'member';
	isPaused = false;
	config: ProjectConfig;
	main!: CommitId;
	home!: ReturnType<SimDiskOfProject['start']>['home'];
	pool!: WorkerPool;
	runs!: RunBook;
	talks!: Talks;
	loop!: WorkLoop;

	static async open(settings: object = {}): Promise<LoopBench> {
		const bench = new LoopBench(settings);
		await bench.#begin();
		return bench;
	}

	private constructor(settings: object) {
		this.config = projectConfigSchema.parse({
			...{ id: usedProject, name: 'app', branch: 'main', review: { mode: 'server' } },
			...{ gate: [{ name: 'check', command: 'true' }], ...settings },
		});
	}

	async #begin(): Promise<void> {
		const { disk, log } = this;
		const { clock, git } = disk;
		this.main = await disk.begin({ 'a.txt': 'a\n' });
		const { home, workAuthor } = disk.start();
		this.home = home;
		const store = await openSimStore(new SimDisk(), { log });
		const member = () => ({ name: 'builder', standing: this.standing, labels: [] });
		this.pool = new WorkerPool({
			...{ project: usedProject, clock, local: null, member, linkTo: () => this.#link() },
			...{ onChange: () => {}, limits: await LimitBook.open(store, usedProject, () => clock.now()) },
		});
		this.runs = await RunBook.open(store, usedProject, () => clock.now());
		this.talks = await Talks.open(store, usedProject);
		const rpc = { ask: () => Promise.reject(new RangeError('there is no gateway')) };
		this.loop = new WorkLoop({
			...{ project: usedProject, home, pool: this.pool, workAuthor, clock, log, git },
			...{ runs: this.runs, talks: this.talks },
			texts: { described: (item) => item, stateOf: () => null },
			placer: new Placer({ rpc, gateway: () => null, nameOf: (node) => node, now: () => clock.now(), log }),
			config: async () => this.config,
			fetchAttempt: (from, _attempt, commit) => this.fetch(from, commit),
			verdictOnMain: async () => null,
			judged: async () => null,
			brief: async () => ({ role: null, guides: [], history: [], commits: [] }),
			isPaused: () => this.isPaused,
			onSettled: () => {},
		});
		this.hears();
	}

	/** The worker says how it is. */
	hears(more: Partial<WorkerState> = {}, node: NodeId = there): void {
		const agents = this.config.agent.map(({ name }) => name);
		this.pool.heard(node, {
			...{ author: `${node}.00000001.work`, slots: { free: 3, total: 3 }, shortage: null, load: 0 },
			...{ runtimes: ['shell', 'claude-code', 'acp'], free: { memoryMb: 8_000, diskMb: 90_000 } },
			...{ floor: { memoryMb: 1, diskMb: 1 }, busy: [], reporting: [] },
			projects: [{ project: usedProject, qualified: true, reason: null, saw: null, main: null, agents, clones: [] }],
			...more,
		});
	}

	/** An item that a person adds, with a script unless an agent is named. */
	async add(key: string, args: { readonly agent?: string; readonly type?: string } = {}): Promise<void> {
		const description = args.agent === undefined ? script : 'Do it.';
		await this.home.submit('edge', [
			{ by: 'user', who: 'ada', item: key, event: 'add', args: { title: key, type: 'story', description, ...args } },
		]);
	}

	async pass(begin: { readonly main: CommitId } | string = { main: this.main }): Promise<void> {
		await this.loop.pass(begin, this.config);
	}

	item(key: string): Item {
		const item = this.home.item(key);
		if (!item) throw new RangeError(`no item ${key}`);
		return item;
	}

	/** The task with which the worker was last begun. */
	get begun(): Task {
		const task = this.asked.findLast(({ what }) => what === 'begin')?.task;
		if (task === undefined || typeof task === 'string') throw new RangeError('nothing was begun');
		return task;
	}

	#link(): WorkerLink {
		const note = async <What extends keyof Answers>(what: What, task: Task | string): Promise<void> =>
			void this.asked.push({ what, task });
		const unused = () => Promise.reject(new RangeError('nobody asks that here'));
		return {
			offer: async (task) => {
				await note('offer', task);
				return this.answers.offer?.(task) ?? { kind: 'accepted' };
			},
			begin: async (task) => {
				await note('begin', task);
				return this.answers.begin?.(task) ?? true;
			},
			cancel: async (key, reason) => {
				await note('cancel', reason);
				await this.answers.cancel?.(key, reason);
			},
			acknowledge: (task) => note('acknowledge', task),
			...{ say: unused, answer: unused, folder: unused, log: unused, told: unused },
			follow: () => {
				throw new RangeError('nobody asks that here');
			},
		};
	}
}

/** What its worker was asked, oldest first. */
export const kinds = (bench: LoopBench): readonly string[] => bench.asked.map(({ what }) => what);

/** A bench with one item that was started and has been begun at the worker. */
export async function working(settings: object = {}, args: Parameters<LoopBench['add']>[1] = {}): Promise<LoopBench> {
	const bench = await LoopBench.open(settings);
	await bench.add(firstKey, args);
	await bench.pass();
	await bench.pass();
	return bench;
}
