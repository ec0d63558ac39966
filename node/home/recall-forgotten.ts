/**
 * An author that was forgotten may turn up again: an old copy of a disk was put back, or a relay was away with an entry
 * that nobody else had. Only what was settled is ever trimmed, so where the author's log is cut says up to where it was
 * settled. Said in the facts again, it lets every replica drop those entries, and what comes after them is taken [I14].
 */
import type { ProjectLogs } from '../../shared/log/index.ts';
import type { AuthorId } from '../../shared/ports/index.ts';
import type { Home } from './home.ts';

/** Publishes up to where these authors were settled, where the facts know less of it than the logs. */
export async function recallForgotten(
	home: Pick<Home, 'publish'>,
	logs: Pick<ProjectLogs, 'trimmedAfter'>,
	authors: readonly AuthorId[],
): Promise<void> {
	await home.publish((facts) => {
		const { acceptedUpTo } = facts;
		const recalled = authors.flatMap((author) => {
			const upTo = Object.hasOwn(acceptedUpTo, author) ? (acceptedUpTo[author] ?? 0) : 0;
			const trimmed = logs.trimmedAfter(author, upTo);
			return trimmed > upTo ? [[author, trimmed] as const] : [];
		});
		if (recalled.length === 0) return null;
		return { facts: { ...facts, acceptedUpTo: { ...acceptedUpTo, ...Object.fromEntries(recalled) } }, writes: [] };
	});
}
