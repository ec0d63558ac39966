/**
 * A home and workers on other nodes in one thread: the real pool, loop, desk, worker, teller and messages over the twins
 * of network, clock, disks and git. Facts and logs of the home are in memory; where they and the replicas matter too is
 * whole-mesh.ts.
 */
import type { WorkLoop } from '../../node/home/work-loop.ts';
import type { WorkerMember, WorkerPool } from '../../node/home/worker-pool.ts';
import { type Identity, identityOf } from '../../shared/log/index.ts';
import { NetworkRpc } from '../../shared/mesh/rpc/index.ts';
import type { Item } from '../../shared/pipeline/index.ts';
import type { NodeId } from '../../shared/ports/index.ts';
import {
	openSimStore,
	SimClock,
	SimDisk,
	SimLog,
	SimNet,
	type SimNetwork,
	SimRandom,
	settle,
} from '../../shared/ports/sim/index.ts';
import { type ProjectConfig, projectConfigSchema } from '../../shared/project/index.ts';
import { SimDiskOfProject } from './sim-home.ts';
import { type HomeWork, openHomeWork } from './sim-home-work.ts';
import { SimWorker, type WorkTimes, type WorkWorld } from './sim-worker.ts';

const project = '01K0000000000000000000000A';
const script = 'Do it.\n\n```sh\ntrue\n```\n';

export interface WorkMeshOptions extends WorkTimes {
	readonly workers?: number;
	readonly lostAfterSeconds?: number;
}

export class SimWorkHome {
	readonly identity: Identity;
	readonly disk: SimDiskOfProject;
	readonly store = new SimDisk();
	readonly log = new SimLog();
	network!: SimNetwork;
	home!: ReturnType<SimDiskOfProject['start']>['home'];
	readonly #mesh: WorkMesh;
	#work: HomeWork | undefined;

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
		this.home = home;
		this.#work = await openHomeWork({
			...{ project, home, workAuthor, queue, rpc, clock },
			git: this.disk.git,
			objects: this.disk.objects,
			store: await openSimStore(this.store, { log: this.log }),
			log: this.log,
			config: mesh.config,
			memberOf: (id) => mesh.memberOf(id),
			objectsOf: (id) => mesh.workerOf(id).objects,
		});
	}

	get pool(): WorkerPool {
		return this.#running.pool;
	}

	get work(): WorkLoop {
		return this.#running.work;
	}

	/** The process dies; what it had published is there for the next one. */
	crash(): void {
		void this.#work?.stop();
		this.#mesh.net.crash(this.identity.nodeId, 'process');
		this.store.crash();
	}

	get #running(): HomeWork {
		if (!this.#work) throw new Error('the home was never started');
		return this.#work;
	}
}

export class WorkMesh {
	readonly clock = new SimClock();
	readonly random: SimRandom;
	readonly net: SimNet;
	readonly options: WorkMeshOptions;
	readonly config: ProjectConfig;
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
		this.workers = Array.from({ length: options.workers ?? 2 }, (_, i) => new SimWorker(this.#world(), `w${i + 1}`));
	}

	#world(): WorkWorld {
		const { clock, random, net, options, config, home } = this;
		return {
			...{ project, clock, random, net, options, config },
			home: { identity: home.identity, objects: home.disk.objects },
			connect: async ({ identity: { nodeId: node, publicKey }, log }) => {
				const network = net.node({ node, publicKey, admission: () => 'member' });
				return { network, rpc: new NetworkRpc({ network, clock, log }) };
			},
			noteLive: (worker) => this.noteLive(worker),
		};
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
