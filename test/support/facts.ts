/** Small facts for tests: items that the schema accepts, and a project that has some. */
import { emptyFacts, type Item, noTries, type ProjectFacts } from '../../shared/pipeline/index.ts';

/** A project id and an item key that parse. */
export const projectOne = '01JZZZZZZZZZZZZZZZZZZZZZZ1';

/** An item in the backlog; `changes` overrides fields. */
export function makeItem(key: string, changes: Partial<Item> = {}): Item {
	return {
		key,
		number: 1,
		title: `item ${key}`,
		type: 'story',
		description: '',
		dependsOn: [],
		parent: null,
		labels: [],
		held: false,
		agent: null,
		review: null,
		origin: { by: 'user', who: 'ada' },
		createdAt: 1,
		changedAt: 1,
		stage: { kind: 'backlog' },
		token: null,
		holder: null,
		role: null,
		result: null,
		approval: null,
		lastFailure: null,
		words: [],
		tries: noTries,
		...changes,
	};
}

/** Facts at `revision` with these items. */
export function factsWith(revision: number, items: readonly Item[], changes: Partial<ProjectFacts> = {}): ProjectFacts {
	return {
		...emptyFacts(),
		revision,
		nextNumber: items.length + 1,
		items: Object.fromEntries(items.map((item) => [item.key, item])),
		...changes,
	};
}
