/** An item as the API answers it, with what a test is about laid over it. */
import type { ItemAnswer } from '../../shared/operations/index.ts';

export function anItem(part: Partial<ItemAnswer> = {}): ItemAnswer {
	const number = part.number ?? 1;
	return {
		project: '01HZZZZZZZZZZZZZZZZZZZZZZZ',
		key: `K${number}`,
		number,
		name: `#${number}`,
		alias: null,
		title: `Item ${number}`,
		type: 'story',
		stage: 'backlog',
		stageReason: null,
		resumeTo: null,
		column: 'backlog',
		badge: 'active',
		tentative: false,
		labels: [],
		held: false,
		agent: null,
		parent: null,
		dependsOn: [],
		waitsBecause: null,
		needsYou: null,
		asks: null,
		holder: null,
		queuePosition: null,
		costUsd: 0,
		attempts: 0,
		lastFailure: null,
		landed: null,
		createdAt: 1,
		changedAt: 1,
		...part,
	};
}
