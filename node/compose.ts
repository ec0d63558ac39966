/**
 * Puts a node together: the only file (with compose-project.ts) that makes adapters. What is opened here is closed in
 * the opposite order; a project that cannot be opened is named and left out, the others go on.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { requireGit } from '../shared/git/index.ts';
import { type Identity, loadOrCreateIdentity } from '../shared/log/index.ts';
import type { ProjectRef } from '../shared/operations/index.ts';
import { type Clock, GanglineError, ganglineError, type Log, type Processes, type Random, randomHex, type Store } from '../shared/ports/index.ts';
import { openPinoLog, SystemClock, SystemRandom } from '../shared/ports/system/index.ts';
import { openStore } from '../shared/store/index.ts';
import { createProcesses } from './agents/processes/index.ts';
import { EventHub } from './api/event-hub.ts';
import { createHandlers } from './api/handlers/index.ts';
import { createApi } from './api/index.ts';
import { announceChanges } from './announce-changes.ts';
import { openProject } from './compose-project.ts';
import type { NodeConfig } from './config.ts';
import { adoptRepository } from './home/adopt-repository.ts';
import type { Project, ProjectRecord } from './home/project.ts';
import { MachineRoom, readMachine } from './worker/index.ts';

export interface RunningNode {
	readonly url: string;
	/** Begins to stop; `stopped` resolves when everything has ended. Idempotent. */
	stop(): void;
	readonly stopped: Promise<void>;
}

/** What every project of this node stands on. */
export interface NodeParts {
	readonly config: NodeConfig;
	readonly version: string;
	readonly clock: Clock;
	readonly random: Random;
	readonly log: Log;
	readonly store: Store;
	readonly identity: Identity;
	readonly processes: Processes;
	readonly room: MachineRoom;
	readonly hub: EventHub;
}

const slotsDefault = 2;

const recordSchema = z.object({
	id: z.string(),
	name: z.string(),
	path: z.string(),
	branch: z.string(),
	paused: z.boolean(),
});

export function openLog(config: Pick<NodeConfig, 'logLevel'>): Log {
	return openPinoLog({ to: 1, level: config.logLevel });
}

/** Opens everything and answers once the API listens. */
export async function composeNode(config: NodeConfig, log: Log): Promise<RunningNode> {
	const parts = await openParts(config, log);
	const projects = new Map<string, Project>();
	const startedAt = parts.clock.now();
	let url = '';
	let stopping: Promise<void> | undefined;
	const ended = Promise.withResolvers<void>();

	const find = (ref: ProjectRef): Project => {
		const found = [...projects.values()].find(({ id, name }) => (ref.kind === 'id' ? id === ref.id : name === ref.name));
		if (found) return found;
		const wanted = ref.kind === 'id' ? ref.id : ref.name;
		throw ganglineError('UNKNOWN_PROJECT', `this node has no project ${wanted}`, {
			hint: 'gangline projects lists them; gangline start in a repository adds it',
		});
	};
	const add = async (path: string): Promise<{ project: Project; added: boolean }> => {
		const record = await adoptRepository(path, { environment: config.personEnvironment });
		const known = projects.get(record.id);
		if (known) return { project: known, added: false };
		const clash = [...projects.values()].find(({ name }) => name === record.name);
		if (clash) {
			throw ganglineError('REFUSED', `another project is called ${record.name}: ${clash.record.path}`, {
				hint: 'give one of them another name in .gangline/project.toml and commit it',
			});
		}
		await saveRecord(parts.store, record);
		const project = await startProject(parts, record);
		projects.set(project.id, project);
		return { project, added: true };
	};
	const stop = (): void => {
		stopping ??= stopAll().then(ended.resolve, ended.reject);
	};
	const stopAll = async (): Promise<void> => {
		parts.hub.publish({ kind: 'stopping', at: parts.clock.now() });
		log.info('node.stopping', { projects: projects.size });
		await Promise.all([...projects.values()].map((project) => project.stop()));
		await api.stop();
		await parts.store.close();
		log.info('node.stopped');
	};

	const api = createApi({
		handlers: createHandlers({
			store: parts.store,
			clock: parts.clock,
			random: parts.random,
			node: parts.identity.nodeId,
			slots: config.slots ?? slotsDefault,
			projects: () => [...projects.values()],
			project: find,
			addProject: add,
			about: () => ({
				version: parts.version,
				runtime: process.version,
				node: parts.identity.nodeId,
				pid: process.pid,
				startedAt,
				addresses: [url],
				state: config.state.root,
				log: config.state.log,
				anchor: parts.processes.anchor,
				confines: parts.processes.confines.enforced ? null : parts.processes.confines.reason,
			}),
			// The answer is sent first; the API ends with everything else.
			stop: () => void parts.clock.after(10, stop),
		}),
		events: parts.hub,
		token: randomHex(parts.random, 32),
		person: config.personEnvironment['USER'] ?? userInfo().username,
		version: parts.version,
		log,
		clock: parts.clock,
	});
	for (const record of await readRecords(parts.store)) {
		try {
			projects.set(record.id, await startProject(parts, record));
		} catch (error) {
			log.error('project.failed', { project: record.name, path: record.path, ...codeOf(error), error });
		}
	}
	({ url } = await api.listen({ host: config.host, port: config.port, noteAt: config.state.api }).catch(async (error) => {
		await Promise.all([...projects.values()].map((project) => project.stop()));
		await parts.store.close();
		throw error;
	}));
	log.info('node.started', { url, node: parts.identity.nodeId, version: parts.version, anchor: parts.processes.anchor });
	return { url, stop, stopped: ended.promise };
}

/** The parts that a node and a one-shot check share. */
export async function openParts(config: NodeConfig, log: Log): Promise<NodeParts> {
	await requireGit(config.personEnvironment, process.platform);
	const random = new SystemRandom();
	mkdirSync(config.state.root, { recursive: true, mode: 0o700 });
	const identity = await loadOrCreateIdentity(config.state.identity, random);
	const store = await openStore(config.state.store, { log });
	const stage = `${config.state.root}/stage`;
	mkdirSync(stage, { recursive: true, mode: 0o700 });
	return {
		config,
		version: packageVersion(),
		clock: new SystemClock(),
		random,
		log,
		store,
		identity,
		processes: await createProcesses({ scope: identity.nodeId, stage }),
		room: new MachineRoom({
			slots: config.slots ?? slotsDefault,
			machine: () => readMachine(config.state.root),
		}),
		hub: new EventHub(),
	};
}

async function startProject(parts: NodeParts, record: ProjectRecord): Promise<Project> {
	const project = await openProject(parts, {
		record,
		saveRecord: (next) => saveRecord(parts.store, next),
		onChange: (change) => announceChanges(parts, project, change),
	});
	await project.start();
	return project;
}

async function readRecords(store: Store): Promise<readonly ProjectRecord[]> {
	return (await store.list('project/')).map(({ value }) => recordSchema.parse(value));
}

async function saveRecord(store: Store, record: ProjectRecord): Promise<void> {
	await store.write([{ kind: 'put', key: `project/${record.id}`, value: { ...record } }]);
}

/** package.json stands two or three folders up, in a clone or in the package. */
function packageVersion(): string {
	for (const up of ['../package.json', '../../package.json']) {
		try {
			const text = readFileSync(fileURLToPath(new URL(up, import.meta.url)), 'utf8');
			return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
		} catch {
			// The next one up.
		}
	}
	throw ganglineError('INTERNAL', 'the package.json of gangline was not found');
}

function codeOf(error: unknown): Record<string, unknown> {
	return error instanceof GanglineError ? { code: error.code, message: error.message, hint: error.hint } : {};
}
