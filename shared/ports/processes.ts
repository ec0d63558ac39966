/**
 * Programs that are not ours: agents, set-up commands, gates, helpers. Every run has an anchor from which no descendant
 * escapes; `stop` is kill, verify, report, in that order, and it reports only what the kernel showed.
 */
export interface ProcessSpec {
	/** Names the run; unique on this node, `[a-z0-9-]+`. Every descendant can be found by it. */
	readonly id: string;
	readonly argv: readonly [string, ...string[]];
	readonly cwd: string;
	/** The whole environment; nothing of ours is inherited. */
	readonly env: Readonly<Record<string, string>>;
	/** Written to stdin, which is then closed unless `keepsStdin`. Default: stdin is /dev/null. */
	readonly stdin?: string;
	/** stdin stays open for `write` until `endInput`. */
	readonly keepsStdin?: boolean;
	readonly confinement: Confinement;
	/** Called with each piece of output as it comes. What is slow here slows the program down. */
	readonly onOutput?: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => void;
}

/**
 * What of the file system a run may see and change, where the machine can enforce it. Absolute paths of folders; the
 * deepest one named decides, so what is writable inside a hidden folder is writable. All empty: not confined.
 */
export interface Confinement {
	/** Folders that the run sees as empty, such as the node's state. One that does not exist is passed over. */
	readonly hidden: readonly string[];
	/** Folders inside hidden ones or elsewhere that the run may read only, such as the canonical objects. */
	readonly readOnly: readonly string[];
	/** Folders that the run may write although they lie inside hidden or read-only ones, such as its own clone. */
	readonly writable: readonly string[];
}

export type ExitStatus =
	| { readonly kind: 'code'; readonly code: number }
	| { readonly kind: 'signal'; readonly signal: string }
	/** The program could not be started at all (not found, no permission), or not confined as asked: nothing ran. */
	| { readonly kind: 'notStarted'; readonly reason: string };

export interface RunningProcess {
	readonly id: string;
	/** How to find it in /proc after a restart of ours; undefined when it never started. */
	readonly identity: ProcessIdentity | undefined;
	/** Resolves when the program has ended and its output is drained (bounded: a held pipe is cut after 2 s). Never rejects. */
	readonly exited: Promise<ExitStatus>;
	/** Writes to a stdin that was kept open. False, and nothing written, when it is closed or the program does not read. */
	write(text: string): boolean;
	/** Closes stdin; a program that reads it to its end ends by itself. Idempotent. */
	endInput(): void;
	/**
	 * TERM, `graceMs`, KILL, then looks until nothing of the tree lives. Idempotent. Call it after `exited` too: a
	 * program may end and leave others behind.
	 */
	stop(graceMs: number): Promise<StopReport>;
}

/** A pid alone may be reused; these three together name one process of one boot. */
export interface ProcessIdentity {
	readonly bootId: string;
	readonly pid: number;
	/** Field 22 of /proc/<pid>/stat: start time in ticks since boot. */
	readonly startTicks: number;
}

/** `empty`: the kernel shows nothing of the tree any more. Otherwise the survivors, and the slot must not be used again. */
export type StopReport =
	| { readonly kind: 'empty'; readonly killed: number }
	| { readonly kind: 'survivors'; readonly pids: readonly number[] };

/** How runs are held together on this machine, best first. */
export type Anchor = 'cgroup' | 'pidNamespace' | 'marker';

export interface TreeActivity {
	readonly processes: number;
	/** Processor time of those that live and of what they have waited for, ms. */
	readonly cpuMs: number;
	/** A few of them for people: `4711 perl S`. */
	readonly names: readonly string[];
}

export interface Processes {
	readonly anchor: Anchor;
	/** Whether `Confinement` is enforced here, and why not. */
	readonly confines: { readonly enforced: true } | { readonly enforced: false; readonly reason: string };
	start(spec: ProcessSpec): RunningProcess;
	/** Ends what is left of runs that an earlier process of this node started and did not end. Called once, at start. */
	sweep(): Promise<StopReport>;
	/** How many processes of this run live now, from the kernel. */
	census(id: string): Promise<number>;
	/**
	 * What of a run that this process started lives now and has computed; quick, looked at every few seconds. Null where
	 * nothing can be looked at now (no free descriptor), which says of nobody that it is gone.
	 */
	activity(id: string): TreeActivity | null;
	/** Ids of all runs of this node of which something lives, from the kernel; those of earlier processes too. */
	living(): Promise<readonly string[]>;
}
