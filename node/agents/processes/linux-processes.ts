/**
 * The adapter of Processes for Linux. It plans the launch, starts it, drains its output and hands the tree to run.ts
 * for its end. It knows how things are held together and nothing about what is run.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, realpathSync, statSync } from 'node:fs';
import {
	type Anchor,
	type Confinement,
	type ExitStatus,
	ganglineError,
	type Processes,
	type ProcessIdentity,
	type ProcessSpec,
	type RunningProcess,
	type StopReport,
	type TreeActivity,
} from '../../../shared/ports/index.ts';
import { endCgroup, isPopulated, listCgroups, makeCgroup } from './cgroup.ts';
import { grantsMax, planFence } from './fence.ts';
import { type Launch, type LaunchPlan, type NamespaceMode, planLaunch } from './launch.ts';
import { findProgram, type Means } from './means.ts';
import { isCovered, planMounts } from './mount-plan.ts';
import { markerOf, markerVariable, readBootId, readProcess, readProcTable, unlessBlind } from './proc-table.ts';
import { RunTree } from './run.ts';
import { watchChild } from './watch-child.ts';

export interface LinuxProcessesOptions {
	/** Names this node on this machine, the same after a restart: `[a-z0-9-]+`. */
	readonly scope: string;
	readonly means: Means;
	readonly anchor: Anchor;
	/** How runs get namespaces; null where they cannot. */
	readonly namespaces: NamespaceMode | null;
	/** Without namespaces the kernel's own fence confines runs. */
	readonly isFenced: boolean;
	readonly confines: Processes['confines'];
	/** An empty folder of ours; each run mounts over its own view of it. */
	readonly stage: string;
}

export class LinuxProcesses implements Processes {
	readonly anchor: Anchor;
	readonly confines: Processes['confines'];
	readonly #options: LinuxProcessesOptions;
	readonly #bootId = readBootId();
	readonly #trees = new Map<string, RunTree>();

	constructor(options: LinuxProcessesOptions) {
		this.#options = options;
		this.anchor = options.anchor;
		this.confines = options.confines;
		mkdirSync(options.stage, { recursive: true, mode: 0o700 });
	}

	start(spec: ProcessSpec): RunningProcess {
		if (!/^[a-z0-9-]{1,100}$/.test(spec.id)) {
			throw ganglineError('INVALID_ID', `${JSON.stringify(spec.id)} is no run id: expected up to 100 of [a-z0-9-]`);
		}
		if (this.#trees.has(spec.id)) throw ganglineError('INVALID_ID', `a run ${spec.id} is there already`);
		const marker = `${this.#options.scope}.${spec.id}`;
		const prepared = this.#prepare(spec);
		if (prepared.kind === 'unfit') return notStarted(spec.id, prepared.reason);
		const { launch, cgroup } = prepared;
		const begun = begin(spec, launch, marker);
		if (begun.kind === 'failed') {
			if (cgroup) endCgroup(cgroup);
			return { ...notStarted(spec.id, ''), exited: begun.exited };
		}
		const { child } = begun;
		const leader = this.#identify(child.pid);
		const tree = new RunTree({ marker, cgroup, leader, wrapped: launch.wrapped });
		this.#trees.set(spec.id, tree);
		return {
			id: spec.id,
			identity: leader,
			exited: watchChild({ child, spec, announces: launch.announces, onReaped: () => tree.rememberOrphans() }),
			...inputOf(child),
			stop: async (graceMs) => {
				const report = await tree.stop(graceMs);
				if (report.kind === 'empty' && this.#trees.get(spec.id) === tree) this.#trees.delete(spec.id);
				return report;
			},
		};
	}

	async sweep(): Promise<StopReport> {
		const { scope } = this.#options;
		const ids = new Set<string>();
		const groups = this.#cgroupFolder();
		if (groups) for (const id of listCgroups(groups)) ids.add(id);
		for (const entry of readProcTable().values()) {
			const marker = entry.alive && entry.pid !== process.pid ? markerOf(entry.pid) : null;
			if (marker?.startsWith(`${scope}.`)) ids.add(marker.slice(scope.length + 1));
		}
		let killed = 0;
		const survivors: number[] = [];
		for (const id of ids) {
			if (this.#trees.has(id) || !/^[a-z0-9-]+$/.test(id)) continue;
			const report = await this.#leftover(id).stop(0);
			if (report.kind === 'empty') killed += report.killed;
			else survivors.push(...report.pids);
		}
		return survivors.length > 0 ? { kind: 'survivors', pids: survivors } : { kind: 'empty', killed };
	}

	async census(id: string): Promise<number> {
		const tree = this.#trees.get(id) ?? this.#leftover(id);
		const count = tree.look(true).length;
		return count === 0 && tree.traits.cgroup && isPopulated(tree.traits.cgroup) ? 1 : count;
	}

	activity(id: string): TreeActivity | null {
		const living = unlessBlind(() => this.#trees.get(id)?.look(false) ?? []);
		if (living === null) return null;
		const ticks = living.reduce((sum, entry) => sum + entry.ticks, 0);
		const names = living.slice(0, namesMax).map(({ pid, name, state }) => `${pid} ${name} ${state}`);
		return { processes: living.length, cpuMs: ticks * tickMs, names };
	}

	async living(): Promise<readonly string[]> {
		const ids = new Set([...this.#trees].flatMap(([id, tree]) => (tree.look(false).length > 0 ? [id] : [])));
		for (const id of this.#found()) ids.add(id);
		return [...ids];
	}

	/** Runs that /proc and the cgroups show, whoever started them. */
	#found(): ReadonlySet<string> {
		const { scope } = this.#options;
		const ids = new Set<string>();
		const groups = this.#cgroupFolder();
		if (groups) for (const id of listCgroups(groups)) if (isPopulated(`${groups}/${id}`)) ids.add(id);
		for (const entry of readProcTable().values()) {
			const marker = entry.alive && entry.pid !== process.pid ? markerOf(entry.pid) : null;
			if (marker?.startsWith(`${scope}.`)) ids.add(marker.slice(scope.length + 1));
		}
		return ids;
	}

	#leftover(id: string): RunTree {
		const groups = this.#cgroupFolder();
		const cgroup = groups && existsSync(`${groups}/${id}`) ? `${groups}/${id}` : null;
		return new RunTree({ marker: `${this.#options.scope}.${id}`, cgroup, leader: undefined, wrapped: false });
	}

	#cgroupFolder(): string | null {
		const { cgroup } = this.#options.means;
		return this.anchor === 'cgroup' && cgroup.kind === 'usable' ? cgroup.folder : null;
	}

	#prepare(
		spec: ProcessSpec,
	): { kind: 'fit'; launch: Launch; cgroup: string | null } | { kind: 'unfit'; reason: string } {
		const { means, namespaces, stage } = this.#options;
		if (!isFolder(spec.cwd)) return { kind: 'unfit', reason: `its working folder ${spec.cwd} is not there` };
		const program = findProgram(spec.argv[0], spec.cwd, spec.env.PATH ?? '');
		if (!program) return { kind: 'unfit', reason: `${spec.argv[0]}: not found, or not executable` };
		const confinement = this.#effective(spec.confinement);
		if ('missing' in confinement) return { kind: 'unfit', reason: `the folder ${confinement.missing} is not there` };
		const isConfined = this.confines.enforced && steps(confinement).length > 0;
		const enters = namespaces !== null && (isConfined || this.anchor === 'pidNamespace');
		const fence = isConfined && namespaces === null ? this.#fence(confinement) : null;
		if (fence !== null && 'reason' in fence) return { kind: 'unfit', reason: fence.reason };
		const groups = this.#cgroupFolder();
		let cgroup: string | null = null;
		try {
			if (groups) cgroup = makeCgroup(groups, spec.id);
		} catch (error) {
			return { kind: 'unfit', reason: `no cgroup could be made for it: ${String(error)}` };
		}
		const launch = planLaunch({
			tools: means.tools,
			argv: [program, ...spec.argv.slice(1)],
			cwd: realpathSync(spec.cwd),
			cgroup,
			namespaces: enters
				? {
						mode: namespaces,
						uid: means.uid,
						gid: means.gid,
						stage,
						isStageCovered: isCovered(confinement, realpathSync(stage)),
						steps: isConfined ? planMounts(confinement) : [],
					}
				: null,
			fence,
			reaperCall: this.anchor === 'marker' ? means.reaperCall : null,
		});
		return { kind: 'fit', launch, cgroup };
	}

	#fence(confinement: Confinement): LaunchPlan['fence'] | { readonly reason: string } {
		const { means, isFenced } = this.#options;
		if (!isFenced || means.reaperCall === null) return null;
		const grants = planFence(confinement, namesIn);
		if (grants === null) return { reason: `it would need more than ${grantsMax} grants to be confined` };
		return { call: means.reaperCall, grants };
	}

	/** Without symbolic links; whoever is confined may not leave its cgroup either. */
	#effective({ hidden, readOnly, writable }: Confinement): Confinement | { readonly missing: string } {
		const missing = [...readOnly, ...writable].find((path) => !isFolder(path));
		if (missing !== undefined) return { missing };
		const { cgroup } = this.#options.means;
		const isAsked = hidden.length + readOnly.length > 0;
		const groups = isAsked && this.#cgroupFolder() !== null && cgroup.mount !== null ? [cgroup.mount] : [];
		return {
			hidden: hidden.filter(isFolder).map((path) => realpathSync(path)),
			readOnly: [...readOnly, ...groups].map((path) => realpathSync(path)),
			writable: writable.map((path) => realpathSync(path)),
		};
	}

	#identify(pid: number | undefined): ProcessIdentity | undefined {
		const entry = pid === undefined ? null : unlessBlind(() => readProcess(pid));
		return entry ? { bootId: this.#bootId, pid: entry.pid, startTicks: entry.startTicks } : undefined;
	}
}

type Begun =
	| { readonly kind: 'begun'; readonly child: ChildProcess }
	| { readonly kind: 'failed'; readonly exited: Promise<ExitStatus> };

/** Of some failures `spawn` throws (words that are too many, or have a NUL), others it tells a turn later; no child has pipes then. */
function begin(spec: ProcessSpec, { argv, announces }: Launch, marker: string): Begun {
	const [command = '', ...args] = argv;
	try {
		const child = spawn(command, args, {
			cwd: spec.cwd,
			env: { ...spec.env, [markerVariable]: marker },
			// A session of its own: no terminal of ours reaches it, and its members are known by it.
			detached: true,
			stdio: [
				spec.stdin === undefined && !spec.keepsStdin ? 'ignore' : 'pipe',
				'pipe',
				'pipe',
				...(announces ? ['pipe' as const] : []),
			],
		});
		if (child.pid !== undefined) return { kind: 'begun', child };
		const told = new Promise<Error>((resolve) => child.once('error', resolve));
		return { kind: 'failed', exited: told.then(({ message: reason }) => ({ kind: 'notStarted', reason })) };
	} catch (error) {
		return { kind: 'failed', exited: Promise.resolve({ kind: 'notStarted', reason: reasonOf(error) }) };
	}
}

/** Named as evidence of what a tree was doing. */
const namesMax = 8;
/** The kernel counts in hundredths of a second for programs, whatever it counts in for itself. */
const tickMs = 10;

/** What a program has not read waits in memory: a little may, for one that is busy. */
const unreadBytesMax = 1024 * 1024;

function inputOf({ stdin }: ChildProcess): Pick<RunningProcess, 'write' | 'endInput'> {
	return {
		write: (text) => {
			if (stdin === null || !stdin.writable || stdin.writableLength + text.length > unreadBytesMax) return false;
			stdin.write(text);
			return true;
		},
		endInput: () => void stdin?.end(),
	};
}

function namesIn(folder: string): readonly string[] {
	try {
		const entries = readdirSync(folder, { withFileTypes: true });
		return entries.filter((entry) => !entry.isSymbolicLink()).map(({ name }) => name);
	} catch {
		// Who may not look into it has nothing to do there.
		return [];
	}
}

function steps({ hidden, readOnly }: Confinement): readonly string[] {
	return [...hidden, ...readOnly];
}

function reasonOf(error: unknown): string {
	return error instanceof Error ? error.message.slice(0, 500) : String(error);
}

function isFolder(path: string): boolean {
	return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function notStarted(id: string, reason: string): RunningProcess {
	return {
		id,
		identity: undefined,
		exited: Promise.resolve({ kind: 'notStarted', reason }),
		write: () => false,
		endInput: () => undefined,
		stop: async () => ({ kind: 'empty', killed: 0 }),
	};
}
