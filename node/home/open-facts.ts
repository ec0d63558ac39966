/**
 * What a home stands on when its process starts: the project's facts, this process's three authors, and the intents of
 * earlier processes that were durable and are not folded yet. The authors are new at each start and registered before
 * anything is folded; what a dead process wrote last still counts, because its author stays until it is settled.
 */
import { currentGeneration, HomeIndex, ProjectIndex, type TurnBounds } from '../../shared/documents/index.ts';
import { type Identity, ProjectLogs } from '../../shared/log/index.ts';
import { type Intent, intentSchema } from '../../shared/pipeline/index.ts';
import {
	type Clock,
	type Duty,
	dutyOf,
	type Log,
	nodeOf,
	parseAuthorId,
	type Random,
	type Store,
} from '../../shared/ports/index.ts';
import { dutyRights } from './author-rights.ts';
import type { OwnLog } from './home.ts';

export interface FactsOpening {
	readonly store: Store;
	readonly clock: Clock;
	readonly random: Random;
	readonly identity: Identity;
	readonly log: Log;
	readonly project: string;
	/** When a new generation is due; a test sets it lower. */
	readonly turnBounds?: TurnBounds;
}

export interface OpenedFacts {
	readonly index: HomeIndex;
	readonly logs: ProjectLogs;
	readonly own: Readonly<Record<Duty, OwnLog>>;
	/** What earlier processes of this node wrote and no home has folded. Fold it after main was read. */
	readonly pending: readonly Intent[];
}

export async function openFacts(opening: FactsOpening): Promise<OpenedFacts> {
	const { store, clock, random, identity, log, project, turnBounds } = opening;
	const opened = await openIndex(opening);
	const index = new HomeIndex({ store, project, log, index: opened, ...(turnBounds && { turnBounds }) });
	const logs = await ProjectLogs.open({
		store,
		project,
		clock,
		log,
		parse: (value) => intentSchema.parse(value),
		mayVoid: (node) => node === identity.nodeId,
	});
	const own = {
		home: await logs.startAuthor({ identity, duty: 'home', random }),
		work: await logs.startAuthor({ identity, duty: 'work', random }),
		edge: await logs.startAuthor({ identity, duty: 'edge', random }),
	};
	const isOurs = ({ author }: Intent): boolean => nodeOf(parseAuthorId(author)) === identity.nodeId;
	const pending = logs.pendingIntents(index.facts.acceptedUpTo).filter(isOurs);
	await registerAuthors(index, own, pending);
	return { index, logs, own, pending };
}

/**
 * The project's facts. What the store had lost of them and others have was brought back before (fetch-lost-facts.ts):
 * in those facts is what followed from entries that everybody has trimmed. Where publications were lost the term is
 * raised, so that no token from before is valid any more, and numbers go on at the next thousand, so that none is given
 * twice; entries of the logs above what the facts cover are folded again, and main says what has landed.
 */
async function openIndex({ store, clock, random, identity, log, project }: FactsOpening): Promise<ProjectIndex> {
	const generation = await currentGeneration(store, project);
	const homeKey = identity.publicKey;
	const index = await ProjectIndex.open({ store, project, generation, random, homeKey, identity });
	if (!index.isDamaged) return index;
	const { facts } = index;
	log.error('index.damaged', { generation, term: facts.term, revision: facts.revision });
	const nextNumber = (Math.floor(facts.nextNumber / 1000) + 1) * 1000 + 1;
	// What was lost may have had the next term and generation: seconds since 1970 are ahead of any that was counted.
	const later = (known: number): number => Math.max(known + 1, Math.floor(clock.now() / 1000));
	const term = later(facts.term);
	return index.startGeneration(String(later(Number(generation))), { ...facts, term, nextNumber });
}

/**
 * This process's authors may act from now on. Authors of this node's earlier processes whose every entry was settled
 * are forgotten: nothing of theirs can come any more.
 */
async function registerAuthors(
	index: HomeIndex,
	own: Readonly<Record<Duty, { readonly author: string }>>,
	pending: readonly Intent[],
): Promise<void> {
	const { facts } = index;
	const node = nodeOf(parseAuthorId(own.home.author));
	const waiting = new Set(pending.map(({ author }) => author));
	const holders = new Set(Object.values(facts.items).map(({ holder }) => holder));
	const stays = ([author]: readonly [string, unknown]): boolean =>
		nodeOf(parseAuthorId(author)) !== node || waiting.has(author) || holders.has(author);
	// What people of this node wanted while it was a replica counts also when it has become the home.
	const people = [...waiting].filter((author) => dutyOf(parseAuthorId(author)) === 'edge');
	const authors = Object.fromEntries([
		...people.map((author) => [author, dutyRights.edge] as const),
		...Object.entries(facts.authors).filter(stays),
		...Object.entries(own).map(([duty, { author }]) => [author, dutyRights[duty as Duty]] as const),
	]);
	await index.publish({ ...facts, authors });
}
