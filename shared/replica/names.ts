/** What people call the machines that authors speak from, for provisional names such as `~laptop-3`. */
import type { Intent, ProjectFacts } from '../pipeline/index.ts';
import { type NodeId, nodeOf, parseAuthorId } from '../ports/index.ts';

/** By author: every one that has added an item or waits for an answer. An id that is no author's is left out. */
export function authorNames(
	{ items }: Pick<ProjectFacts, 'items'>,
	pending: readonly Intent[],
	nameOf: (node: NodeId) => string,
): Readonly<Record<string, string>> {
	const adders = Object.values(items).flatMap(({ addedAs }) =>
		addedAs === undefined ? [] : [addedAs.slice(0, addedAs.lastIndexOf('#'))],
	);
	const authors = new Set([...adders, ...pending.map(({ author }) => author)]);
	return Object.fromEntries([...authors].flatMap((author) => named(author, nameOf)));
}

function named(author: string, nameOf: (node: NodeId) => string): [string, string][] {
	try {
		return [[author, nameOf(nodeOf(parseAuthorId(author)))]];
	} catch {
		return [];
	}
}
