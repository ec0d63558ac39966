/** What is said to the agent of an item, as the home answers it. */
import { expect, it } from 'vitest';
import { steeringHandlers } from '../../../node/api/handlers/steering.ts';
import { Talks } from '../../../node/home/talks.ts';
import type { Caller } from '../../../shared/operations/index.ts';
import { openSimStore, SimClock } from '../../../shared/ports/sim/index.ts';

const key = '01BX5ZZKBKACTAV9WEVGEMMVRZ';

it('keeps the words that a running session hears, for whoever tries or checks next', async () => {
	const talks = await Talks.open(await openSimStore(), 'app');
	const view = { key, name: '#1', number: 1, stage: { kind: 'coding' } };
	const keptWhenHeard: unknown[] = [];
	const say = async (): Promise<boolean> => {
		keptWhenHeard.push(talks.forTask(key).notes);
		return true;
	};
	const project = {
		...{ talks, views: () => new Map([[key, view]]), item: () => view },
		worker: { running: () => [{ key, asks: null }], linkFor: () => ({ link: { say } }) },
	};
	const handlers = steeringHandlers({
		project: () => project,
		clock: new SimClock(),
		change: () => Promise.reject(new Error('nothing is changed')),
	} as unknown as Parameters<typeof steeringHandlers>[0]);
	const caller = { person: 'ann' } as unknown as Caller;
	// The project is too small to answer with its item; what was said before counts here.
	const item = { kind: 'key', key } as const;
	await Promise.allSettled([handlers['item.say']({ item, words: 'use tabs' } as never, caller)]);
	expect(keptWhenHeard).toEqual([['ann: use tabs']]);
	expect(talks.forTask(key).notes).toEqual(['ann: use tabs']);
});

it('gives back only what somebody has taken, and says so', async () => {
	const view = { key, name: '#1', number: 1, stage: { kind: 'blocked' } };
	const project = { views: () => new Map([[key, view]]), item: () => view };
	const handlers = steeringHandlers({
		project: () => project,
		change: () => Promise.reject(new Error('nothing is wished')),
	} as unknown as Parameters<typeof steeringHandlers>[0]);
	const caller = { person: 'ann' } as unknown as Caller;
	await expect(handlers['item.give']({ item: { kind: 'key', key } } as never, caller)).rejects.toMatchObject({
		code: 'REFUSED',
		message: '#1 is in blocked: nobody has taken it',
		hint: expect.stringContaining('gangline take 1'),
	});
});
