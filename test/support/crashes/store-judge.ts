/**
 * What store-writer.ts has said to be durable, and whether a store that it left has all of that: entries, the logs of its
 * authors, the index, and each batch whole.
 */
import { join } from 'node:path';
import { expect } from 'vitest';
import { z } from 'zod';
import { ProjectIndex } from '../../../shared/documents/index.ts';
import { identityOf, ProjectLogs } from '../../../shared/log/index.ts';
import { intentSchema } from '../../../shared/pipeline/index.ts';
import type { Store } from '../../../shared/ports/index.ts';
import { SimClock, SimLog, SimRandom } from '../../../shared/ports/sim/index.ts';
import { openStore } from '../../../shared/store/index.ts';
import { projectOne } from '../facts.ts';

const lineSchema = z.discriminatedUnion('kind', [
	z.strictObject({
		kind: z.literal('opened'),
		damaged: z.number(),
		appended: z.number(),
		wanted: z.record(z.string(), z.number()),
		revision: z.number(),
	}),
	z.strictObject({ kind: z.literal('appended'), n: z.number() }),
	z.strictObject({ kind: z.literal('wanted'), author: z.string(), n: z.number() }),
	z.strictObject({ kind: z.literal('published'), revision: z.number(), hash: z.string() }),
]);

/** What the writer's processes have said to be durable, over all their lives. */
export interface Acknowledged {
	lines: number;
	appended: number;
	readonly wanted: Map<string, number>;
	published: { readonly revision: number; readonly hash: string };
}

export function nothingAcknowledged(): Acknowledged {
	return { lines: 0, appended: 0, wanted: new Map(), published: { revision: 0, hash: '' } };
}

/** Takes a line that the writer printed; what a new process found must be no less than was said before. */
export function note(acknowledged: Acknowledged, text: string): void {
	const line = lineSchema.parse(JSON.parse(text));
	acknowledged.lines++;
	if (line.kind === 'opened') checkOpened(acknowledged, line);
	else if (line.kind === 'appended') acknowledged.appended = line.n;
	else if (line.kind === 'wanted') acknowledged.wanted.set(line.author, line.n);
	else acknowledged.published = line;
}

/** What the next process found must be no less than what the ones before it said. */
function checkOpened(
	acknowledged: Acknowledged,
	found: z.output<typeof lineSchema> & { readonly kind: 'opened' },
): void {
	expect(found.damaged).toBe(0);
	expect(found.appended).toBeGreaterThanOrEqual(acknowledged.appended);
	expect(found.revision).toBeGreaterThanOrEqual(acknowledged.published.revision);
	for (const [author, n] of acknowledged.wanted) expect(found.wanted[author] ?? 0).toBeGreaterThanOrEqual(n);
}

/** The same seen from outside, and that everything fits together. */
export async function check(path: string, acknowledged: Acknowledged): Promise<void> {
	const store = await openStore(join(path, 'store'), { log: new SimLog() });
	try {
		expect(store.damaged).toEqual([]);
		const lastSeq = store.lastSeq('stream');
		expect(lastSeq).toBeGreaterThanOrEqual(acknowledged.appended);
		// Batches are whole: the record and the entry of one write are there together or not at all.
		expect((await store.get('count')) ?? 0).toBe(lastSeq);
		await checkLogs(store, acknowledged.wanted);
		await checkIndex(store, acknowledged.published);
	} finally {
		await store.close();
	}
}

async function checkLogs(store: Store, wanted: ReadonlyMap<string, number>): Promise<void> {
	const log = new SimLog();
	const logs = await ProjectLogs.open({
		store,
		project: projectOne,
		clock: new SimClock(Number.MAX_SAFE_INTEGER / 2),
		log,
		parse: (value) => intentSchema.parse(value),
	});
	expect(log.lines).toEqual([]);
	const reached = new Map<string, number>(logs.digests().map(({ author, n }) => [author, n]));
	for (const [author, n] of wanted) expect(reached.get(author) ?? 0).toBeGreaterThanOrEqual(n);
}

async function checkIndex(store: Store, published: Acknowledged['published']): Promise<void> {
	const identity = identityOf(new SimRandom('writer').bytes(32));
	const options = { store, project: projectOne, generation: '1', random: new SimRandom('reader') };
	const index = await ProjectIndex.open({ ...options, homeKey: identity.publicKey });
	expect(index.isDamaged).toBe(false);
	expect(index.facts.revision).toBeGreaterThanOrEqual(published.revision);
	if (index.facts.revision === published.revision && published.revision > 0)
		expect(index.stateHash).toBe(published.hash);
	const items: Record<string, unknown> = {};
	let revision = 0;
	for (const { bytes } of await store.read('history')) {
		const line = JSON.parse(Buffer.from(bytes).toString());
		items[line.item.key] = line.item;
		revision = line.revision;
	}
	expect(index.facts.revision).toBe(revision);
	expect(index.facts.items).toEqual(items);
}
