/**
 * What must be so, replayed from what homes said that they accepted: the model of every item, entry by entry, and all
 * that is wrong on the way. Several checkers read one ledger; each takes the findings of its invariant. Where a store
 * was put back or a lost home was replaced, what it had said meanwhile does not count any more: the model begins again
 * with the facts that are there then.
 */
import type { HistoryEntry, Intent, IntentId, Item, Token } from '../../../../shared/pipeline/index.ts';
import type { CommitId } from '../../../../shared/ports/index.ts';
import type { SeenHome, SeenMesh, SeenProject } from '../types.ts';
import { type Finding, judge } from './judge.ts';
import { added, type ModelItem, type ModelStage, moved, recorded } from './model-item.ts';
import { RightsBook } from './rights-book.ts';
import { rowOf } from './rulebook.ts';

export class Ledger {
	readonly rights = new RightsBook();
	readonly #projects = new Map<string, ProjectLedger>();
	readonly #findings: Finding[] = [];
	#step = -1;

	/** Reads on to this step; once, whoever asks first. */
	read(mesh: SeenMesh): void {
		if (mesh.step === this.#step) return;
		this.#step = mesh.step;
		this.rights.read(mesh);
		for (const project of mesh.projects) {
			const known = this.#projects.get(project.id) ?? new ProjectLedger(this.rights);
			this.#projects.set(project.id, known);
			this.#findings.push(...known.read(project, mesh));
		}
	}

	/** What was found against an invariant since it was asked last. */
	take(invariant: number): readonly string[] {
		const taken = this.#findings.filter((finding) => finding.invariant === invariant);
		for (const finding of taken) this.#findings.splice(this.#findings.indexOf(finding), 1);
		return taken.map(({ what }) => what);
	}

	of(project: string): ProjectLedger {
		const known = this.#projects.get(project);
		if (!known) throw new RangeError(`the project ${project} was not read yet`);
		return known;
	}
}

export class ProjectLedger {
	readonly items = new Map<string, ModelItem>();
	/** Keys that a person deleted, over all terms, and when they did so last. */
	readonly deleted = new Map<string, Token>();
	/** Grants that were given, as `key/term.revision`, over all terms. */
	readonly granted = new Map<string, { readonly holder: string; readonly revision: number }>();
	/** What became of each intent, since the model began. */
	readonly outcomes = new Map<IntentId, HistoryEntry['outcome']>();
	/** In which term each entry was published: a move may be over before its old home's last entries are read. */
	readonly #terms = new Map<IntentId, number>();
	/** How often homes of this project lost what they had said. */
	losses = 0;
	readonly #completed = new Set<string>();
	readonly #rights: RightsBook;
	readonly #homes = new Set<string>();
	#home = '';
	readonly #lastOf = new Map<string, number>();
	readonly #numbers = new Map<number, string>();
	/** Settled by a home of which what it said does not count any more. */
	readonly #settledBefore = new Set<IntentId>();
	#onMain: { readonly tip: CommitId | null; readonly commits: ReadonlySet<CommitId> } = {
		tip: null,
		commits: new Set(),
	};
	#revision = 0;
	#term: number | null = null;
	#homeOfTerm: string | null = null;
	#read = 0;
	#lastId: IntentId | undefined;
	#eventsSeen = 0;
	#mayHaveLost = false;
	/** Somebody has asked for a move of the home. */
	#isMoving = false;

	constructor(rights: RightsBook) {
		this.#rights = rights;
	}

	/** As far as it is known here what is in force. */
	get revision(): number {
		return this.#revision;
	}

	read(project: SeenProject, mesh: SeenMesh): readonly Finding[] {
		const id = mesh.nodes.find(({ name }) => name === project.homeName)?.id;
		if (id !== undefined) this.#homes.add(id);
		this.#home = id ?? '';
		this.#noteLosses(project, mesh);
		const found: Finding[] = [];
		if (this.#isOver(project, found)) {
			if (project.home) found.push(...this.#beginAgain(project, project.home));
			// The new home has what people had fetched of main, which may be less.
			this.#lookAtMain(project);
			return found;
		}
		// Whose term the next entries are of is seen when the home is there.
		if (project.home === null && this.#mayHaveLost) return found;
		this.#lookAtMain(project);
		for (const entry of project.history.slice(this.#read)) found.push(...this.#replay(entry, project));
		this.#read = project.history.length;
		this.#lastId = project.history.at(-1)?.id;
		if (project.home) found.push(...this.#compare(project.home));
		return found;
	}

	/** Whether main contains the commit. */
	isOnMain(commit: string): boolean {
		return this.#onMain.commits.has(commit as CommitId);
	}

	#noteLosses({ homeName, id }: SeenProject, { events }: SeenMesh): void {
		for (const event of events.slice(this.#eventsSeen)) {
			const lost = event.kind === 'diskLost' && event.node === homeName;
			if (event.kind === 'published' && event.project === id) {
				for (const entry of event.history) this.#terms.set(entry.id, event.term);
			}
			// Whom an old home has answered in vain has let go of what it asked for, all the same.
			if (event.kind === 'publishedInVain' && event.project === id) {
				for (const entry of event.history) this.#settledBefore.add(entry.id);
			}
			const asks = event.kind === 'faultBegun' && (event.fault === 'sealedMove' || event.fault === 'lostMove');
			if (asks || event.kind === 'homeMoved') this.#isMoving = true;
			// It is so from the moment at which an owner says it: the new home may publish before the move is over.
			if (lost || (event.kind === 'homeGivenUp' && event.project === id)) this.#mayHaveLost = true;
		}
		this.#eventsSeen = events.length;
	}

	/** Whether what was read so far is not what counts any more. */
	#isOver({ home, history }: SeenProject, found: Finding[]): boolean {
		const isCut = history.length < this.#read || (this.#read > 0 && history[this.#read - 1]?.id !== this.#lastId);
		const isNewTerm = home !== null && this.#term !== null && home.facts.term !== this.#term;
		if (home && this.#homeOfTerm !== home.node) {
			const isFirst = this.#homeOfTerm === null;
			this.#homeOfTerm = home.node;
			if (!isFirst && !isNewTerm) {
				found.push({
					invariant: 4,
					what: `${home.node} became the home and did not begin a higher term than ${this.#term}`,
				});
			}
		}
		// A home that is given up may have counted further than anybody heard of.
		if (isNewTerm && !this.#mayHaveLost && home.facts.term < (this.#term ?? 0)) {
			found.push({ invariant: 4, what: `the term went back from ${this.#term} to ${home.facts.term}` });
		}
		if (isCut && !this.#mayHaveLost) found.push({ invariant: 6, what: 'the history lost entries that it had' });
		const isLost = this.#mayHaveLost && (isNewTerm || isCut);
		if (isNewTerm && !isLost && !this.#isMoving) {
			found.push({ invariant: 6, what: `the home began the term ${home.facts.term} though nothing was lost or moved` });
		}
		if (!isLost && !isCut && home) this.#term = home.facts.term;
		return isLost || isCut;
	}

	#beginAgain({ history }: SeenProject, { facts }: SeenHome): readonly Finding[] {
		this.#mayHaveLost = false;
		this.losses += 1;
		this.items.clear();
		for (const item of Object.values(facts.items)) this.items.set(item.key, modelOf(item));
		for (const { id } of history) this.#settledBefore.add(id);
		for (const { id, item, event, outcome, revision } of history.slice(this.#read)) {
			if (event === 'delete' && outcome === 'applied')
				this.deleted.set(item, [this.#terms.get(id) ?? facts.term, revision]);
		}
		this.outcomes.clear();
		this.#lastOf.clear();
		for (const [author, n] of Object.entries(facts.acceptedUpTo)) this.#lastOf.set(author, n);
		for (const [key, why] of Object.entries(facts.closedDependencies ?? {}))
			if (why === 'completed') this.#completed.add(key);
		this.#revision = facts.revision;
		this.#term = facts.term;
		this.#read = history.length;
		this.#lastId = history.at(-1)?.id;
		// Somebody may have read the numbers that the lost home gave, and means by them what it meant.
		return Object.values(facts.items).flatMap(({ number, key }) => this.#numbered(number, key));
	}

	#lookAtMain({ repository }: SeenProject): void {
		const { main, objects } = repository;
		if (main === this.#onMain.tip) return;
		this.#onMain = { tip: main, commits: main === null ? new Set() : objects.ancestry(main) };
	}

	#replay(entry: HistoryEntry, project: SeenProject): readonly Finding[] {
		const found: Finding[] = this.#countedOnce(entry);
		const intent = project.intents.get(entry.id);
		const item = this.items.get(entry.item);
		const isApplied = entry.outcome === 'applied';
		if (isApplied) {
			if (entry.revision !== this.#revision + 1) {
				found.push({ invariant: 14, what: `${entry.id} has the revision ${entry.revision} after ${this.#revision}` });
			}
			this.#revision = entry.revision;
		}
		if (!intent) {
			this.items.delete(entry.item);
			return found;
		}
		const { items, isOnMain } = { items: this.items, isOnMain: (commit: string) => this.isOnMain(commit) };
		found.push(
			...judge({
				...{ entry, intent, item, items, isOnMain, hasLost: this.losses > 0 || this.#mayHaveLost },
				completed: this.#completed,
				deleted: this.deleted,
				rights: this.#rights,
				project: project.id,
				homes: this.#homes,
				home: this.#home,
				objects: project.repository.objects,
			}),
		);
		if (isApplied) found.push(...this.#apply(entry, intent, item));
		return found;
	}

	#countedOnce({ id, outcome }: HistoryEntry): Finding[] {
		const at = id.lastIndexOf('#');
		const [author, n] = [id.slice(0, at), Number(id.slice(at + 1))];
		const found: Finding[] = [];
		if (this.outcomes.has(id)) found.push({ invariant: 14, what: `${id} was settled twice` });
		else if (n !== this.#nextOf(author, n)) {
			found.push({ invariant: 14, what: `${id} was settled after ${author}#${this.#lastOf.get(author) ?? 0}` });
		}
		this.outcomes.set(id, outcome);
		this.#lastOf.set(author, n);
		return found;
	}

	/** Of what a lost life had settled its author has let go, so it may be passed over. */
	#nextOf(author: string, n: number): number {
		let next = (this.#lastOf.get(author) ?? 0) + 1;
		while (next < n && this.#settledBefore.has(`${author}#${next}`)) next += 1;
		return next;
	}

	#apply(entry: HistoryEntry, intent: Intent, item: ModelItem | undefined): readonly Finding[] {
		const { event } = intent;
		if (event === 'void') return [];
		if (event === 'add') return this.#add(entry, intent);
		if (!item) return [];
		const at: Token = [this.#terms.get(entry.id) ?? this.#term ?? 1, entry.revision];
		if (event === 'delete') {
			this.items.delete(item.key);
			this.deleted.set(item.key, at);
			return [];
		}
		const next = recorded(item, intent, at) ?? this.#moved(item, intent);
		this.items.set(item.key, next);
		if (next.stage.kind === 'archived' && item.stage.kind === 'done') this.#completed.add(item.key);
		return event === 'grant' ? this.#grant(next, entry) : [];
	}

	#moved(item: ModelItem, intent: Intent): ModelItem {
		const row = rowOf(intent.event, item.stage.kind);
		return row ? moved(item, intent, row) : item;
	}

	#add({ number, item: key }: HistoryEntry, intent: Intent): readonly Finding[] {
		if (number === null) return [];
		this.items.set(key, added(intent, number));
		return this.#numbered(number, key);
	}

	/** A number names one item, over all terms and homes. */
	#numbered(number: number, key: string): readonly Finding[] {
		const before = this.#numbers.get(number);
		this.#numbers.set(number, key);
		return before === undefined || before === key
			? []
			: [{ invariant: 14, what: `the number ${number} was given to ${before} and to ${key}` }];
	}

	#grant({ key, token, holder }: ModelItem, { revision }: HistoryEntry): readonly Finding[] {
		const name = `${key}/${token?.join('.')}`;
		if (this.granted.has(name)) return [{ invariant: 4, what: `the token ${name} was minted twice` }];
		this.granted.set(name, { holder: holder ?? '', revision });
		return [];
	}

	/** The facts and the model of them, where both are at the same revision. */
	#compare({ facts }: SeenHome): readonly Finding[] {
		if (facts.revision !== this.#revision || facts.term !== this.#term) return [];
		const found: Finding[] = [];
		for (const [author, n] of Object.entries(facts.acceptedUpTo)) {
			const settled = this.#lastOf.get(author) ?? 0;
			// What a lost life had settled is trimmed everywhere: where the log is cut, it is taken up as settled.
			if (this.#nextOf(author, n + 1) <= n)
				found.push({ invariant: 14, what: `${author} counts as settled up to ${n}, its last entry was ${settled}` });
		}
		for (const [key, model] of this.items) {
			const item = facts.items[key];
			if (item) found.push(...differences(modelOf(item), model));
			else if (model.stage.kind !== 'archived') found.push({ invariant: 14, what: `the item ${key} is gone` });
		}
		for (const key of Object.keys(facts.items)) {
			if (!this.items.has(key)) found.push({ invariant: 14, what: `the item ${key} came from nothing` });
		}
		// Said once: from here on the facts are the model.
		if (found.length > 0) for (const item of Object.values(facts.items)) this.items.set(item.key, modelOf(item));
		return found;
	}
}

function differences(is: ModelItem, must: ModelItem): readonly Finding[] {
	const differ = (a: unknown, b: unknown): boolean => JSON.stringify(a) !== JSON.stringify(b);
	const sides = (field: keyof ModelItem): string =>
		`#${is.number} has ${field} ${JSON.stringify(is[field])}, by what was accepted ${JSON.stringify(must[field])}`;
	const fields: readonly (readonly [keyof ModelItem, number])[] = [
		['stage', 2],
		['token', 4],
		['holder', 4],
		['role', 5],
		['tries', 11],
		['number', 14],
		['dependsOn', 8],
		['parent', 10],
		['held', 12],
		['result', 9],
		['approval', 9],
	];
	return fields.flatMap(([field, invariant]) =>
		// An approval of the same change survives a new result; whether it was the same is judged where it is used.
		differ(is[field], must[field]) && !(field === 'approval' && is.approval === null)
			? [{ invariant, what: sides(field) }]
			: [],
	);
}

export function modelOf(item: Item): ModelItem {
	const { key, number, type, dependsOn, parent, held, labels, review, token, holder, role, result, approval, tries } =
		item;
	const { reworks, mergeFailures, freeFixups, totalAttempts } = tries;
	return {
		...{ key, number, type, dependsOn, parent, held, labels, review, token, holder, role, result },
		stage: stageOf(item.stage),
		approval: approval && { branch: approval.branch, mergeBase: approval.mergeBase },
		tries: {
			reworks,
			mergeFailures: mergeFailures && { kind: mergeFailures.kind, count: mergeFailures.count },
			freeFixups,
			totalAttempts,
		},
	};
}

function stageOf(stage: Item['stage']): ModelStage {
	switch (stage.kind) {
		case 'blocked':
		case 'frozen':
			return { kind: stage.kind, resumeTo: stageOf(stage.resumeTo) };
		case 'mergeFailure':
		case 'mergeFailureFinal':
			return { kind: stage.kind, failure: stage.failure };
		default:
			return { kind: stage.kind };
	}
}

export const grantName = (item: string, token: Token): string => `${item}/${token.join('.')}`;
