/** What an agent asks a person by itself: who answers, in which words, and what becomes of it when nobody does. */
import { describe, expect, test } from 'vitest';
import type { AgentSession } from '../../../node/agents/index.ts';
import { answerMsMax, SessionAsks } from '../../../node/worker/session-asks.ts';
import { SimClock } from '../../../shared/ports/sim/index.ts';
import type { Task } from '../../../shared/protocol/work.ts';

const session = { answer: () => false } as Pick<AgentSession, 'answer'> as AgentSession;
const never = new AbortController().signal;
const question = 'May I drop the table? (allow: yes; deny: no; or gangline say)';

function open(answered: NonNullable<Task['answered']> = []) {
	const clock = new SimClock();
	let parks = 0;
	const asks = new SessionAsks({
		...{ clock, answered, place: { clone: '/c', tmp: '/t', commands: [], allow: [] } },
		redact: (text: string) => text.replaceAll('hunter2', '[redacted]'),
		...{ note: () => undefined, onChange: () => undefined },
		onParked: () => {
			parks += 1;
		},
	});
	return { clock, asks, parks: () => parks };
}

describe('a question that an agent asks a person', () => {
	test.each([
		[true, 'Ada says yes'],
		[false, 'Ada says no'],
	])('is answered with yes or no: %s', async (allow, words) => {
		const { asks, clock, parks } = open();
		const answer = asks.askPerson('May I drop\n the table?', never);
		expect(asks.question).toMatchObject({ question });
		expect(asks.answer(session, asks.question?.id ?? '', { allow, who: 'Ada' })).toBe(true);
		expect([await answer, asks.question]).toEqual([words, null]);
		await clock.advance(answerMsMax + 1);
		expect(parks()).toBe(0);
	});

	test('is answered with what a person says meanwhile, and nothing else is', async () => {
		const { asks } = open();
		expect(asks.heard('Ada says: hello')).toBe(false);
		const answer = asks.askPerson('Which table?', never);
		expect(asks.heard('Ada says: the old one')).toBe(true);
		expect(await answer).toBe('Ada says: the old one');
		expect(asks.heard('Ada says: hello')).toBe(false);
	});

	test('[I12] parks its session, and is answered at once when it is asked again', async () => {
		const first = open();
		const answer = first.asks.askPerson('May I drop the table?', never);
		await first.clock.advance(answerMsMax + 1);
		expect(first.parks()).toBe(1);
		first.asks.close();
		expect([await answer, first.asks.parked]).toMatchObject(['nobody has answered', { question }]);
		const { asks } = open([{ question, allow: true, who: 'Ada', at: 0 }]);
		expect(await asks.askPerson('May I drop the table?', never)).toBe('Ada says yes');
		const { asks: later } = open([{ question, allow: false, words: 'only the old one', who: 'Ada', at: 0 }]);
		expect(await later.askPerson('May I drop the table?', never)).toBe('Ada: only the old one');
	});

	test('[I15] is closed when its agent waits no more, and only a few are open', async () => {
		const { asks, parks, clock } = open();
		const leaving = new AbortController();
		const all = Array.from({ length: 5 }, (_, at) => asks.askPerson(`Question ${at}?`, leaving.signal));
		expect(await all[4]).toContain('too many questions');
		leaving.abort();
		expect(await all[0]).toBe('nobody has answered');
		await Promise.all(all);
		expect(asks.question).toBeNull();
		await clock.advance(answerMsMax + 1);
		expect(parks()).toBe(0);
	});
});

test('a question of its own with a secret in it shows none of it, and is answered when it is asked again', async () => {
	const { asks } = open();
	void asks.askPerson('Is hunter2 right?', never);
	const asked = asks.question?.question ?? '';
	expect(asked).toContain('Is [redacted] right?');
	asks.close();
	const again = open([{ question: asked, allow: true, who: 'Ada', at: 1 }]);
	expect(await again.asks.askPerson('Is hunter2 right?', never)).toBe('Ada says yes');
});
