/**
 * What placement knows of tasks and nodes: plain values, as they were when somebody looked. It asks nothing and starts
 * nothing; a node may still decline, and then the caller asks again with that node in `declinedBy`.
 */
import type { ItemRole } from '../pipeline/index.ts';

/** Something that should run somewhere. */
export interface PlacementTask {
	/** Unique among the tasks, such as `<project>/<item>` or with a subtask; also what is hashed. */
	readonly id: string;
	readonly project: string;
	/** What clones and warm sessions are kept by: the item's key, or a subtask's name. */
	readonly workspace: string;
	readonly role: ItemRole;
	/** Smaller goes first where slots are scarce: the item's number, or when it began to wait. */
	readonly rank: number;
	/** How its agent is run: shell, claude-code, … */
	readonly runtime: string;
	/** The configured agent, null where any node with the runtime will do. */
	readonly agent: string | null;
	/** Whose limit its agent's session counts against, null where there is none (shell). */
	readonly account: string | null;
	/** A node must have all of these. */
	readonly labels: readonly string[];
	/** A person's wish: this node and no other. */
	readonly pin: string | null;
	/** Nodes that were asked and said no. */
	readonly declinedBy?: readonly string[];
}

/** A machine that may take tasks. */
export interface PlacementNode {
	readonly id: string;
	/** Only nodes with the duty `work` take tasks. */
	readonly duties: readonly string[];
	readonly projects: 'any' | readonly string[];
	/** Whether its own checks (doctor) passed; a task on an unfit machine costs tokens and fails. */
	readonly qualified: boolean;
	/** About to go: finishes what it has and takes nothing. */
	readonly draining: boolean;
	readonly labels: readonly string[];
	readonly runtimes: readonly string[];
	/** Configured agents that can run there. */
	readonly agents: readonly string[];
	readonly slots: number;
	readonly used: number;
	/** Run queue per core, 0 is idle, 1 is busy. */
	readonly load: number;
	readonly free: Resources;
	/** With less free than this it takes nothing, so that what runs there does not die. */
	readonly floor: Resources;
	/** Account → wall ms until which it may not be used there. */
	readonly limitedUntil: Readonly<Record<string, number>>;
	/** Projects whose objects are there already. */
	readonly repositories: readonly string[];
	/** Workspaces with a clone there. */
	readonly clones: readonly string[];
	/** Workspaces with a session there that can be resumed. */
	readonly sessions: readonly string[];
}

export interface Resources {
	readonly memoryMb: number;
	readonly diskMb: number;
}

export interface Assignment {
	readonly task: string;
	readonly node: string;
	/** Why this node, most important first, each a phrase for people. */
	readonly reasons: readonly string[];
}

export interface Placement {
	readonly assignments: readonly Assignment[];
	/** Why no node takes it now: how many nodes fail which condition. */
	readonly waiting: readonly { readonly task: string; readonly reason: string }[];
	/** Pairs of task and node that were scored: at most tasks times nodes. */
	readonly considered: number;
}
