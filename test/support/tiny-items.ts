/** Items of a home in memory as the API shows them, with what a hostile agent may have put into them, and its log's lines. */

import type { ItemDetail, LogLine } from '../../shared/operations/index.ts';
import { noWork } from '../../shared/operations/work-summary.ts';
import { anItem } from './item-answer.ts';

export const shopId = '01JZ0000000000000000000SHP';
export const commits = {
	branch: 'b'.repeat(40),
	otherBranch: 'c'.repeat(40),
	main: 'a'.repeat(40),
	mergeBase: 'a'.repeat(40),
} as const;

export function itemDetail(changes: Partial<ItemDetail> & { readonly number: number }): ItemDetail {
	const { number } = changes;
	return {
		...anItem({ project: shopId, number, alias: `~laptop-${number}`, createdAt: 0, changedAt: 0 }),
		key: `01JZ00000000000000000000${String(number).padStart(2, '0')}`,
		description: '',
		words: [],
		review: 'human',
		origin: { by: 'user', who: 'ada' },
		result: null,
		change: null,
		approval: null,
		tries: { reworks: 0, mergeFailures: null, freeFixups: 0, totalAttempts: 0 },
		gates: [],
		runs: [],
		work: noWork,
		history: [],
		dependents: [],
		keptRefs: [],
		people: [],
		...changes,
	};
}

export function reviewItem(number: number, title: string): ItemDetail {
	const stat = {
		files: 1,
		insertions: 2,
		deletions: 1,
		paths: [{ path: 'src/login.ts', insertions: 2, deletions: 1 }],
	};
	const binding = { branch: commits.branch, main: commits.main, mergeBase: commits.mergeBase };
	return itemDetail({
		number,
		title,
		stage: 'reviewHold',
		column: 'qa',
		badge: 'review-hold',
		needsYou: 'read and approve it',
		change: { binding, stat },
	});
}

/** What a hostile agent may put into a title, a log or a patch. */
export const escapes = '\u001b[2J\u001b]0;owned\u0007\u202e';

export function line(seq: number, text: string): LogLine {
	return { seq, run: 'run-1', at: 0, source: 'agent', stream: 'stdout', text };
}
