/**
 * Changes of a document from elsewhere, a thousand at a time as they come from many people: read with bounds, proved fit,
 * on disk in the chained store, and only then in the document. Beside bare Level, which stores the same bytes in synced
 * batches of a thousand and knows nothing of them.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Level } from 'level';
import * as Y from 'yjs';
import { ItemText } from '../../shared/documents/index.ts';
import { SimLog } from '../../shared/ports/sim/index.ts';
import { SystemRandom } from '../../shared/ports/system/index.ts';
import { openStore } from '../../shared/store/index.ts';
import { alternate } from './alternate.ts';
import { type BenchResult, judged } from './result.ts';
import type { BenchOptions } from './run.ts';

const atOnce = 1_000;

export async function measureUpdates({ quick }: BenchOptions): Promise<BenchResult> {
	const folder = mkdtempSync(join(tmpdir(), 'gangline-bench-'));
	const store = await openStore(join(folder, 'store'), { log: new SimLog() });
	const database = new Level<string, Uint8Array>(join(folder, 'bare'), { valueEncoding: 'view' });
	const text = await ItemText.open({ store, project: 'p', item: 'i', random: new SystemRandom(), first: '' });
	const [ours, theirs] = [changesOfAText(), changesOfAText()];
	let written = 0;
	try {
		const measured = await alternate(
			{
				once: async () => {
					const updates = ours(atOnce);
					const begin = performance.now();
					await Promise.all(updates.map((update) => text.apply(update, 'a peer')));
					return rate(begin);
				},
			},
			{
				once: async () => {
					const updates = theirs(atOnce);
					const begin = performance.now();
					const puts = updates.map((value, at) => ({ type: 'put' as const, key: `${written} ${at}`, value }));
					written += 1;
					await database.batch(puts, { sync: true });
					return rate(begin);
				},
			},
			{ rounds: quick ? 4 : 15, perRound: 1, warmUp: 3 },
		);
		return judged({
			...measured,
			name: 'durable updates of a document',
			unit: 'per second',
			ours: { ...measured.ours, cpuMs: null },
			peer: { ...measured.peer, cpuMs: null, name: 'bare Level, synced batches of 1,000' },
			goals: [{ of: 'p50', atLeast: 10_000 }],
		});
	} finally {
		await database.close();
		await store.close();
		rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
	}
}

const rate = (begin: number): number => (atOnce / (performance.now() - begin)) * 1_000;

/** Typing: each call makes the next changes of one text, a character each. */
function changesOfAText(): (count: number) => readonly Uint8Array[] {
	const typist = new Y.Doc();
	const made: Uint8Array[] = [];
	typist.on('update', (update: Uint8Array) => made.push(update));
	return (count) => {
		made.length = 0;
		const text = typist.getText('text');
		for (let at = 0; at < count; at += 1) text.insert(text.length, 'x');
		return [...made];
	};
}
