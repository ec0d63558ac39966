/**
 * An author that was forgotten may turn up again: an old copy of a disk was put back, or a relay was away with an entry
 * that nobody else had. Only what was settled is ever trimmed, so where the author's log is cut says up to where it was
 * settled. Said in the facts again, it lets every replica drop those entries, and what comes after them is taken [I14].
 *
 * Of an author that was not forgotten the cut is beyond what these facts cover only where another home settled it, or
 * this one before its disk was put back: what it decided is lost, and nobody has the entries. So they count as refused,
 * and who wanted it is told.
 */
import type { ProjectLogs } from '../../shared/log/index.ts';
import type { ProjectFacts } from '../../shared/pipeline/index.ts';
import { type AuthorId, dutyOf } from '../../shared/ports/index.ts';
import type { Home, Refusals } from './home.ts';

/** Told of one author at once, the latest: more than a person looks at, and fewer than the index keeps. */
const toldMax = 100;

/** Publishes up to where these authors were settled, where the facts know less of it than the logs. */
export async function recallForgotten(
	home: Pick<Home, 'publish'>,
	logs: Pick<ProjectLogs, 'trimmedAfter'>,
	authors: readonly AuthorId[],
): Promise<void> {
	await home.publish((facts) => {
		const { acceptedUpTo } = facts;
		const recalled = authors.flatMap((author) => {
			const upTo = coveredUpTo(facts, author) ?? 0;
			const trimmed = logs.trimmedAfter(author, upTo);
			return trimmed > upTo ? [[author, trimmed] as const] : [];
		});
		if (recalled.length === 0) return null;
		const refusals: Refusals = Object.assign({}, ...recalled.map(([author, upTo]) => lostOf(facts, author, upTo)));
		const next = { ...facts, acceptedUpTo: { ...acceptedUpTo, ...Object.fromEntries(recalled) } };
		return { facts: next, writes: [], refusals };
	});
}

/** Why what people wanted is lost. What programs said was for the home that is none any more. */
function lostOf(facts: ProjectFacts, author: AuthorId, trimmed: number): Refusals {
	const upTo = coveredUpTo(facts, author);
	if (upTo === null || dutyOf(author) !== 'edge') return {};
	const first = Math.max(upTo + 1, trimmed - toldMax + 1);
	const numbers = Array.from({ length: trimmed - first + 1 }, (_, at) => first + at);
	return Object.fromEntries(numbers.map((n) => [`${author}#${n}`, lost]));
}

const lost = { reason: 'lost', detail: 'what the home had decided of it is lost with that home' };

function coveredUpTo({ acceptedUpTo }: ProjectFacts, author: AuthorId): number | null {
	return Object.hasOwn(acceptedUpTo, author) ? (acceptedUpTo[author] ?? 0) : null;
}
