/**
 * A worker with everything real around it but the clock of nobody and the disk of the store: canonical repository,
 * clones, processes, confinement. The store's disk can be crashed and opened again.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
	AccountLogins,
	createProcesses,
	createRuntime,
	nativeProgram,
	runtimePrograms,
} from '../../node/agents/index.ts';
import {
	GateRunner,
	MachineRoom,
	RunLogs,
	realAttempts,
	SessionBook,
	SpentBook,
	Worker,
	Workspaces,
	workspaceGit,
} from '../../node/worker/index.ts';
import type { CanonicalRepository } from '../../shared/git/index.ts';
import { type CommitId, type Processes, redactor, type Secrets, type Store } from '../../shared/ports/index.ts';
import { openSimStore, SimDisk, SimLog } from '../../shared/ports/sim/index.ts';
import { SystemClock } from '../../shared/ports/system/index.ts';
import { type ProjectConfig, projectConfigSchema } from '../../shared/project/index.ts';
import type { Task, WorkReport } from '../../shared/protocol/work.ts';
import { writeFakeClis } from './fake-clis.ts';
import { commitInto, newCanonical, type TestFiles, temporaryFolder } from './git.ts';

export const projectId = '01ARZ3NDEKTSV4RRFFQ69G5FAV';

export interface Handed {
	readonly task: Task;
	readonly report: WorkReport;
}

export interface Bench {
	readonly state: string;
	readonly home: string;
	readonly checkout: string;
	readonly canonical: CanonicalRepository;
	readonly main: CommitId;
	readonly log: SimLog;
	/** Everything that was handed over, by all workers of this bench. */
	readonly handed: Handed[];
	/** Asked for before a program was started again, ms; nobody waits for them here. */
	readonly pauses: number[];
	/** A worker over the store as it is on disk now; the one before is taken to have crashed. */
	worker(options?: { slots?: number; settle?: 'acknowledge' | 'silent' | 'refuse' }): Promise<OpenWorker>;
	config(extra?: object): ProjectConfig;
	task(item: Partial<Task['item']>, extra?: Partial<Task>): Task;
	dispose(): Promise<void>;
}

export interface OpenWorker {
	readonly worker: Worker;
	readonly gates: GateRunner;
	readonly logs: RunLogs;
	readonly store: Store;
	readonly processes: Processes;
	readonly room: MachineRoom;
	/** Offers, begins, and waits for the report. */
	work(task: Task): Promise<WorkReport>;
}

export async function makeBench(files: TestFiles, config: object = {}): Promise<Bench> {
	const folder = temporaryFolder();
	const state = join(folder.path, 'state');
	const home = join(folder.path, 'home');
	const checkout = join(folder.path, 'checkout');
	for (const path of [state, home, checkout]) mkdirSync(path);
	const bin = writeFakeClis(join(folder.path, 'bin'));
	const canonical = await newCanonical(join(state, 'canonical.git'));
	const main = commitInto(canonical.path, [], files, 'base');
	await canonical.moveMain(main, null);
	const clock = new SystemClock();
	const log = new SimLog();
	const disk = new SimDisk();
	const handed: Handed[] = [];
	const pauses: number[] = [];
	const heard = new Set<() => void>();
	const kept: Record<string, string> = { WELL_KNOWN: 'the-hidden-value' };
	const secrets: Secrets = {
		valuesOf: (names) => ({
			values: Object.fromEntries(names.filter((name) => name in kept).map((name) => [name, kept[name] ?? ''])),
			missing: names.filter((name) => !(name in kept)),
		}),
		redact: redactor(kept),
	};
	const person = {
		PATH: `${bin}:${process.env.PATH ?? ''}`,
		HOME: home,
		GANGLINE_HOME: state,
		SECRET: 'x',
		ANTHROPIC_API_KEY: 'key',
	};
	let last: OpenWorker | undefined;
	let settings = makeConfig(config);

	const worker: Bench['worker'] = async ({ slots = 2, settle = 'acknowledge' } = {}) => {
		disk.crash();
		const store = await openSimStore(disk, { log });
		const processes = await createProcesses({ scope: `bench-${process.pid}`, stage: join(state, 'stage') });
		await processes.sweep();
		const room = new MachineRoom({ slots, machine: () => ({ freeDiskBytes: 1e12, freeMemoryBytes: 1e12, load: 0 }) });
		const git = workspaceGit(canonical);
		const ports = { processes, clock, shellPath: existsSync('/bin/bash') ? '/bin/bash' : '/bin/sh' };
		const tmpRoot = join(state, 'tmp');
		const common = {
			project: projectId,
			git,
			store,
			log,
			ports,
			clock,
			room,
			tmpRoot,
			copyFrom: checkout,
			person: { own: person, given: {} },
			secrets,
		};
		const around = { hidden: [state], readOnly: [checkout] };
		const gates = new GateRunner({ ...common, ...around, folder: join(state, 'gates'), slots: 2 });
		const author = { name: 'Gangline coder', email: 'coder@example.org' };
		const workspaces = new Workspaces({ ...common, folder: join(state, 'work'), author });
		const logs = new RunLogs({ folder: join(state, 'runs'), clock, redact: secrets.redact });
		const runtime = {
			processes,
			clock,
			isRoot: process.getuid?.() === 0,
			shellPath: ports.shellPath,
			programFor: nativeProgram,
		};
		const made = new Worker({
			...common,
			logs,
			attempts: realAttempts({
				...common,
				...around,
				logins: new AccountLogins({ logins: join(state, 'logins') }, secrets),
				workspaces,
				gates,
				author,
				book: new SessionBook(store, projectId),
				looks: new SessionBook(store, projectId, 'look'),
				spent: new SpentBook(store, projectId),
				newSessionId: () => randomUUID(),
				pause: async (ms) => {
					pauses.push(ms);
				},
				runtime: (name) => createRuntime(runtimePrograms[name], runtime),
			}),
			redact: secrets.redact,
			prepare: async () => settings,
			report: async (task, report) => {
				if (settle === 'refuse') throw new Error('the home is away');
				handed.push({ task, report });
				if (settle === 'acknowledge') await made.acknowledge(task, false);
				for (const wake of heard) wake();
			},
		});
		const work = async (task: Task): Promise<WorkReport> => {
			const offer = made.offer(task);
			if (offer.kind === 'declined') throw new Error(`declined: ${offer.reason}`);
			const name = JSON.stringify(task.token);
			const found = (): Handed | undefined =>
				handed.find((one) => one.task.item.key === task.item.key && JSON.stringify(one.task.token) === name);
			const waiting = new Promise<void>((resolve) => {
				const wake = (): void => {
					if (!found()) return;
					heard.delete(wake);
					resolve();
				};
				heard.add(wake);
			});
			if (!made.begin(task)) throw new Error('not begun');
			await waiting;
			const report = found()?.report;
			if (!report) throw new Error('no report');
			return report;
		};
		const open: OpenWorker = { worker: made, gates, logs, store, processes, room, work };
		last = open;
		return open;
	};

	return {
		state,
		home,
		checkout,
		canonical,
		main,
		log,
		handed,
		pauses,
		worker,
		config: (extra = {}) => {
			settings = makeConfig({ ...config, ...extra });
			return settings;
		},
		task: (item, extra = {}) => ({
			project: projectId,
			item: {
				key: '01BX5ZZKBKACTAV9WEVGEMMVRZ',
				number: 7,
				title: 'Do it',
				type: 'story',
				description: '',
				words: [],
				lastFailure: null,
				...item,
			},
			role: 'coder',
			agent: 'shell',
			token: [1, handed.length + 1],
			main,
			startFrom: null,
			...extra,
		}),
		dispose: async () => {
			await last?.worker.stop();
			await last?.store.close();
			await canonical.close();
			folder.remove();
		},
	};
}

function makeConfig(extra: object): ProjectConfig {
	return projectConfigSchema.parse({ id: projectId, name: 'bench', branch: 'main', ...extra });
}

/** A file of the fake clients' home, empty when it is not there. */
export function noted(home: string, name: string): string {
	const path = join(home, name);
	return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
