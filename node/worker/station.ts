/**
 * This node as a worker over all projects, its own and those of other homes: what it says of itself is put together
 * here from the machine's room and from each project's worker. A worker owns its slots; this says how many are left.
 */
import type { AuthorId, Clock } from '../../shared/ports/index.ts';
import type { WorkerStanding, WorkerState } from '../../shared/protocol/worker-state.ts';
import type { MachineRoom } from './machine-room.ts';
import type { Busy, Worker } from './worker.ts';

/** One project that this node works for. */
export interface StationProject {
	readonly project: string;
	readonly worker: Pick<Worker, 'busy' | 'reporting' | 'clones'>;
	/** Whether set-up and gates were seen to work here on its main, and what else depends on the project. */
	readonly standing: () => Omit<WorkerStanding, 'project' | 'clones'>;
}

export interface StationOptions {
	/** Under which this process holds what homes elsewhere grant it. */
	readonly author: AuthorId;
	readonly room: MachineRoom;
	readonly clock: Clock;
	/** Looks which runtimes have their program on this machine. */
	readonly runtimes: () => readonly string[];
	/** Looks which logins of agents' programs it has by name. */
	readonly logins: () => readonly string[];
}

const mebibyte = 1024 ** 2;
/** A state is asked for often, and looking at disks and programs costs system calls. */
const resourcesMs = 1_000;
const programsMs = 60_000;
const clonesSaidMax = 1_000;
const lineMax = 1_000;

export class Station {
	readonly #options: StationOptions;
	readonly #projects = new Map<string, StationProject>();
	readonly #listeners = new Set<() => void>();
	#machine: { readonly at: number; readonly seen: ReturnType<MachineRoom['resources']> } | undefined;
	#logins: { readonly at: number; readonly seen: readonly string[] } | undefined;
	#programs: { readonly at: number; readonly seen: readonly string[] } | undefined;

	constructor(options: StationOptions) {
		this.#options = options;
	}

	get author(): AuthorId {
		return this.#options.author;
	}

	/** Runtimes whose program is on this machine now. */
	runtimes(): readonly string[] {
		const { clock, runtimes } = this.#options;
		const at = clock.monotonic();
		if (this.#programs === undefined || at - this.#programs.at > programsMs) this.#programs = { at, seen: runtimes() };
		return this.#programs.seen;
	}

	/** Looked for again soon: whoever has just logged in waits for it. */
	#loginsNow(): readonly string[] {
		const { clock, logins } = this.#options;
		const at = clock.monotonic();
		if (this.#logins === undefined || at - this.#logins.at > resourcesMs) this.#logins = { at, seen: logins() };
		return this.#logins.seen;
	}

	add(project: StationProject): void {
		this.#projects.set(project.project, project);
		this.changed();
	}

	remove(project: string): void {
		this.#projects.delete(project);
		this.changed();
	}

	/** What runs now, over all projects. */
	running(): readonly (Busy & { readonly project: string })[] {
		return [...this.#projects.values()].flatMap(({ project, worker }) =>
			worker.busy().map((run) => ({ ...run, project })),
		);
	}

	/** Reports of a project that its home has not settled. */
	waiting(project: string): number {
		return this.#projects.get(project)?.worker.reporting.length ?? 0;
	}

	/** Something that is said has changed. */
	changed(): void {
		for (const listener of this.#listeners) listener();
	}

	/** Called at each change; must not throw. */
	subscribe(listener: () => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	/** As it is now. `author`: for a home in this process, which knows its worker by a name of its own log. */
	state(author: string = this.#options.author): WorkerState {
		const { room } = this.#options;
		const { state, floor } = this.#resources();
		const projects = [...this.#projects.values()];
		return {
			author,
			slots: { free: room.freeSlots, total: room.slots },
			shortage: room.shortage(),
			load: state.load,
			free: megabytes(state),
			floor: megabytes(floor),
			runtimes: this.runtimes(),
			logins: this.#loginsNow(),
			busy: projects.flatMap(({ project, worker }) => worker.busy().map((run) => said(project, run))),
			reporting: projects.flatMap(({ project, worker }) => worker.reporting.map((grant) => ({ project, ...grant }))),
			projects: projects.map(({ project, worker, standing }) => {
				const { reason, saw, ...rest } = standing();
				const words = { reason: reason?.slice(0, lineMax) ?? null, saw: saw?.slice(0, lineMax) ?? null };
				return { project, ...rest, ...words, clones: worker.clones.slice(-clonesSaidMax) };
			}),
		};
	}

	#resources(): ReturnType<MachineRoom['resources']> {
		const { clock, room } = this.#options;
		const at = clock.monotonic();
		if (this.#machine === undefined || at - this.#machine.at > resourcesMs) {
			this.#machine = { at, seen: room.resources() };
		}
		return this.#machine.seen;
	}
}

function said(
	project: string,
	{ what, lastLine, since, number: _number, title: _title, ...run }: Busy,
): WorkerState['busy'][number] {
	return {
		...run,
		project,
		what: what.slice(0, 200),
		since: Math.max(0, Math.floor(since)),
		lastLine: lastLine?.slice(0, lineMax) ?? null,
	};
}

function megabytes({ freeDiskBytes, freeMemoryBytes }: { freeDiskBytes: number; freeMemoryBytes: number }) {
	return { memoryMb: Math.floor(freeMemoryBytes / mebibyte), diskMb: Math.floor(freeDiskBytes / mebibyte) };
}
