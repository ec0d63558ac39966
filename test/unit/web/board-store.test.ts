/** The page calls itself live while a stream of changes is open, and only then. */
import { expect, it } from 'vitest';
import { BoardStore, type BoardStoreOptions } from '../../../gateway/web/store/board-store.ts';
import { type GanglineError, ganglineError } from '../../../shared/ports/index.ts';
import { SimClock, settle } from '../../../shared/ports/sim/index.ts';

function page() {
	const clock = new SimClock();
	const open = new Set<Parameters<BoardStoreOptions['openFeed']>[0]>();
	const answers: PromiseWithResolvers<void>[] = [];
	const store = new BoardStore({
		clock,
		// The first answers at once, as the page knows who is here; how long the list takes is the test's.
		ask: (async (name: string) => {
			if (name === 'session.self') return { person: 'ada' };
			const answer = Promise.withResolvers<void>();
			answers.push(answer);
			await answer.promise;
			return { projects: [] };
		}) as never,
		askBoard: () => Promise.reject(ganglineError('INTERNAL', 'there is none')),
		openFeed: (listener) => {
			open.add(listener);
			return () => void open.delete(listener);
		},
		asError: (thrown) => thrown as GanglineError,
	});
	const hello = (): void => {
		for (const { onEvent } of open) onEvent({ kind: 'hello', at: clock.now(), version: '1' });
	};
	return { clock, store, open, answers, hello };
}

it('goes on when it comes back into sight, though it left while it was reading', async () => {
	const { store, open, answers, hello } = page();
	store.connect();
	hello();
	await settle();
	store.rest();
	answers[0]?.resolve();
	await settle();
	expect(store.snapshot().freshness.kind).toBe('resting');
	expect(open.size).toBe(0);
	store.wake();
	expect(open.size).toBe(1);
	hello();
	await settle();
	answers[1]?.resolve();
	await settle();
	expect(store.snapshot().freshness.kind).toBe('live');
});

it('asks nobody while it is out of sight, though what it was reading fails then', async () => {
	const { clock, store, open, answers, hello } = page();
	store.connect();
	hello();
	await settle();
	store.rest();
	answers[0]?.reject(ganglineError('NOT_RUNNING', 'the gateway did not answer'));
	await settle();
	await clock.advance(60_000);
	expect(open.size).toBe(0);
	expect(store.snapshot().freshness.kind).toBe('resting');
});

it('is not live by what a stream began that has ended meanwhile', async () => {
	const { store, open, answers, hello } = page();
	store.connect();
	hello();
	await settle();
	for (const { onEnd } of open) onEnd(0);
	answers[0]?.resolve();
	await settle();
	expect(store.snapshot().freshness.kind).toBe('connecting');
});
