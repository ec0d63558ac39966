/** Questions of a session: who decides them, and what becomes of one that nobody answers. On the twin of the clock. */
import { describe, expect, test } from 'vitest';
import type { AgentSession, PermissionAsk, PermissionDecision } from '../../../node/agents/index.ts';
import { answerMsMax, SessionAsks } from '../../../node/worker/session-asks.ts';
import { SimClock } from '../../../shared/ports/sim/index.ts';
import type { Task } from '../../../shared/protocol/work.ts';

const bash = (command: string): PermissionAsk => ({
	tool: 'Bash',
	what: { kind: 'command', command },
	summary: command,
});

function open(answered: NonNullable<Task['answered']> = []) {
	const clock = new SimClock();
	const given: [string, PermissionDecision['kind']][] = [];
	const notes: string[] = [];
	let parks = 0;
	const session = {
		answer: (id: string, { kind }: PermissionDecision) => given.push([id, kind]) > 0,
	} as Pick<AgentSession, 'answer'> as AgentSession;
	const asks = new SessionAsks({
		clock,
		place: { clone: '/c', tmp: '/t', commands: [], allow: [] },
		answered,
		redact: (text) => text.replaceAll('hunter2', '[redacted]'),
		note: (text) => notes.push(text),
		onChange: () => undefined,
		onParked: () => {
			parks += 1;
		},
	});
	return { clock, given, notes, session, asks, parks: () => parks };
}

describe('a question of an agent', () => {
	test('[I13] is not asked where the rules decide, which the log of the run says', () => {
		const { asks, session, given, notes } = open();
		asks.asked(session, 'q', bash('git status'));
		asks.asked(session, 'r', { tool: 'AskUserQuestion', what: { kind: 'other' }, summary: 'Which?' });
		expect([given, asks.question]).toEqual([
			[
				['q', 'allow'],
				['r', 'deny'],
			],
			null,
		]);
		expect(notes).toEqual([
			'allowed by the rules: Bash git status\n',
			'refused by the rules: AskUserQuestion Which?\n',
		]);
	});

	test('[I13] waits for a person, whose name stands beside the decision', async () => {
		const { asks, session, given, notes, clock, parks } = open();
		asks.asked(session, 'q', bash('curl x'));
		expect(asks.question).toMatchObject({ id: 'q', question: 'Bash curl x' });
		expect(asks.answer(session, 'other', { allow: true, who: 'Ada' })).toBe(false);
		expect(asks.answer(session, 'q', { allow: false, who: 'Ada' })).toBe(true);
		expect([given, asks.question]).toEqual([[['q', 'deny']], null]);
		expect(notes).toEqual(['refused by Ada: Bash curl x\n']);
		await clock.advance(answerMsMax + 1);
		expect(parks()).toBe(0);
	});

	test('[I12] that is withdrawn waits for nobody, and parks nothing', async () => {
		const { asks, session, clock, notes, parks } = open();
		asks.asked(session, 'q', bash('curl x'));
		asks.asked(session, 'r', bash('curl y'));
		asks.withdrawn('q');
		asks.withdrawn('unknown');
		expect(asks.question).toMatchObject({ id: 'r' });
		expect(notes).toEqual(['asks no more: Bash curl x\n']);
		asks.withdrawn('r');
		await clock.advance(answerMsMax + 1);
		expect([asks.question, parks()]).toEqual([null, 0]);
	});

	test('that is asked twice under one name is answered once, and parks nothing after', async () => {
		const { asks, session, clock, parks } = open();
		asks.asked(session, 'q', bash('curl x'));
		asks.asked(session, 'q', bash('curl x'));
		expect(asks.answer(session, 'q', { allow: true, who: 'Ada' })).toBe(true);
		await clock.advance(answerMsMax + 1);
		expect(parks()).toBe(0);
	});

	test('[I12] parks its session when nobody answers in time', async () => {
		const { asks, session, clock, parks } = open();
		asks.asked(session, 'q', bash('curl x'));
		await clock.advance(answerMsMax + 1);
		expect(parks()).toBe(1);
		asks.close();
		expect(asks.parked).toMatchObject({ question: 'Bash curl x' });
		expect(clock.waiting).toBe(0);
	});

	test('is answered as it was before, in the name of who decided', () => {
		const { asks, session, given, notes } = open([{ question: 'Bash curl x', allow: true, who: 'Ada', at: 1 }]);
		asks.asked(session, 'q', bash('curl x'));
		expect(given).toEqual([['q', 'allow']]);
		expect(notes).toEqual(['allowed by Ada, asked before: Bash curl x\n']);
	});
});

test('a question with a secret in it shows none of it, and its answer is found when it is asked again', async () => {
	const first = open();
	first.asks.asked(first.session, 'q', bash('curl -u ada:hunter2 x'));
	const question = first.asks.question?.question ?? '';
	expect(question).toBe('Bash curl -u ada:[redacted] x');
	await first.clock.advance(answerMsMax + 1);
	expect(first.asks.parked).toMatchObject({ question });
	const again = open([{ question, allow: true, who: 'Ada', at: 1 }]);
	again.asks.asked(again.session, 'r', bash('curl -u ada:hunter2 x'));
	expect(again.given).toEqual([['r', 'allow']]);
});
