import { describe, expect, it } from 'vitest';
import { displayOf, type Shown } from '../../../gateway/web/model/display-state.ts';

const nothing: Shown = {
	stage: 'backlog',
	resumeTo: null,
	holder: null,
	waitsBecause: null,
	queuePosition: null,
	lastFailure: null,
	dependsOn: [],
	held: false,
	labels: [],
	type: 'story',
	asks: null,
};
const holder = { node: 'big', role: 'coder', agent: 'claude', since: 1 } as const;
const lastFailure = { reason: 'tests failed', gate: 'test', detail: null, at: 1 };
const unmet = { key: 'A', name: '#3', title: '', stage: 'coding', satisfied: false } as const;

const check = (item: Partial<Shown>, kind: string, label?: string, headMerges = true): void => {
	const shown = displayOf({ ...nothing, ...item }, headMerges);
	expect(shown.kind).toBe(kind);
	if (label !== undefined) expect(shown.label).toBe(label);
};

describe('what an item is shown as', () => {
	it('says what a ready item waits for', () => {
		check({}, 'ready');
		check({ dependsOn: [unmet] }, 'waiting', 'Waits for #3');
		check({ dependsOn: [unmet, { ...unmet, name: '#4' }] }, 'waiting', 'Waits for #3 +1');
		check({ dependsOn: [{ ...unmet, satisfied: true }] }, 'ready');
		check({ held: true }, 'held');
		check({ labels: ['hold'] }, 'held');
		check({ stage: 'upcoming' }, 'idea');
	});

	it('shows a failed item as recovering while its agent runs, and as queued while one is about to', () => {
		check({ stage: 'coding', holder }, 'working');
		check({ stage: 'coding' }, 'queued');
		check({ stage: 'coding', holder, lastFailure }, 'recovering');
		check({ stage: 'coding', lastFailure }, 'recoveryQueued');
		check({ stage: 'mergeFailure', holder, lastFailure }, 'recovering');
		check({ stage: 'mergeFailure', lastFailure }, 'recoveryQueued');
		check({ stage: 'mergeFailureFinal', holder, lastFailure }, 'recovering');
		check({ stage: 'mergeFailureFinal', lastFailure }, 'gaveUp');
	});

	it('names the place in the landing queue', () => {
		check({ stage: 'merge', queuePosition: 1 }, 'merging');
		check({ stage: 'merge', queuePosition: 1, waitsBecause: 'paused' }, 'next');
		check({ stage: 'merge', queuePosition: 2 }, 'next');
		check({ stage: 'merge', queuePosition: 2 }, 'inQueue', 'Waiting #2', false);
		check({ stage: 'merge', queuePosition: 7 }, 'inQueue', 'Waiting #7');
		check({ stage: 'merge' }, 'inQueue', 'Waits to land');
	});

	it('says that its agent asks, whether its session runs or is parked', () => {
		check({ stage: 'coding', holder, asks: 'Bash curl' }, 'asking', 'Asks you');
		check({ stage: 'blocked', asks: 'Bash curl' }, 'asking');
	});

	it('never shows a failure of what is done', () => {
		check({ stage: 'done', lastFailure }, 'done', 'Landed');
		check({ stage: 'done', lastFailure, type: 'spike' }, 'done', 'Done');
	});

	it('shows a frozen item as frozen, whatever it failed at before', () => {
		check({ stage: 'frozen', resumeTo: 'mergeFailure', lastFailure, holder }, 'frozen');
	});

	it('gives what waits for a person the tone of it', () => {
		expect(displayOf({ ...nothing, stage: 'reviewHold' }).tone).toBe('needs');
		expect(displayOf({ ...nothing, stage: 'blocked' }).tone).toBe('needs');
	});
});
