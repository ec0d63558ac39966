import { expect, test } from 'vitest';
import { loginReason, overLimitReason, unseenReason, withGiven } from '../../../node/worker/attempt-words.ts';
import type { Task } from '../../../shared/protocol/work.ts';

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

test('what a person has committed is said to the next session, after what was said before', () => {
	const task = { notes: ['look again'] } as unknown as Task;
	expect(withGiven(task, [])).toBe(task);
	expect(withGiven(task, ['a1b2c3d By hand', '0f0f0f0 More']).notes).toEqual([
		'look again',
		'committed in this clone by a person, newest first:\n  - a1b2c3d By hand\n  - 0f0f0f0 More',
	]);
});

test('who is not logged in is told a command that exists, or where a program of another maker takes its key', () => {
	expect(loginReason('401', 'codex', 'work')).toContain('gangline agent login codex --account work (or');
	expect(loginReason('401', null, null)).toMatch(
		/its own program on this machine, or give it its key: gangline secret set NAME/,
	);
	expect(loginReason('401', null, null)).not.toContain('agent login');
});

test('a session that tells nothing of its cost is no further bound by a budget, and the sentence says what helps', () => {
	const task = { agent: 'eve', allowanceUsd: 2 };
	const usage = { costUsd: 0, inputTokens: 0, outputTokens: 0, seconds: 9 };
	const end = { outcome: { kind: 'finished' }, usage, isUnseen: true } as const;
	expect(unseenReason(task, end)).toContain('eve does not say what it costs');
	expect(unseenReason(task, end)).toContain('take another agent');
	expect(unseenReason(task, { ...end, usage: { ...usage, inputTokens: 7 } })).toContain('usd_per_million_input_tokens');
	expect(unseenReason({ agent: 'eve' }, end)).toBeNull();
	expect(unseenReason(task, { outcome: end.outcome, usage })).toBeNull();
	expect(unseenReason(task, { ...end, outcome: { kind: 'stopped', reason: 'told to' } })).toBeNull();
});
