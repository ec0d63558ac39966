/**
 * One project on one channel: what each side announces, which generation of the index is the later one, texts, logs.
 * Two that are equal exchange one announcement each and are silent. A later generation is filled beside the current one
 * and takes its place only when the home's signature shows that it is later; generations are never merged.
 */
import type { ProjectIndex } from '../../documents/index.ts';
import type { SyncAccess } from '../sync.ts';
import type { Catalog, ProjectEntry } from './catalog.ts';
import { accessOf, Complaints, type PeerLink } from './context.ts';
import type { DocumentExchange } from './document-exchange.ts';
import { postponedMax, rowsPerFrame, strangeTextsMax } from './limits.ts';
import { LogExchange } from './log-exchange.ts';
import { type Replica, textName } from './replica.ts';
import { encodeRows, type MessageOf, type Outgoing, type TextRow } from './wire.ts';

export class ProjectExchange {
	readonly entry: ProjectEntry;
	readonly logs: LogExchange;
	readonly #link: PeerLink;
	readonly #documents: DocumentExchange;
	#announcedFor: SyncAccess = 'none';
	/** The key of the home by the registry, when this was announced. */
	#announcedUnder: string | undefined;
	/** The term of the generation that the peer announced and that may follow on ours. */
	#termAhead = 0;
	/** One that is not signed with the key of the home by the registry. */
	#postponed: { readonly generation: string; readonly under: string } | undefined;
	#postponements = 0;
	/** Digests of the index that the peer announced under our generation: the last one, and one that another home has signed. */
	#announced: string | undefined;
	#anothers: string | undefined;
	/** Items whose texts the peer has open and that are not known here yet. */
	readonly #strange = new Set<string>();

	constructor(link: PeerLink, entry: ProjectEntry, documents: DocumentExchange) {
		this.#link = link;
		this.entry = entry;
		this.#documents = documents;
		this.logs = new LogExchange(link, entry, new Complaints(link));
	}

	/** Says what is here, for the peer to compare. `wantsAnswer`: it has said what it has before, and nobody compared. */
	announce(wantsAnswer: boolean): void {
		this.#announcedFor = this.#access;
		this.#announcedUnder = this.#homeKey;
		if (this.#access === 'none') return;
		this.#link.outbox.mark(`project ${this.#id}`, () =>
			this.#access === 'none' ? [] : [{ message: { ...this.#announcement(), wantsAnswer } }],
		);
	}

	/**
	 * The peer may do more or less than when this project was last announced to it; or another home is known, and what the
	 * peer has may be of that one.
	 */
	review(): void {
		if (this.#access !== this.#announcedFor || this.#homeKey !== this.#announcedUnder) this.announce(true);
	}

	/**
	 * Whether a generation that the home has not signed is no fault of the peer: it may be of a home that the registry does
	 * not name here yet, or of the one before; also one of the same number, where a project was made anew. It is not asked
	 * for again until another home is known.
	 */
	postpones(replica: Replica): boolean {
		const { candidates, age, index } = this.entry;
		const dropped = candidates.drop(replica);
		if (this.#postponements >= postponedMax) return false;
		if (replica === index) this.#anothers = this.#announced;
		else if (dropped === undefined) {
			// Given up while its answer was on its way: another home is known. The question of the next reader waited for it.
			const again = candidates.byName(replica.name);
			if (again) this.#documents.ask(again);
		} else {
			if (this.#termAhead <= age.term && !this.#isOfFormerHome) return false;
			this.#postponed = { generation: dropped.index.generation, under: dropped.index.homeKey };
		}
		this.#postponements += 1;
		return true;
	}

	/** The peer said what it has. */
	async compare(theirs: MessageOf<'project'>): Promise<void> {
		if (theirs.wantsAnswer) this.announce(false);
		const own = this.#announcement();
		this.logs.compare(theirs.logs, own.logs);
		if (theirs.texts !== own.texts) this.#link.outbox.mark(`texts ${this.#id}`, () => this.#texts());
		await this.#compareIndex(theirs, own);
	}

	/** Texts that the peer has open: opened here too where the item is known, then compared. */
	async onTexts(rows: readonly TextRow[]): Promise<void> {
		for (const [item, digest] of rows) {
			const text = await this.text(item);
			if (text && text.digest !== digest) this.#documents.ask(text);
		}
	}

	/** The text of an item, opened when the item is known here; otherwise it is asked for as soon as it is. */
	async text(item: string): Promise<Replica | undefined> {
		if (await this.entry.project.text(item)) return this.#catalog.replica(textName(this.#id, item));
		if (this.#access === 'write' && this.#strange.size < strangeTextsMax) this.#strange.add(item);
		return undefined;
	}

	/** The index has changed here, or somebody wants something: items may be known that were not. */
	async onItemsChanged(): Promise<void> {
		for (const item of [...this.#strange]) {
			if (!(await this.entry.project.text(item))) continue;
			this.#strange.delete(item);
			const text = this.#catalog.replica(textName(this.#id, item));
			if (text) this.#documents.ask(text);
		}
	}

	/** Something of the index came from the peer and is durable here, or was here already. */
	async onIndexApplied(replica: Replica): Promise<void> {
		const candidate = this.entry.candidates.indexOf(replica);
		if (candidate) await this.#tryCandidate(candidate, replica);
		else if (replica === this.entry.index) this.tellStored();
	}

	/** Says which revision is on disk here. */
	tellStored(): void {
		this.#link.outbox.mark(`stored ${this.#id}`, () => {
			const { generation, revision } = this.entry.age;
			return this.#access === 'none' ? [] : [{ message: { k: 'stored', project: this.#id, generation, revision } }];
		});
	}

	onStored({ generation, revision }: Pick<MessageOf<'stored'>, 'generation' | 'revision'>): void {
		const { peer, context } = this.#link;
		context.acknowledgements.noteRevision(this.#id, peer, { generation, revision });
	}

	async #compareIndex(theirs: MessageOf<'project'>, own: Omit<MessageOf<'project'>, 'wantsAnswer'>): Promise<void> {
		this.onStored(theirs);
		if (theirs.generation === own.generation) {
			const mayBeNews = theirs.index !== own.index && theirs.index !== this.#anothers;
			this.#announced = theirs.index;
			if (mayBeNews && theirs.revision >= own.revision) this.#documents.ask(this.entry.index);
			return;
		}
		// An earlier one hears of ours by our own announcement.
		if (Number(theirs.generation) <= Number(own.generation) && !this.#isOfFormerHome) return;
		const { generation, under } = this.#postponed ?? {};
		if (theirs.generation === generation && this.#homeKey === under) return;
		this.#termAhead = theirs.term;
		await this.#askCandidate(theirs.generation);
	}

	async #askCandidate(generation: string): Promise<void> {
		const candidate = await this.entry.candidates.open(generation, this);
		if (candidate && this.#isCurrent) this.#documents.ask(candidate.replica);
	}

	/** One that is still empty was a peer's word alone. */
	async #tryCandidate(index: ProjectIndex, replica: Replica): Promise<void> {
		const isLater = Number(index.generation) > Number(this.entry.age.generation) || this.#isOfFormerHome;
		if (replica.isEmpty || !isLater || !this.#isCurrent) return;
		const [project, from, to] = [this.#id, this.entry.age.generation, index.generation];
		this.#link.context.log.info('sync.generation', { project, from, to, why: 'its home began it' });
		await this.entry.project.adoptIndex(index);
	}

	/** The peer is gone, or the project has another index. */
	end(): void {
		this.entry.candidates.leave(this);
	}

	/** False when the project was removed or has another index by now. */
	get #isCurrent(): boolean {
		return this.#catalog.project(this.#id) === this.entry;
	}

	/** What is here was signed by a home that is none any more. */
	get #isOfFormerHome(): boolean {
		return this.entry.project.index.homeKey !== this.#homeKey;
	}

	get #homeKey(): string {
		return this.entry.project.homeKey;
	}

	#announcement(): Omit<MessageOf<'project'>, 'wantsAnswer'> {
		return this.entry.announcement(this.#catalog.texts(this.#id));
	}

	#texts(): readonly Outgoing[] {
		if (this.#access === 'none') return [];
		const rows = this.#catalog.texts(this.#id).map((text): TextRow => [itemOf(text), text.digest]);
		const pages = Array.from({ length: Math.ceil(rows.length / rowsPerFrame) }, (_, page) =>
			rows.slice(page * rowsPerFrame, (page + 1) * rowsPerFrame),
		);
		return pages.map((page) => ({ message: { k: 'texts', project: this.#id }, payload: encodeRows(page) }));
	}

	get #id(): string {
		return this.entry.project.id;
	}

	get #access(): SyncAccess {
		return accessOf(this.#link, this.#id);
	}

	get #catalog(): Catalog {
		return this.#link.context.catalog;
	}
}

const itemOf = ({ name }: Replica): string => name.slice(name.lastIndexOf('/') + 1);
