/**
 * What this node has: documents by name, projects with their logs, and later generations of an index that are being
 * filled. One subscription each, however many peers there are; what changed is handed to whoever keeps peers equal.
 */
import { createHash } from 'node:crypto';
import type { ItemText } from '../../documents/index.ts';
import type { LogDigest } from '../../log/index.ts';
import type { AuthorId } from '../../ports/index.ts';
import type { SignedDocument, SyncedProject } from '../sync.ts';
import { announcedDigest } from './announcement.ts';
import { Candidates } from './candidates.ts';
import { Replica, type ReplicaChange } from './replica.ts';
import type { MessageOf } from './wire.ts';

/** What the catalog tells. */
export interface CatalogEvents {
	changed(change: ReplicaChange): void;
	/** `from`: the peer that it was received from. */
	grown(project: string, author: AuthorId, from: string | undefined): void;
	/** A project is new here or has another index. */
	begun(project: string): void;
	/** A text has been opened. */
	opened(replica: Replica): void;
}

export class Catalog {
	readonly #events: CatalogEvents;
	readonly #replicas = new Map<string, Replica>();
	readonly #projects = new Map<string, ProjectEntry>();

	constructor(events: CatalogEvents) {
		this.#events = events;
	}

	add(project: SyncedProject): void {
		this.remove(project.id);
		const releases: (() => void)[] = [];
		const hold = (replica: Replica): Replica => {
			this.#replicas.set(replica.name, replica);
			releases.push(() => {
				replica.release();
				if (this.#replicas.get(replica.name) === replica) this.#replicas.delete(replica.name);
			});
			return replica;
		};
		const index = hold(Replica.ofIndex(project.id, project.index, (change) => this.#events.changed(change)));
		const entry = new ProjectEntry(project, index, releases);
		this.#projects.set(project.id, entry);
		const holdText = (text: ItemText): Replica =>
			hold(Replica.ofText(project.id, text, (change) => this.#textChanged(entry, change)));
		for (const text of project.texts()) holdText(text);
		releases.push(
			project.onText((text) => {
				if (this.#replicas.has(text.name)) return;
				entry.forgetTexts();
				this.#events.opened(holdText(text));
			}),
			project.onIndex(() => this.add(project)),
			project.logs.subscribe((author, from) => {
				entry.forgetLogs();
				this.#events.grown(project.id, author, from);
			}),
		);
		this.#events.begun(project.id);
	}

	remove(project: string): void {
		this.#projects.get(project)?.release();
		this.#projects.delete(project);
	}

	addDocument(document: SignedDocument): Replica {
		this.#replicas.get(document.name)?.release();
		const replica = Replica.ofDocument(document, (change) => this.#events.changed(change));
		this.#replicas.set(replica.name, replica);
		return replica;
	}

	release(): void {
		for (const id of [...this.#projects.keys()]) this.remove(id);
		for (const replica of this.#replicas.values()) replica.release();
		this.#replicas.clear();
	}

	project(id: string): ProjectEntry | undefined {
		return this.#projects.get(id);
	}

	projects(): readonly ProjectEntry[] {
		return [...this.#projects.values()];
	}

	/** A document that is open here, candidates for a generation included. */
	replica(name: string): Replica | undefined {
		const known = this.#replicas.get(name);
		if (known) return known;
		for (const entry of this.#projects.values()) {
			const candidate = entry.candidates.byName(name);
			if (candidate) return candidate;
		}
		return undefined;
	}

	/** Documents of the whole mesh. */
	meshDocuments(): readonly Replica[] {
		return [...this.#replicas.values()].filter(({ place }) => place.kind === 'mesh');
	}

	texts(project: string): readonly Replica[] {
		const all = [...this.#replicas.values()];
		return all.filter(({ place }) => place.kind === 'text' && place.project === project);
	}

	#textChanged(entry: ProjectEntry, change: ReplicaChange): void {
		entry.forgetTexts();
		this.#events.changed(change);
	}
}

export class ProjectEntry {
	readonly project: SyncedProject;
	readonly index: Replica;
	readonly candidates: Candidates;
	readonly #releases: readonly (() => void)[];
	#logs: string | undefined;
	#texts: string | undefined;

	constructor(project: SyncedProject, index: Replica, releases: readonly (() => void)[]) {
		this.project = project;
		this.index = index;
		this.candidates = new Candidates(project);
		this.#releases = releases;
	}

	get age(): { readonly term: number; readonly generation: string; readonly revision: number } {
		const { facts, generation } = this.project.index;
		return { term: facts.term, generation, revision: facts.revision };
	}

	/** What a peer compares itself with. `openTexts`: those that are open here. */
	announcement(openTexts: readonly Replica[]): Omit<MessageOf<'project'>, 'wantsAnswer'> {
		this.#logs ??= announcedDigest(hashOf(this.project.logs.digests().map(logLine)));
		this.#texts ??= announcedDigest(hashOf(openTexts.map((text) => `${text.name} ${text.digest}`).sort()));
		const [index, logs, texts] = [announcedDigest(this.index.digest), this.#logs, this.#texts];
		return { k: 'project', project: this.project.id, ...this.age, index, logs, texts };
	}

	forgetLogs(): void {
		this.#logs = undefined;
	}

	forgetTexts(): void {
		this.#texts = undefined;
	}

	release(): void {
		for (const release of this.#releases) release();
	}
}

const logLine = ({ author, n, hash }: LogDigest): string => `${author} ${n} ${hash}`;

function hashOf(lines: readonly string[]): string {
	return createHash('sha256').update(lines.join('\n')).digest('hex');
}
