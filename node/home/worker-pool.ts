/**
 * The workers of one project as its home knows them: the one of this process and those of other nodes, each with what
 * it said last and how long ago on this machine's monotonic clock. Who holds an item is in it from the start of the
 * process, so that silence counts from then and nobody is waited for for ever [I12]. It decides nothing.
 */
import type { PlacementNode } from '../../shared/placement/index.ts';
import { type Clock, type NodeId, nodeOf, parseAuthorId } from '../../shared/ports/index.ts';
import type { Task } from '../../shared/protocol/work.ts';
import {
	lostAfterMsDefault,
	stateFor,
	unknownMs,
	type WorkerBusy,
	type WorkerState,
} from '../../shared/protocol/worker-state.ts';
import type { Login } from './agent-for.ts';
import type { LimitBook } from './limit-book.ts';
import { isHeard, type WorkerSeen } from './plan-work.ts';
import type { WorkerLink } from './worker-link.ts';

/** What the registry says of a node as a worker of this project. */
export interface WorkerMember {
	readonly name: string;
	/** `draining`: takes nothing new. `barred`: may not work for this project (any more), but is a member. `gone`: revoked, or never known. */
	readonly standing: 'member' | 'draining' | 'barred' | 'gone';
	readonly labels: readonly string[];
}

/** The worker in this process. */
export interface LocalWorker {
	readonly node: NodeId;
	readonly link: WorkerLink;
	/** As it is now. */
	readonly state: () => WorkerState;
}

export interface WorkerPoolOptions {
	readonly project: string;
	readonly clock: Clock;
	/** Null where this node takes no tasks. */
	readonly local: LocalWorker | null;
	readonly member: (node: NodeId) => WorkerMember;
	readonly linkTo: (node: NodeId) => WorkerLink;
	readonly limits: LimitBook;
	/** What the plan looks at has changed. */
	readonly onChange: () => void;
}

interface Heard {
	readonly state: WorkerState;
	/** Monotonic ms. */
	readonly at: number;
	/** Begun since it said so: it does not count them yet. */
	readonly begun: readonly { readonly key: string; readonly task: Task }[];
}

/** One run, wherever it is. */
export interface PoolRun extends WorkerBusy {
	readonly node: NodeId;
}

export class WorkerPool {
	readonly #options: WorkerPoolOptions;
	readonly #began: number;
	readonly #heard = new Map<NodeId, Heard>();
	readonly #links = new Map<NodeId, WorkerLink>();

	constructor(options: WorkerPoolOptions) {
		this.#options = options;
		this.#began = options.clock.monotonic();
	}

	/** A worker of another node said how it is. */
	heard(node: NodeId, whole: WorkerState): void {
		const { project, clock, onChange } = this.#options;
		const state = stateFor(whole, new Set([project]));
		// One that has the project not open yet says nothing about it: silence goes on.
		if (state.projects.length === 0) return;
		const before = this.#heard.get(node);
		const at = clock.monotonic();
		this.#heard.set(node, { state, at, begun: [] });
		const isBack = before === undefined || at - before.at >= unknownMs;
		if (isBack || summary(before.state) !== summary(state) || before.begun.length > 0) onChange();
	}

	/** All workers that the plan must know of: those that have spoken, and the nodes of `holders`. */
	seen(holders: Iterable<string>): readonly WorkerSeen[] {
		const nodes = new Set([...this.#heard.keys(), ...[...holders].map((author) => nodeOf(parseAuthorId(author)))]);
		const { local } = this.#options;
		if (local) nodes.delete(local.node);
		const remote = [...nodes].map((node) => this.#remoteSeen(node));
		return local ? [localSeen(local, this.#options.project), ...remote] : remote;
	}

	/** How one reaches a worker. */
	link(node: NodeId): WorkerLink {
		const { local, linkTo } = this.#options;
		if (local?.node === node) return local.link;
		const link = this.#links.get(node) ?? linkTo(node);
		this.#links.set(node, link);
		return link;
	}

	/** Counted at once, because the worker's own word comes seconds later. */
	begun(node: NodeId, task: Task): void {
		const heard = this.#heard.get(node);
		if (heard) this.#heard.set(node, { ...heard, begun: [...heard.begun, { key: task.item.key, task }] });
	}

	/** What runs for this project as far as is known; of who is not heard of, what it said last. */
	running(): readonly PoolRun[] {
		const { local, project } = this.#options;
		const here = local === null ? [] : ofProject(local.state(), project).map((run) => ({ ...run, node: local.node }));
		const there = [...this.#heard].flatMap(([node, { state }]) => {
			if (this.#remoteSeen(node).silentMs >= lostAfterMsDefault) return [];
			return state.busy.map((run) => ({ ...run, node, pids: [] }));
		});
		return [...here, ...there];
	}

	/** Slots that workers of this project have free now. */
	get freeSlots(): number {
		return this.seen([]).reduce((sum, worker) => sum + (isHeard(worker) ? worker.room : 0), 0);
	}

	/** How long the holder has been silent, null while it is heard of. */
	silentMs(holder: string): number | null {
		const node = nodeOf(parseAuthorId(holder));
		if (node === this.#options.local?.node) return null;
		const worker = this.#remoteSeen(node);
		return isHeard(worker) ? null : worker.silentMs;
	}

	/** Those that can be asked now, as placement looks at them. */
	placementNodes(): readonly PlacementNode[] {
		const { local, project, member } = this.#options;
		const nodes: PlacementNode[] = [];
		const limits = (node: NodeId, state: WorkerState): PlacementNode['limitedUntil'] => this.#limitsOf(node, state);
		if (local) {
			const state = local.state();
			const about = { project, member: member(local.node), begun: 0, limits: limits(local.node, state) };
			nodes.push(placementNode(local.node, state, about));
		}
		for (const [node, { state, begun }] of this.#heard) {
			if (!isHeard(this.#remoteSeen(node))) continue;
			nodes.push(
				placementNode(node, state, { project, member: member(node), begun: begun.length, limits: limits(node, state) }),
			);
		}
		return nodes;
	}

	/** An account is limited there: nothing that needs it is placed there before `until`, wall ms. */
	async limited(node: NodeId, account: string, until: number): Promise<void> {
		await this.#options.limits.limited(node, account, until);
	}

	/** When the next of all limits ends, wall ms. */
	nextLimitEnd(): number | null {
		const { limits, local } = this.#options;
		const states = [...(local ? [local.state()] : []), ...[...this.#heard.values()].map(({ state }) => state)];
		const told = states.flatMap((state) => Object.values(this.#told(state)));
		const own = limits.nextEnd();
		const ends = own === null ? told : [own, ...told];
		return ends.length === 0 ? null : Math.min(...ends);
	}

	/** What this home was refused with there, and what the node says that others were. */
	#limitsOf(node: NodeId, state: WorkerState): Readonly<Record<string, number>> {
		const own = this.#options.limits.of(node);
		const told = this.#told(state);
		const accounts = [...new Set([...Object.keys(own), ...Object.keys(told)])];
		return Object.fromEntries(accounts.map((name) => [name, Math.max(own[name] ?? 0, told[name] ?? 0)]));
	}

	/** Limits that a node says and that have not ended. */
	#told({ projects }: WorkerState): Readonly<Record<string, number>> {
		const { project, clock } = this.#options;
		const limits = projects.find((one) => one.project === project)?.limits ?? {};
		return Object.fromEntries(Object.entries(limits).filter(([, until]) => until > clock.now()));
	}

	/**
	 * Until when all of an agent's logins are limited on every node that has one, wall ms; null where one is not.
	 * `node`: at that one alone.
	 */
	limitedUntil(logins: readonly Login[], node?: NodeId): number | null {
		const nodes = this.placementNodes().filter(({ id }) => node === undefined || id === node);
		const ends = logins.flatMap((login) => endsOf(login, nodes));
		return ends.some(({ until }) => until === 0) ? null : (ends.toSorted(soonest)[0]?.until ?? null);
	}

	/**
	 * With which of its logins an agent would work: one that is not limited where there is room, else wherever it is,
	 * else the one whose limit ends first. `node`: at that one alone. Null where no node has any.
	 */
	loginFor(logins: readonly Login[], node?: NodeId): Login | null {
		const nodes = this.placementNodes().filter(({ id }) => node === undefined || id === node);
		const ends = logins.flatMap((login) => endsOf(login, nodes));
		return ends.toSorted(soonest)[0]?.login ?? null;
	}

	/** Under which a worker holds what it is granted; null while it was not heard of. */
	authorOf(node: NodeId): string | null {
		const { local } = this.#options;
		return local?.node === node ? local.state().author : (this.#heard.get(node)?.state.author ?? null);
	}

	/** What the registry calls a node. */
	nameOf(node: NodeId): string {
		return this.#options.member(node).name;
	}

	/** Cut off from the mesh for good, or never in it. */
	isGone(node: NodeId): boolean {
		const { local, member } = this.#options;
		return local?.node !== node && member(node).standing === 'gone';
	}

	/** Brings nothing any more: gone, or no longer let work for this project, so that its reports are refused. */
	isBarred(node: NodeId): boolean {
		const { local, member } = this.#options;
		return local?.node !== node && isBarredBy(member(node).standing);
	}

	/** Clones that a worker has and nobody needs any more. */
	forgettable(node: NodeId, keep: ReadonlySet<string>): readonly string[] {
		const state = this.#heard.get(node)?.state;
		return (state?.projects ?? []).flatMap(({ clones }) => clones.filter((key) => !keep.has(key)));
	}

	#remoteSeen(node: NodeId): WorkerSeen {
		const { clock, member, project } = this.#options;
		const heard = this.#heard.get(node);
		const { standing } = member(node);
		const silentMs = clock.monotonic() - (heard?.at ?? this.#began);
		// Who may not work for the project any more has ended what it did, and is not heard.
		const isGone = isBarredBy(standing);
		if (heard === undefined) return { node, author: null, silentMs, isGone, busy: [], reporting: [], room: 0 };
		const { state, begun } = heard;
		const said = state.busy.filter((run) => !begun.some(({ key }) => key === run.key));
		const busy = [...said, ...begun.map(({ key, task }) => ({ key, role: task.role, token: task.token }))];
		const takes = standing === 'member' && state.shortage === null && isQualified(state, project);
		const room = takes ? Math.max(0, state.slots.free - begun.length) : 0;
		return { node, author: state.author, silentMs, isGone, busy, reporting: state.reporting, room };
	}
}

function isBarredBy(standing: WorkerMember['standing']): boolean {
	return standing === 'gone' || standing === 'barred';
}

interface LoginAt {
	readonly login: Login;
	/** Wall ms; 0 where it is not limited. */
	readonly until: number;
	readonly hasRoom: boolean;
}

/** Each node at which a login can be used. */
function endsOf(login: Login, nodes: readonly PlacementNode[]): readonly LoginAt[] {
	const { runtime, agent, account } = login;
	const able = nodes.filter(
		({ runtimes, agents, qualified }) =>
			qualified && runtimes.includes(runtime) && (agent === null || agents.includes(agent)),
	);
	return able.map(({ limitedUntil, used, slots }) => ({
		login,
		until: limitedUntil[account] ?? 0,
		hasRoom: used < slots,
	}));
}

function soonest(a: LoginAt, b: LoginAt): number {
	return a.until - b.until || Number(b.hasRoom) - Number(a.hasRoom);
}

function localSeen({ node, state: read }: LocalWorker, project: string): WorkerSeen {
	const state = read();
	return {
		node,
		author: state.author,
		silentMs: 0,
		isGone: false,
		busy: ofProject(state, project),
		reporting: state.reporting.filter((report) => report.project === project),
		room: state.shortage === null ? state.slots.free : 0,
	};
}

function ofProject(state: WorkerState, project: string): readonly WorkerBusy[] {
	return state.busy.filter((run) => run.project === project);
}

function isQualified({ projects }: WorkerState, project: string): boolean {
	return projects.some((standing) => standing.project === project && standing.qualified);
}

/** A node for the question of this one project; the gateway has its own view over all. */
function placementNode(
	id: NodeId,
	state: WorkerState,
	about: {
		readonly project: string;
		readonly member: WorkerMember;
		readonly begun: number;
		readonly limits: Readonly<Record<string, number>>;
	},
): PlacementNode {
	const { project, member, begun } = about;
	const standing = state.projects.find((one) => one.project === project);
	return {
		id,
		duties: ['work'],
		projects: member.standing === 'barred' ? [] : [project],
		qualified: (standing?.qualified ?? false) && state.shortage === null,
		draining: member.standing === 'draining',
		labels: [...member.labels, member.name],
		runtimes: state.runtimes,
		agents: [...(standing?.agents ?? []), ...(state.logins ?? [])],
		slots: state.slots.total,
		used: Math.min(state.slots.total, state.slots.total - state.slots.free + begun),
		load: state.load,
		free: state.free,
		floor: state.floor,
		limitedUntil: about.limits,
		repositories: standing?.main ? [project] : [],
		clones: standing?.clones ?? [],
		sessions: [],
	};
}

/** What a plan could decide differently on. */
function summary({ author, slots, shortage, logins, busy, reporting, projects }: WorkerState): string {
	const runs = busy.map(({ key, role, token, asks }) => [key, role, token, asks?.id ?? null]);
	const standings = projects.map(({ project, qualified, limits }) => [project, qualified, limits ?? {}]);
	return JSON.stringify([author, slots.free, shortage !== null, logins ?? [], runs, reporting, standings]);
}
