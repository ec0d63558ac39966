/** The page calls itself live while a stream of changes is open, and only then. */
import { expect, it } from 'vitest';
import { BoardStore, type BoardStoreOptions } from '../../../gateway/web/store/board-store.ts';
import type { ItemAnswer } from '../../../shared/operations/index.ts';
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

const item = (title: string) => ({ key: 'K1', project: 'P1', title, holder: null, asks: null }) as never as ItemAnswer;
const refused = ganglineError('NOT_RUNNING', 'the gateway did not answer');

/** A page of two projects that is live; from then on each question waits for the test. */
async function livePage() {
	const clock = new SimClock();
	const asked: { name: string; answer: PromiseWithResolvers<unknown> }[] = [];
	let feed: Parameters<BoardStoreOptions['openFeed']>[0] | undefined;
	let streams = 0;
	const put = (name: string): Promise<never> => {
		const answer = Promise.withResolvers<unknown>();
		asked.push({ name, answer });
		return answer.promise as Promise<never>;
	};
	const store = new BoardStore({
		clock,
		ask: ((name: string) => (name === 'session.self' ? Promise.resolve({ person: 'ada' }) : put(name))) as never,
		askBoard: put,
		openFeed: (listener) => {
			feed = listener;
			streams += 1;
			return () => undefined;
		},
		asError: (thrown) => thrown as GanglineError,
	});
	/** The oldest question of that name, or of that project's board. */
	const next = async (name: string): Promise<PromiseWithResolvers<unknown>> => {
		await settle();
		const at = asked.findIndex((one) => one.name === name);
		const [one] = at < 0 ? [] : asked.splice(at, 1);
		if (!one) throw new Error(`nobody asked ${name}`);
		return one.answer;
	};
	const list = (...ids: readonly string[]) => ({ projects: ids.map((id) => ({ id, name: id })) });
	const board = (id: string, ...items: readonly ItemAnswer[]) => ({ project: { id, name: id }, items });
	const say = (event: Record<string, unknown>): void => feed?.onEvent(event as never);
	store.connect();
	say({ kind: 'hello' });
	(await next('project.list')).resolve(list('P1', 'P2'));
	(await next('P1')).resolve(board('P1', item('first')));
	(await next('P2')).resolve(board('P2'));
	await settle();
	expect(store.snapshot().freshness.kind).toBe('live');
	const title = () => store.snapshot().boards?.get('P1')?.items.get('K1')?.title;
	return { clock, store, asked, next, list, board, say, title, streams: () => streams };
}

it('shows what was asked for last, though an earlier answer comes after it', async () => {
	const { store, next, board, title } = await livePage();
	void store.readAgain('P1');
	const earlier = await next('P1');
	void store.readAgain('P1');
	(await next('P1')).resolve(board('P1', item('now')));
	await settle();
	earlier.resolve(board('P1', item('before')));
	await settle();
	expect(title()).toBe('now');
});

it('keeps a change that came while the same board was being read twice', async () => {
	const { store, next, board, say, title } = await livePage();
	void store.readAgain('P1');
	const first = await next('P1');
	void store.readAgain('P1');
	const second = await next('P1');
	first.resolve(board('P1', item('first')));
	await settle();
	say({ kind: 'item', project: 'P1', item: item('changed') });
	second.resolve(board('P1', item('first')));
	await settle();
	expect(title()).toBe('changed');
});

it('tells that one board could not be read though another was, and reads it again by itself', async () => {
	const { clock, store, next, board, title } = await livePage();
	void store.readAgain('P1');
	void store.readAgain('P2');
	(await next('P1')).reject(refused);
	(await next('P2')).resolve(board('P2'));
	await settle();
	expect(store.snapshot().trouble).toBe(refused);
	await clock.advance(60_000);
	(await next('P1')).resolve(board('P1', item('again')));
	await settle();
	expect(store.snapshot().trouble).toBeNull();
	expect(title()).toBe('again');
});

it.each([
	['changes were dropped', { kind: 'dropped', events: 3 }],
	['of a project that it does not know', { kind: 'project', project: { id: 'P3' } }],
])('connects anew where the projects cannot be listed after it was told %s', async (_what, event) => {
	const { clock, store, next, say, streams } = await livePage();
	say(event);
	(await next('project.list')).reject(refused);
	await settle();
	expect(store.snapshot().freshness.kind).toBe('retrying');
	await clock.advance(60_000);
	expect(streams()).toBeGreaterThan(1);
});

it('lets a project go that was taken out of the mesh', async () => {
	const { store, next, list } = await livePage();
	void store.readAgain('P2');
	(await next('P2')).reject(ganglineError('UNKNOWN_PROJECT', 'there is no project P2'));
	(await next('project.list')).resolve(list('P1'));
	await settle();
	expect([...(store.snapshot().boards?.keys() ?? [])]).toEqual(['P1']);
	expect(store.snapshot().trouble).toBeNull();
});

it('does not bring back a project by a list that was asked for before it went', async () => {
	const { store, next, list, say } = await livePage();
	say({ kind: 'dropped', events: 1 });
	const earlier = await next('project.list');
	say({ kind: 'dropped', events: 1 });
	(await next('project.list')).resolve(list('P1'));
	await settle();
	earlier.resolve(list('P1', 'P2'));
	await settle();
	expect([...(store.snapshot().boards?.keys() ?? [])]).toEqual(['P1']);
});
