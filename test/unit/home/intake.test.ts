/** What other nodes want is taken in bounded batches, and nobody waits for all that somebody else has to say. */
import { expect, it } from 'vitest';
import { Intake, type IntakeOptions } from '../../../node/home/intake.ts';
import type { Intent } from '../../../shared/pipeline/index.ts';
import { type AuthorId, authorId, parseNodeId } from '../../../shared/ports/index.ts';
import { SimClock, SimLog } from '../../../shared/ports/sim/index.ts';

const node = parseNodeId(`n${'1'.repeat(16)}`);
const at = (name: string): AuthorId => authorId(parseNodeId(`n${name.repeat(16)}`), '00000001', 'edge');

it('[I12] [I15] hears who wants one thing before all of those who want thousands', async () => {
	const wanted = new Map(['2', '3', '4', '5', '6'].map((name) => [at(name), 2_000]));
	wanted.set(at('7'), 1);
	const acceptedUpTo: Record<string, number> = {};
	const folds: (readonly Intent[])[] = [];
	const entry = (author: AuthorId, n: number): Intent => ({ author, n, at: [0, 0] }) as unknown as Intent;
	const home = {
		facts: { acceptedUpTo, authors: {} },
		accept: async (batch: readonly Intent[]) => {
			folds.push(batch);
			for (const { author, n } of batch) acceptedUpTo[author] = n;
		},
		publish: async () => {},
	};
	const intake = new Intake({
		...{ home: home as unknown as IntakeOptions['home'], node, isOwn: () => false, refusals: () => ({}) },
		logs: {
			digests: () => [...wanted].map(([author, n]) => ({ author, n, hash: '' })),
			intentsAfter: (author: AuthorId, after: number) =>
				Array.from({ length: (wanted.get(author) ?? 0) - after }, (_, index) => entry(author, after + index + 1)),
			trimmedAfter: () => 0,
			subscribe: () => () => {},
		} as unknown as IntakeOptions['logs'],
		rights: {
			isKnown: () => true,
			of: () => ['user'],
			isGone: () => false,
			speaksFor: () => true,
			subscribe: () => () => {},
		},
		...{ clock: new SimClock(), log: new SimLog() },
	});
	intake.start();
	await intake.idle();
	await intake.stop();
	expect(folds.findIndex((batch) => batch.some(({ author }) => author === at('7')))).toBe(1);
	expect(acceptedUpTo).toEqual(Object.fromEntries(wanted));
});
