import { describe, expect, it } from 'vitest';
import { type Steered, stepsOf } from '../../../gateway/web/model/steering.ts';
import { anItem } from '../../support/item-answer.ts';

const holder = { node: 'vm', role: 'coder', agent: 'claude', since: 1 } as const;
const result = { commit: 'c', base: 'b', ref: 'r' } as NonNullable<Steered['result']>;
const run = { run: 'r' } as Steered['runs'][number];
const item = (part: Partial<Steered>): Steered => ({ ...anItem(), description: '', result: null, runs: [], ...part });
const kinds = (part: Partial<Steered>, byScript = false): string[] =>
	stepsOf(item(part), byScript).map((step) => (step.kind === 'move' ? step.move.event : step.kind));

describe('what is offered for an item', () => {
	it('says and takes while an agent has it, and says what comes of each', () => {
		const steps = stepsOf(item({ stage: 'coding', column: 'coding', holder, runs: [run] }), false);
		expect(steps.map(({ kind }) => kind)).toEqual(['say', 'take', 'preview']);
		expect(steps[2]?.does).toContain('what its clone has now');
		for (const { does } of steps) expect(does).toMatch(/^[A-Z].*\.$/);
		expect(steps[0]?.does).toContain('at its next turn');
		expect(stepsOf(item({ stage: 'qa', column: 'qa' }), false)[0]?.does).toContain('next session');
	});

	it('has nothing to say to a script, which can be taken over all the same', () => {
		expect(kinds({ stage: 'coding', column: 'coding', holder, runs: [run] }, true)).toEqual(['take']);
	});

	it('tries again what is blocked, unless its agent waits for an answer', () => {
		expect(kinds({ stage: 'blocked', column: 'coding', runs: [run] })).toEqual(['unblock', 'say', 'take', 'preview']);
		const asking = kinds({ stage: 'blocked', column: 'coding', runs: [run], asks: 'Bash curl' });
		expect(asking).toEqual(['say', 'take', 'preview']);
		expect(kinds({ stage: 'mergeFailureFinal', column: 'merge', result })).toContain('retryMerge');
	});

	it('gives back what is frozen, and shows what there is to try', () => {
		expect(kinds({ stage: 'frozen', column: 'coding', result })).toEqual(['unfreeze', 'say', 'give', 'preview']);
	});

	it('offers nothing of an agent for what is over, or is an epic', () => {
		expect(kinds({ stage: 'done', column: 'done', result })).toEqual([]);
		expect(kinds({ stage: 'backlog', type: 'epic' })).toEqual([]);
	});
});
