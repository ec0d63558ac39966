/** The history of an item in words: events and stages have names for programs there. Pure. */
import type { HistoryAnswer } from '../../../shared/operations/index.ts';

const events: Readonly<Record<string, string>> = {
	add: 'Added',
	edit: 'Edited',
	start: 'Started',
	grant: 'Given to an agent',
	attemptFailed: 'Try failed',
	submitForReview: 'Waits for review',
	approve: 'Approved',
	land: 'Landed',
	found: 'Found on main',
	foundOnMain: 'Found on main',
	block: 'Blocked',
};
const stages: Readonly<Record<string, string>> = {
	upcoming: 'idea',
	qa: 'review by an agent',
	reviewHold: 'review by a person',
	merge: 'landing',
	mergeFailure: 'landing failed',
	mergeFailureFinal: 'landing failed for good',
};

/** `retryMerge` → `Retry merge`, where it has no words of its own. */
export function eventWords(event: string): string {
	const words = Object.hasOwn(events, event) ? events[event] : undefined;
	return words ?? capital(spaced(event));
}

/** `coding → review by a person`; null where it stayed where it was. */
export function wayWords({ from, to }: Pick<HistoryAnswer, 'from' | 'to'>): string | null {
	if (to === null || from === to) return null;
	return [...(from === null ? [] : [from]), to].map(stageWords).join(' → ');
}

/** A person by name; what is done by rule is Gangline's, with what it was done for where that says more. */
export function whoWords({ by, who }: Pick<HistoryAnswer, 'by' | 'who'>): string {
	if (by === 'user') return who;
	if (by === 'system' || by === 'scheduler') return 'Gangline';
	return by === who ? by : `${by}, ${who}`;
}

function stageWords(stage: string): string {
	const words = Object.hasOwn(stages, stage) ? stages[stage] : undefined;
	return words ?? spaced(stage);
}

function spaced(name: string): string {
	return name.replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);
}

function capital(words: string): string {
	return words.charAt(0).toUpperCase() + words.slice(1);
}
