/**
 * When a document of records is begun anew, and what that does to the store. Yjs keeps a structure for every text that
 * was overwritten, in memory and on disk, and nothing ever takes it away again; so a document is left behind when most
 * of it is past, and its records go on in one that has none. Generations are numbers that only rise, never merged.
 */
import type { Store, StoreWrite } from '../ports/index.ts';
import { clientRecord } from './client-id.ts';
import { structuresMin, structuresPerRecordMax } from './limits.ts';

/** How large a document is, and how large it would be without its past. */
export interface DocumentSize {
	/** Structures that Yjs keeps, overwritten texts included. */
	readonly structures: number;
	readonly records: number;
}

/** Bounds that a test may set lower. */
export interface TurnBounds {
	/** Structures below which it is never worth it. */
	readonly structuresMin: number;
	readonly structuresPerRecordMax: number;
}

/** Whether a new generation is due: the past of the document is what most of it is for. */
export function isTurnDue(
	{ structures, records }: DocumentSize,
	bounds: TurnBounds = { structuresMin, structuresPerRecordMax },
): boolean {
	return structures > bounds.structuresMin && structures > bounds.structuresPerRecordMax * records;
}

/** The one after it. */
export function nextGeneration(generation: string): string {
	return String(Number(generation) + 1);
}

/** What takes every generation before `current` away, and `left`, of the documents whose names begin with `prefix`. */
export function closingWrites(
	store: Pick<Store, 'streams'>,
	prefix: string,
	current: string,
	left?: string,
): readonly StoreWrite[] {
	const earlier = store.streams().filter((stream) => {
		const generation = stream.startsWith(prefix) ? stream.slice(prefix.length) : '';
		return generation === left || (/^[1-9]\d*$/.test(generation) && Number(generation) < Number(current));
	});
	return earlier.flatMap((stream): StoreWrite[] => [
		{ kind: 'drop', stream },
		{ kind: 'delete', key: clientRecord(stream) },
	]);
}
