/** The project's history as answers show it: a local stream of accepted transitions and refusals. */
import { z } from 'zod';
import { type HistoryAnswer, historyAnswerSchema } from '../../shared/operations/index.ts';
import { goneItem, type HistoryEntry } from '../../shared/pipeline/index.ts';
import type { Store, StoreWrite } from '../../shared/ports/index.ts';
import { entryBytesMax, soundRecord } from '../../shared/store/index.ts';

const stored = historyAnswerSchema.omit({ project: true });
type StoredEntry = z.output<typeof stored>;

/** Entries of one stream record at most: a fold of thousands is several records in one batch. */
const entriesPerRecord = 500;
/** And bytes: what the store takes as one entry, with room. Words of five hundred people may be longer together. */
const recordBytesMax = entryBytesMax / 2;

export function historyStream(project: string): string {
	return `history/${project}`;
}

/** What keeps entries, for the batch of the facts they belong to. */
export function historyWrites(project: string, entries: readonly HistoryEntry[]): readonly StoreWrite[] {
	const records: string[][] = [];
	let bytes = 0;
	for (const entry of entries) {
		const text = JSON.stringify(toStored(entry));
		bytes += Buffer.byteLength(text) + 1;
		const record = records.at(-1);
		if (record !== undefined && record.length < entriesPerRecord && bytes <= recordBytesMax) record.push(text);
		else {
			records.push([text]);
			bytes = Buffer.byteLength(text) + 1;
		}
	}
	const stream = historyStream(project);
	return records.map((texts) => ({ kind: 'append', stream, bytes: Buffer.from(`[${texts.join(',')}]`) }));
}

/** Newest last; `before` a revision, of one item or all, at most `limit`. */
export async function readHistory(
	store: Store,
	query: { project: string; key?: string | undefined; before?: number | undefined; limit: number },
): Promise<{ readonly entries: readonly HistoryAnswer[]; readonly more: boolean }> {
	const { project, key, before, limit } = query;
	const found: HistoryAnswer[] = [];
	const names = new Map<string, string>();
	for (const { bytes } of await store.read(historyStream(project))) {
		for (const entry of soundRecord(z.array(stored), historyStream(project), jsonOf(bytes))) {
			if (entry.item !== entry.key) names.set(entry.key, entry.item);
			if (key !== undefined && entry.key !== key) continue;
			if (before !== undefined && (entry.revision ?? 0) >= before) continue;
			found.push({ project, ...entry });
		}
	}
	const named = (entry: HistoryAnswer): HistoryAnswer =>
		entry.item === entry.key ? { ...entry, item: names.get(entry.key) ?? nameless(entry.event) } : entry;
	return { entries: found.slice(-limit).map(named), more: found.length > limit };
}

/** Null where it is none, which is no history either. */
function jsonOf(bytes: Uint8Array): unknown {
	try {
		return JSON.parse(Buffer.from(bytes).toString());
	} catch {
		return null;
	}
}

/** A refused add had no number, and what came after a deletion has none any more. */
function nameless(event: string): string {
	return event === 'add' ? 'a new item' : goneItem;
}

function toStored(entry: HistoryEntry): StoredEntry {
	return {
		key: entry.item,
		item: entry.number === null ? entry.item : `#${entry.number}`,
		revision: entry.revision,
		at: entry.at,
		by: entry.by,
		who: entry.who,
		event: entry.event,
		from: entry.from,
		to: entry.to,
		reason: entry.reason?.slice(0, 2_000) ?? null,
		outcome: entry.outcome,
	};
}
