/**
 * Later generations of one project's index that peers speak of. Each is filled beside the current one, shown to nobody,
 * and takes its place only when it holds what the home signed. Anyone can make a number up, so each peer can have one
 * here at a time, and one that nobody speaks of any more is dropped.
 */
import type { ProjectIndex } from '../../documents/index.ts';
import type { SyncedProject } from '../sync.ts';
import { Replica } from './replica.ts';

/** A generation that may take the place of the current one. */
export interface Candidate {
	readonly index: ProjectIndex;
	readonly replica: Replica;
}

interface Opening {
	/** Of the home by the registry, when it was begun. */
	readonly homeKey: string;
	readonly candidate: Promise<Candidate | undefined>;
	readonly users: Set<object>;
	opened: Candidate | undefined;
}

export class Candidates {
	readonly #project: SyncedProject;
	readonly #openings = new Map<string, Opening>();

	constructor(project: SyncedProject) {
		this.#project = project;
	}

	/**
	 * The reader of a generation, on behalf of `user`; undefined where the project refuses it. One that reads with the key of
	 * an earlier home is given up for all.
	 */
	async open(generation: string, user: object): Promise<Candidate | undefined> {
		this.#leave(user, generation);
		const known = this.#openings.get(generation);
		const opening = known?.homeKey === this.#project.homeKey ? known : this.#begin(generation, known?.users);
		if (opening !== known) known?.opened?.replica.release();
		opening.users.add(user);
		return opening.candidate;
	}

	/** What `user` asked for is not needed on its behalf any more. */
	leave(user: object): void {
		this.#leave(user, undefined);
	}

	/** `kept`: what may be on its way to the disk, and is spoken of once more. */
	#leave(user: object, kept: string | undefined): void {
		for (const [generation, { users, opened }] of this.#openings) {
			if (generation === kept || !users.delete(user) || users.size > 0) continue;
			opened?.replica.release();
			this.#openings.delete(generation);
		}
	}

	/** It cannot be read with what was known, whoever asked for it; undefined for one that was given up before. */
	drop(replica: Replica): Candidate | undefined {
		const candidate = this.#find((one) => one.replica === replica);
		if (candidate === undefined) return undefined;
		replica.release();
		this.#openings.delete(candidate.index.generation);
		return candidate;
	}

	byName(name: string): Replica | undefined {
		return this.#find(({ replica }) => replica.name === name)?.replica;
	}

	/** The index behind a replica that is being filled. */
	indexOf(replica: Replica): ProjectIndex | undefined {
		return this.#find((candidate) => candidate.replica === replica)?.index;
	}

	#begin(generation: string, users: ReadonlySet<object> = new Set()): Opening {
		const { homeKey } = this.#project;
		const candidate = this.#open(generation);
		const opening: Opening = { homeKey, candidate, users: new Set(users), opened: undefined };
		this.#openings.set(generation, opening);
		opening.candidate.then(
			(candidate) => {
				opening.opened = candidate;
			},
			// Who asked for it hears of the failure.
			() => {
				if (this.#openings.get(generation) === opening) this.#openings.delete(generation);
			},
		);
		return opening;
	}

	async #open(generation: string): Promise<Candidate | undefined> {
		const index = await this.#project.replaceIndex(generation);
		if (index?.generation !== generation) return undefined;
		return { index, replica: Replica.ofIndex(this.#project.id, index, () => {}) };
	}

	#find(matches: (candidate: Candidate) => boolean): Candidate | undefined {
		for (const { opened } of this.#openings.values()) if (opened && matches(opened)) return opened;
		return undefined;
	}
}
