import { expect, test } from 'vitest';
import { overLimitReason } from '../../../node/worker/attempt-words.ts';

test('what was stopped at a limit without a commit has failed its try, and what it left is named', () => {
	const turns = { outcome: { kind: 'overBudget', which: 'turns' } } as const;
	expect(overLimitReason(turns, { dirty: 2, newCommits: 0 })).toBe(
		'the session reached its limit of turns, and what it had changed is in its clone, not committed',
	);
	expect(overLimitReason(turns, { dirty: 0, newCommits: 0 })).toBe(
		'the session reached its limit of turns, and nothing was changed',
	);
	expect(overLimitReason(turns, { dirty: 2, newCommits: 1 })).toBeNull();
	const stuck = { outcome: { kind: 'inactive', evidence: 'no output' } } as const;
	expect(overLimitReason(stuck, { dirty: 1, newCommits: 0 })).toContain('stuck: no output');
	expect(overLimitReason({ outcome: { kind: 'finished' } }, { dirty: 1, newCommits: 0 })).toBeNull();
});
