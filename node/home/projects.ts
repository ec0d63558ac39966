/**
 * The projects of this node: kept in the store, opened at start, found by what people call them. One that cannot be
 * opened is named in the log and left out; the others go on.
 */

import { z } from 'zod';
import type { ProjectRef } from '../../shared/operations/index.ts';
import { GanglineError, ganglineError, type Log, type Store } from '../../shared/ports/index.ts';
import { readAs } from '../../shared/ports/read-as.ts';
import { soundRecord } from '../../shared/store/index.ts';
import { Serial } from '../reconcile/serial.ts';
import type { Project } from './project.ts';
import type { ProjectRecord } from './project-parts.ts';

export interface ProjectsOptions {
	readonly store: Store;
	readonly log: Log;
	/** Reads what a checkout says of itself. */
	readonly adopt: (path: string) => Promise<ProjectRecord>;
	/** Opens a project; it is started by us. */
	readonly open: (record: ProjectRecord, save: (record: ProjectRecord) => Promise<void>) => Promise<Project>;
}

export const recordSchema = z.object({
	id: z.string(),
	name: z.string(),
	path: z.string(),
	branch: z.string(),
	paused: z.boolean(),
});

/** What the store knows, opened or not. */
export async function knownProjects(store: Store): Promise<readonly ProjectRecord[]> {
	return (await store.list('project/')).map(({ key, value }) => soundRecord(recordSchema, key, value));
}

export class Projects {
	readonly #options: ProjectsOptions;
	readonly #projects = new Map<string, Project>();
	/** Those that were given away and have not stopped yet. */
	readonly #leaving = new Set<string>();
	/** One is opened at a time: what a person adds may be on its way already. */
	readonly #opening = new Serial();
	/** Why those that the store knows could not be opened, by name and by id. */
	readonly #failed = new Map<string, GanglineError>();

	constructor(options: ProjectsOptions) {
		this.#options = options;
	}

	all(): readonly Project[] {
		return [...this.#projects.values()];
	}

	/** @throws GanglineError UNKNOWN_PROJECT */
	find(ref: ProjectRef): Project {
		const found = this.all().find(({ id, name }) => (ref.kind === 'id' ? id === ref.id : name === ref.name));
		if (found) return found;
		const failed = this.#failed.get(ref.kind === 'id' ? ref.id : ref.name);
		if (failed) throw failed;
		throw ganglineError('UNKNOWN_PROJECT', `this node has no project ${ref.kind === 'id' ? ref.id : ref.name}`, {
			hint: 'gangline projects lists them; gangline start in a repository adds it',
		});
	}

	/** Opens what the store knows. */
	async start(): Promise<void> {
		for (const record of await knownProjects(this.#options.store)) await this.#tryOpen(record);
	}

	/** Tries once more to open what the store knows and is not open; answers whether it is open or not known at all. */
	reopen(id: string): Promise<boolean> {
		return this.#opening.run(async () => {
			if (this.isHere(id)) return true;
			const record = (await knownProjects(this.#options.store)).find((known) => known.id === id);
			return record === undefined || (await this.#tryOpen(record));
		});
	}

	/**
	 * Takes on the project of a checkout; one that is known already is answered as it is, unless its checkout is not where
	 * it was: then this is where it is now.
	 */
	add(path: string): Promise<{ readonly project: Project; readonly added: boolean }> {
		return this.#opening.run(() => this.#add(path));
	}

	async #add(path: string): Promise<{ readonly project: Project; readonly added: boolean }> {
		const adopted = await this.#options.adopt(path);
		const stored = readAs(recordSchema, await this.#options.store.get(`project/${adopted.id}`));
		const record = { ...adopted, paused: stored.data?.paused ?? false };
		const known = this.#projects.get(record.id);
		if (known && (known.record.path === record.path || (await this.#isStillThere(known.record)))) {
			return { project: known, added: false };
		}
		const clash = this.all().find(({ id, name }) => id !== record.id && name === record.name);
		if (clash) {
			throw ganglineError('REFUSED', `another project is called ${record.name}: ${clash.record.path}`, {
				hint: 'give one of them another name in .gangline/project.toml and commit it',
			});
		}
		const project = await (known ? this.#openInstead(known, record) : this.#open(record));
		// Remembered only when it could be opened: a start must not fail on what never worked.
		await this.#save(record);
		for (const word of [record.id, record.name]) this.#failed.delete(word);
		return { project, added: true };
	}

	/** Opens a project that is remembered already; does nothing when it is open. */
	open(record: ProjectRecord): Promise<void> {
		return this.#opening.run(async () => {
			if (!this.#projects.has(record.id)) await this.#open(record);
		});
	}

	/** Ends a project and answers its record, which stays where it is kept. @throws GanglineError UNKNOWN_PROJECT */
	async release(id: string): Promise<ProjectRecord> {
		const project = this.find({ kind: 'id', id });
		this.#projects.delete(id);
		this.#leaving.add(id);
		await project.stop().finally(() => this.#leaving.delete(id));
		return project.record;
	}

	/** Whether its worker may still have something running: open here, or on its way out. */
	isHere(id: string): boolean {
		return this.#projects.has(id) || this.#leaving.has(id);
	}

	async #isStillThere({ id, path }: ProjectRecord): Promise<boolean> {
		return this.#options.adopt(path).then(
			(found) => found.id === id,
			() => false,
		);
	}

	async stop(): Promise<void> {
		const ends = await Promise.allSettled(this.all().map((project) => project.stop()));
		for (const end of ends) if (end.status === 'rejected') throw end.reason;
	}

	/** Where it is now; one that cannot be opened there goes on as it was, or its board would be gone until the next start. */
	async #openInstead(known: Project, record: ProjectRecord): Promise<Project> {
		this.#projects.delete(known.id);
		await known.stop();
		try {
			return await this.#open(record);
		} catch (error) {
			await this.#tryOpen(known.record);
			throw error;
		}
	}

	async #tryOpen(record: ProjectRecord): Promise<boolean> {
		const words = [record.id, record.name];
		try {
			await this.#open(record);
			for (const word of words) this.#failed.delete(word);
			return true;
		} catch (error) {
			const known = error instanceof GanglineError ? { code: error.code, hint: error.hint } : {};
			if (error instanceof GanglineError) for (const word of words) this.#failed.set(word, error);
			this.#options.log.error('project.failed', { project: record.name, path: record.path, ...known, error });
			return false;
		}
	}

	async #open(record: ProjectRecord): Promise<Project> {
		const project = await this.#options.open(record, (next) => this.#save(next));
		try {
			await project.start();
		} catch (error) {
			await project.stop();
			throw error;
		}
		this.#projects.set(project.id, project);
		return project;
	}

	async #save(record: ProjectRecord): Promise<void> {
		await this.#options.store.write([{ kind: 'put', key: `project/${record.id}`, value: { ...record } }]);
	}
}
