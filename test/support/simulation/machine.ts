/**
 * A machine of the simulated mesh and the processes that run on it one after another. The machine has what outlives a
 * process: disk, key, clock, repositories, clones. A process is the real node (or gateway) over twins of the ports.
 */

import type { GatewayCore } from '../../../gateway/context.ts';
import type { RecoveryState } from '../../../node/agents/index.ts';
import type { NodeParts } from '../../../node/compose.ts';
import type { Project } from '../../../node/home/project.ts';
import { givesBack } from '../../../node/home/report-intents.ts';
import type { NodeMesh } from '../../../node/node-mesh.ts';
import type { Worker } from '../../../node/worker/index.ts';
import type { Identity } from '../../../shared/log/index.ts';
import type { Token } from '../../../shared/pipeline/index.ts';
import type { CommitId, NodeId } from '../../../shared/ports/index.ts';
import { type SimClockView, SimDisk, SimLog, type SimRandom } from '../../../shared/ports/sim/index.ts';
import type { Task, WorkReport } from '../../../shared/protocol/work.ts';
import type { ReplicaSeat } from '../../../shared/replica/index.ts';
import type { AgentGround, AgentOptions, SimClone } from './agents.ts';
import { type Point, SimRepositories, type SimSession } from './repositories.ts';
import type { EventOf, SeenAttempt, SeenNode, WiredParts } from './types.ts';
import type { World } from './world.ts';

export interface MachineOptions {
	readonly world: World;
	readonly name: string;
	readonly kind: SeenNode['kind'];
	readonly person: string | null;
	readonly identity: Identity;
	readonly clock: SimClockView;
	readonly random: SimRandom;
	readonly address: string;
	readonly slots: number;
}

export class Machine implements AgentGround {
	readonly world: World;
	readonly name: string;
	readonly kind: SeenNode['kind'];
	readonly person: string | null;
	readonly identity: Identity;
	readonly random: SimRandom;
	readonly address: string;
	readonly slots: number;
	readonly disk: SimDisk;
	readonly log = new SimLog();
	readonly repositories = new SimRepositories();
	readonly clones = new Map<string, SimClone>();
	readonly made: { project: string; item: string; token: Token; commit: CommitId; base: CommitId }[] = [];
	readonly attempts = new Set<SeenAttempt>();
	/** What each run here has cost so far, USD, by its grant. */
	readonly spent = new Map<string, number>();
	/** How far the recoveries of items have come, on the disk. */
	readonly recoveries = new Map<string, RecoveryState>();
	/** Items of which something lives that could not be ended. */
	readonly survivors = new Set<string>();

	get hasRoom(): boolean {
		return this.slots > 2;
	}
	clock: SimClockView;
	/** Null while it is down. */
	process: Process | null = null;
	/** A boot that is under way. */
	booting = false;
	boots = 0;
	/** Steps until its process dies in the middle of one; 0: it does not. */
	fuse = 0;
	/** Which steps count; null: all. */
	fuseAt: string | null = null;
	/** What others do while main is about to move for the last time before it dies. */
	lastMoment: (() => Promise<void>) | null = null;
	/** How it dies then. */
	fuseKind: 'process' | 'machine' = 'process';

	constructor(options: MachineOptions) {
		this.world = options.world;
		this.name = options.name;
		this.kind = options.kind;
		this.person = options.person;
		this.identity = options.identity;
		this.random = options.random;
		this.address = options.address;
		this.slots = options.slots;
		this.clock = options.clock;
		this.disk = new SimDisk(options.name);
	}

	get node(): string {
		return this.name;
	}

	get id(): NodeId {
		return this.identity.nodeId;
	}

	get isUp(): boolean {
		return this.process !== null;
	}

	emit(event: EventOf): void {
		this.world.emit(event);
	}

	/** The folder of a project's repository. */
	canonicalPath(project: string): string {
		return `${this.name}/${project}/canonical.git`;
	}

	mirrorPath(project: string): string {
		return `${this.name}/${project}/mirror.git`;
	}
}

/** What a process of either building has. */
export class Process {
	readonly machine: Machine;
	readonly clock: SimClockView;
	readonly random: SimRandom;
	/** Of a node. */
	parts!: NodeParts;
	mesh: NodeMesh | null = null;
	/** Of the gateway. */
	core: GatewayCore | null = null;
	readonly sessions = new Map<string, SimSession>();
	isDead = false;
	/** Grants whose report asks for nothing but to be let go. */
	readonly #givenBack = new Set<string>();

	constructor(machine: Machine) {
		this.machine = machine;
		this.clock = machine.clock;
		this.random = machine.random.fork(`boot ${machine.boots}`);
	}

	get name(): string {
		return this.machine.name;
	}

	/** A step of this process: the world may end it here, and a dead one never goes on. */
	readonly point: Point = async (what) => {
		const { machine } = this;
		if (this.isDead) return never();
		if (machine.fuse === 1 && what === 'git.moveMain') await machine.lastMoment?.();
		if (this.isDead) return never();
		if (machine.fuse > 0 && (machine.fuseAt ?? what) === what) {
			machine.fuse -= 1;
			if (machine.fuse === 0) {
				machine.world.crash(machine.name, machine.fuseKind, `at ${what}`);
				return never();
			}
		}
	};

	emit(event: EventOf): void {
		if (!this.isDead) this.machine.world.emit(event);
	}

	wire<Part extends keyof WiredParts>(part: Part, made: WiredParts[Part], project: string | null): WiredParts[Part] {
		return this.machine.world.wire(part, made, { node: this.name, project });
	}

	agents(session: SimSession): AgentOptions {
		const { machine, clock, point } = this;
		const random = this.random.fork(`agents ${session.path}`);
		return { ground: this.#ground(), session, clock, random, point, fate: (task) => machine.world.fateOf(task) };
	}

	/** A worker hands its report over; resolves when the home has settled it. */
	async reported(task: Task, report: WorkReport, handOver: () => Promise<void>): Promise<void> {
		const commit = 'commit' in report ? (report.commit as CommitId | null) : null;
		const of = { node: this.name, project: task.project, item: task.item.key, token: task.token };
		if (givesBack(report) !== null) this.#givenBack.add(grantOf(of));
		this.emit({ kind: 'reportSent', ...of, report: report.kind, commit });
		await this.point('report.sent');
		await handOver();
		if (givesBack(report) === null) this.emit({ kind: 'reportSettled', ...of });
	}

	/**
	 * What only gives an item back may leave no trace in the history: it counts as settled before its worker forgets it,
	 * whatever ends the process there. Anything else does when its intents are settled.
	 */
	tellsGivenBack(worker: Worker, project: string): void {
		const acknowledge = worker.acknowledge.bind(worker);
		worker.acknowledge = async (grant, over) => {
			const of = { node: this.name, project, item: grant.item.key, token: grant.token };
			if (this.#givenBack.has(grantOf(of))) this.emit({ kind: 'reportSettled', ...of });
			await acknowledge(grant, over);
		};
	}

	/** A home has a project open. */
	opened(project: Project, session: SimSession): void {
		this.sessions.set(project.id, session);
		this.machine.world.follow(this, project);
	}

	/** Projects whose home this process has open. */
	projects(): readonly Project[] {
		return this.isDead ? [] : this.homes();
	}
	homes: () => readonly Project[] = () => [];

	seats(): readonly ReplicaSeat[] {
		if (this.isDead) return [];
		return this.core ? this.core.replicas.seats() : (this.mesh?.seats() ?? []);
	}

	#ground(): AgentGround {
		const { machine } = this;
		return {
			...{ node: machine.name, clones: machine.clones, made: machine.made, attempts: machine.attempts },
			...{ spent: machine.spent, recoveries: machine.recoveries, survivors: machine.survivors },
			hasRoom: machine.hasRoom,
			emit: (event) => this.emit(event),
		};
	}
}

const grantOf = ({ project, item, token }: { project: string; item: string; token: Token }): string =>
	`${project}/${item}/${token.join('.')}`;

export function never(): Promise<never> {
	return new Promise(() => {});
}
