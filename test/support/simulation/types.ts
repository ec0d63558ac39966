/**
 * What the parts of the simulation agree on: the trace of a run (`SimEvent`), what a checker may look at after each step
 * (`SeenMesh`), faults, the places where one rule can be broken (`Wiring`), and what a seed comes to (`SeedResult`).
 * Checkers and broken rules know this file and nothing of how the world is built. Times are milliseconds of the world's
 * own clock, which no node sees.
 */
import type { ForeignProjectOptions } from '../../../node/foreign/foreign-project.ts';
import type { ExchangeOptions } from '../../../node/home/exchange.ts';
import type { HomeOptions } from '../../../node/home/home.ts';
import type { LandingQueueOptions } from '../../../node/home/landing-queue.ts';
import type { WorkLoopOptions } from '../../../node/home/work-loop.ts';
import type { WorkerDesk } from '../../../node/home/worker-desk.ts';
import type { WorkerOptions } from '../../../node/worker/index.ts';
import type { SyncedProject } from '../../../shared/mesh/sync.ts';
import type { HistoryAnswer } from '../../../shared/operations/index.ts';
import type {
	HistoryEntry,
	Intent,
	IntentId,
	ItemRole,
	ItemView,
	ProjectFacts,
	Token,
} from '../../../shared/pipeline/index.ts';
import type { CommitId, Git, MainCommit, Network, NodeId, Random, Store } from '../../../shared/ports/index.ts';
import type { SimDisk, SimObjects, SimRandom } from '../../../shared/ports/sim/index.ts';
import type { ProjectConfig } from '../../../shared/project/index.ts';
import type { WorkReport } from '../../../shared/protocol/work.ts';
import type { RegistryFacts } from '../../../shared/registry/index.ts';
import type { AgentBehaviour, FaultKind } from './kinds.ts';

export { type AgentBehaviour, agentBehaviours, type FaultKind, faultKinds, wildBehaviours } from './kinds.ts';

/** In what grant's name something happened at a worker. */
interface OfGrant {
	readonly node: string;
	readonly project: string;
	readonly item: string;
	readonly token: Token;
}

/** One line of the trace. Names of nodes are the world's (`desk`), not their ids. */
export type SimEvent = {
	readonly at: number;
	readonly step: number;
} /** A person was told that the wish is durable (`id`: author#n). */ & (
	| {
			readonly kind: 'wish';
			readonly node: string;
			readonly project: string;
			readonly person: string;
			readonly id: IntentId;
			readonly item: string;
			readonly event: string;
			readonly as: 'applied' | 'refused' | 'tentative';
	  }
	/** The author's node shows this refusal to its person. */
	| { readonly kind: 'refusalTold'; readonly node: string; readonly project: string; readonly id: IntentId }
	/** Facts of a home became durable, with what was accepted and refused in them. */
	| {
			readonly kind: 'published';
			readonly node: string;
			readonly project: string;
			readonly term: number;
			readonly generation: string;
			readonly revision: number;
			readonly history: readonly HistoryEntry[];
			/** The accepted and refused intents themselves, by id, as far as their logs still have them. */
			readonly intents: readonly Intent[];
			/** What the home's clock showed. */
			readonly wallMs: number;
			/** All of it was folded at once: false for what a process before this one had published. */
			readonly isOneFold: boolean;
	  }
	/** The same of a home that was given up as lost and does not know it yet: nothing of it counts any more. */
	| {
			readonly kind: 'publishedInVain';
			readonly node: string;
			readonly project: string;
			readonly term: number;
			readonly history: readonly HistoryEntry[];
	  }
	| (OfGrant & { readonly kind: 'grant'; readonly holder: string; readonly role: ItemRole })
	/** `costUsd`: what it takes for its work, and no more than it was promised. */
	| (OfGrant & { readonly kind: 'agentStarted'; readonly behaviour: AgentBehaviour; readonly costUsd: number })
	/** What QA said of a change. */
	| (OfGrant & { readonly kind: 'judged'; readonly verdict: 'pass' | 'fail' | 'person' })
	| (OfGrant & { readonly kind: 'agentCommitted'; readonly commit: CommitId; readonly base: CommitId })
	/** It is over, and something of its tree could not be ended. */
	| (OfGrant & { readonly kind: 'agentSurvives' })
	/** Its process tree is gone. */
	| (OfGrant & { readonly kind: 'agentEnded'; readonly how: WorkReport['kind'] | 'died' })
	/** Handed to the wire; `commit`: what it says it made. */
	| (OfGrant & { readonly kind: 'reportSent'; readonly report: WorkReport['kind']; readonly commit: CommitId | null })
	| (OfGrant & { readonly kind: 'reportSettled' })
	/** What the gates said of a tree at the home. */
	| {
			readonly kind: 'gated';
			readonly node: string;
			readonly project: string;
			readonly item: string;
			readonly tree: string;
			readonly passed: boolean;
	  }
	| {
			readonly kind: 'mainMoved';
			readonly node: string;
			readonly project: string;
			readonly from: CommitId | null;
			readonly to: CommitId;
			readonly by: 'landing' | 'person' | 'move';
	  }
	/** A person put a commit on main; `forges`: the item of which it says that it has landed. */
	| {
			readonly kind: 'pushed';
			readonly node: string;
			readonly project: string;
			readonly commit: CommitId;
			readonly forges: string | null;
	  }
	/** A project is paused, durably; or is about to go on. */
	| { readonly kind: 'pausing'; readonly node: string; readonly project: string; readonly paused: boolean }
	| { readonly kind: 'crash'; readonly node: string; readonly how: 'process' | 'machine'; readonly why: string }
	| { readonly kind: 'boot'; readonly node: string; readonly failed: string | null }
	| { readonly kind: 'faultBegun' | 'faultHealed'; readonly fault: FaultKind; readonly what: string }
	| { readonly kind: 'registry'; readonly revision: number; readonly what: string }
	/** An owner has said that the home of a project will not come back. */
	| { readonly kind: 'homeGivenUp'; readonly project: string; readonly from: string }
	| {
			readonly kind: 'homeMoved';
			readonly project: string;
			readonly from: string;
			readonly to: string;
			readonly how: 'sealed' | 'lost';
			readonly term: number;
	  }
	/** A store was put back from a copy, or lost what it had: what it had acknowledged since may be gone. */
	| { readonly kind: 'diskLost'; readonly node: string; readonly how: 'backup' | 'flip' | 'torn' }
	/** Something asked of a node was refused, as it had to be. */
	| { readonly kind: 'refused'; readonly node: string; readonly code: string; readonly what: string }
	/** A node sent what nobody whom it names has signed. */
	| { readonly kind: 'forged'; readonly node: string; readonly project: string; readonly id: IntentId }
	/** Who is no member was let in by a node. */
	| { readonly kind: 'strangerMet'; readonly node: string; readonly protocol: string }
	/** The last fault is healed: from here on progress is owed. */
	| { readonly kind: 'calm' }
);
export type SimEventKind = SimEvent['kind'];
/** An event before the world has said when it was. */
export type EventOf = SimEvent extends infer Event
	? Event extends SimEvent
		? Omit<Event, 'at' | 'step'>
		: never
	: never;

/** The canonical repository of a project on a node; after a move there are two, of which the registry's home counts. */
export interface SeenRepository {
	readonly node: string;
	readonly main: CommitId | null;
	/** Main's first-parent chain, newest first, with the trailers of real landings. */
	readonly chain: readonly MainCommit[];
	/** Every ref under refs/gangline/. */
	readonly refs: ReadonlyMap<string, CommitId>;
	readonly objects: SimObjects;
}

export interface SeenHome {
	readonly node: string;
	readonly facts: ProjectFacts;
	readonly generation: string;
	/** Of the home that signed that generation. */
	readonly homeKey: string;
	readonly stateHash: string;
	/** Items that are with landing, next first. */
	readonly queue: readonly string[];
	/** Why nothing lands until a person has looked. */
	readonly trouble: string | null;
	readonly isPaused: boolean;
	/** Refusals that the index keeps for authors that have not heard of them. */
	readonly refusals: number;
	/** Intents that are here and not folded. */
	readonly pending: readonly Intent[];
	/** Structures in the document of its index, and records that it needs. */
	readonly size: { readonly structures: number; readonly records: number };
	/** Up to which entry the log of each author is cut here. Dear. */
	trimmed(): ReadonlyMap<string, number>;
	/** As it shows to people what happened, oldest first. Dear. */
	history(): Promise<readonly HistoryAnswer[]>;
}

export interface SeenReplica {
	readonly facts: ProjectFacts;
	readonly generation: string;
	/** Of the home that signed that generation. */
	readonly homeKey: string;
	readonly stateHash: string;
	/** Known here and not settled by the facts that are here. */
	readonly pending: readonly Intent[];
	/** Wishes of this node that the home has not answered. */
	readonly unsettled: readonly IntentId[];
	/** Refusals that are shown to the people of this node. */
	readonly refusals: readonly IntentId[];
	/** The texts that are here, by item. */
	readonly texts: ReadonlyMap<string, string>;
	/** Computed when it is asked for: dear. */
	views(): ReadonlyMap<string, ItemView>;
}

export interface SeenAttempt {
	readonly project: string;
	readonly item: string;
	readonly token: Token;
	readonly role: ItemRole;
	/** Its process tree has not been shown to be gone. */
	readonly isLive: boolean;
}

export interface SeenNode {
	readonly name: string;
	readonly id: NodeId;
	readonly kind: 'gateway' | 'home' | 'worker' | 'laptop';
	/** Who sits there. */
	readonly person: string | null;
	readonly isUp: boolean;
	readonly disk: SimDisk;
	/** How many agents may run on it at once. */
	readonly slots: number;
	/** Items of which it has a clone, by project. */
	readonly clones: readonly { readonly project: string; readonly item: string }[];
	/** By project; empty while the node is down. */
	readonly replicas: ReadonlyMap<string, SeenReplica>;
	/** Attempts that run now, of all projects. */
	readonly attempts: readonly SeenAttempt[];
	/** Ids of the projects that its worker has opened. */
	readonly worksFor: ReadonlySet<string>;
	/** Reports that no home has settled. */
	readonly reporting: readonly { readonly project: string; readonly item: string; readonly token: Token }[];
	/** Every commit that an agent made here, in all its lives. */
	readonly made: readonly (Omit<OfGrant, 'node'> & { readonly commit: CommitId; readonly base: CommitId })[];
	/** The revision of the registry that it goes by; null while it is down or has none. */
	readonly knows: number | null;
	/** How much of its store was found damaged when its process began; null while it is down. */
	readonly damages: number | null;
	/** Of the clock: timers that have not fired. */
	readonly timers: number;
	/** Records and bytes that its disk holds. */
	readonly stored: { readonly records: number; readonly bytes: number };
	/** Error lines of its log so far. */
	readonly errors: readonly string[];
}

export interface SeenProject {
	readonly id: string;
	readonly name: string;
	/** By the registry. */
	readonly homeName: string;
	readonly config: ProjectConfig;
	/** What all grants of one home may cost together; null: as much as they want. */
	readonly budgetUsd: number | null;
	/** Null while it is down, or on its way from one home to another. */
	readonly home: SeenHome | null;
	/** Of the home by the registry. */
	readonly repository: SeenRepository;
	/** Of homes before this one, oldest first. */
	readonly former: readonly SeenRepository[];
	/** Everything that homes of it have accepted and refused, durable, in order, over all terms. */
	readonly history: readonly HistoryEntry[];
	/** Every intent that was accepted or refused, by id. */
	readonly intents: ReadonlyMap<IntentId, Intent>;
}

/** What is there after a step. Everything in it is of this moment: keep copies of what is compared later. */
export interface SeenMesh {
	readonly seed: number;
	readonly nowMs: number;
	readonly step: number;
	readonly registry: RegistryFacts;
	readonly projects: readonly SeenProject[];
	readonly nodes: readonly SeenNode[];
	/** All of the run, oldest first. */
	readonly events: readonly SimEvent[];
	/** Those since the step before. */
	readonly fresh: readonly SimEvent[];
	/** No fault is on any more, and none will come. */
	readonly isCalm: boolean;
	/** Whether both run and nothing keeps them from hearing each other, in both directions, by their names. */
	meets(one: string, two: string): boolean;
}

/** One rule as it is watched; made anew for each seed, so it may keep what it saw. */
export interface Checker {
	readonly invariant: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 | 14 | 15;
	readonly name: string;
	/** After each step; cheap. What is wrong, in sentences. */
	step(mesh: SeenMesh): readonly string[];
	/** When everything has settled, or should have. */
	end(mesh: SeenMesh): readonly string[] | Promise<readonly string[]>;
}

/** Where one rule can be broken: each part as it is made, by node and project. What is left out is as in the product. */
export interface WiredParts {
	readonly store: Store;
	readonly network: Network;
	readonly random: Random;
	readonly git: Git;
	readonly home: HomeOptions;
	readonly exchange: ExchangeOptions;
	readonly landing: LandingQueueOptions;
	readonly work: WorkLoopOptions;
	readonly desk: WorkerDesk;
	readonly worker: WorkerOptions;
	readonly foreign: ForeignProjectOptions;
	/** A home's or a replica's project as sync sees it. */
	readonly synced: SyncedProject;
	/** The steps of a home's start, in order. */
	readonly start: readonly { readonly name: 'recover' | 'settlePending' | 'exchange'; run(): Promise<void> }[];
}
export interface WiringPlace {
	readonly node: string;
	/** Null where the part is not one project's. */
	readonly project: string | null;
	/** Of the fault-free seed of the run. */
	readonly random: SimRandom;
}
export type Wiring = {
	readonly [Part in keyof WiredParts]?: (part: WiredParts[Part], place: WiringPlace) => WiredParts[Part];
};

/** Something that goes wrong for a while. `begin` answers what it hit, for the trace. */
export interface Fault<World> {
	readonly kind: FaultKind;
	/** Null: there was nothing to hit, and the fault did not happen. */
	begin(world: World, random: SimRandom): Promise<string | null>;
	heal(world: World): Promise<void>;
}

export interface SeedOptions {
	/** Faults of these kinds only. */
	readonly only?: readonly FaultKind[];
	/** Leaves out the n-th faults and the n-th actions of people: what a shrinker does. */
	readonly without?: { readonly faults: ReadonlySet<number>; readonly actions: ReadonlySet<number> };
	readonly wiring?: Wiring;
	/** Default: the checkers of all invariants. */
	readonly checkers?: () => readonly Checker[];
	/** Stops at the first violation; default true. */
	readonly stopAtFirst?: boolean;
	/** How many projects share the mesh; default 2. One alone has nearly as many items as two, so that more of them meet. */
	readonly projects?: 1 | 2;
	/** Agents also park, leave work uncommitted, and leave processes that cannot be ended. */
	readonly wild?: boolean;
}

/** What a seed went through; the suite wants medians of these. */
export interface SeedCounts {
	readonly landings: number;
	readonly conflicts: number;
	readonly refusals: number;
	/** Results or commits that were kept though their grant was lost, stopped or refused. */
	readonly salvages: number;
	readonly crashes: number;
	/** Partitions longer than two leases (the time after which a holder is taken for lost). */
	readonly longPartitions: number;
	readonly wishes: number;
	readonly steps: number;
	readonly simulatedMs: number;
}

export interface Violation {
	readonly invariant: number;
	readonly checker: string;
	readonly what: string;
	readonly at: number;
	readonly step: number;
}

export interface SeedResult {
	readonly seed: number;
	/** Over the whole trace: equal for equal seeds. */
	readonly hash: string;
	readonly counts: SeedCounts;
	readonly fired: readonly FaultKind[];
	readonly behaviours: readonly AgentBehaviour[];
	readonly violations: readonly Violation[];
	readonly trace: readonly SimEvent[];
	/** How many faults and actions the seed has drawn: the shrinker's bounds. */
	readonly drawn: { readonly faults: number; readonly actions: number };
}

/** `runSeed` of run-seed.ts. */
export type RunSeed = (seed: number, options?: SeedOptions) => Promise<SeedResult>;
