/**
 * Opening a store on a disk: verify everything, set aside what is broken, and only then serve. A store of a newer
 * schema is refused untouched. Its *incarnation* goes up whenever what it holds may be older than what it once said (a
 * repair, a restored copy): who gave numbers out from it, such as the client ids of documents, takes new ones then.
 */
import { type Damage, ganglineError, type Log, type Store } from '../ports/index.ts';
import { ChainedStore } from './chained-store.ts';
import type { Disk, DiskPair } from './disk.ts';
import { type Inspection, inspect, remains } from './inspect.ts';
import {
	batchKey,
	decodeRecord,
	encodeMarker,
	encodeRecord,
	encodeSchema,
	schemaKey,
	schemaNumber,
	valueKey,
} from './layout.ts';

const incarnationKey = 'store/incarnation';

/** How often this store has come back with possibly less than it had; 1 for one that never did. */
export async function incarnationOf(store: Store): Promise<number> {
	const value = await store.get(incarnationKey);
	return typeof value === 'number' ? value : 1;
}

/** The store on `disk`, verified. Closes the disk when it refuses. */
export async function openOnDisk(disk: Disk, log: Log): Promise<ChainedStore> {
	try {
		const found = await inspect(disk);
		refuseNewer(disk.path, Math.max(found.schema ?? 0, disk.mark?.schema ?? 0));
		if (found.faults.length > 0) return await openDamaged(disk, found, log);
		if (found.schema === undefined) return await openNew(disk, found);
		const store = new ChainedStore(disk, found, []);
		if (!disk.mark?.original) await noteCopy(store, disk, log);
		return store;
	} catch (error) {
		await disk.close();
		throw error;
	}
}

/** Refuses what a newer version has written, before anything is changed. */
export function refuseNewer(path: string, schema: number): void {
	if (schema <= schemaNumber) return;
	throw ganglineError(
		'SCHEMA_TOO_NEW',
		`the store ${path} has schema ${schema}, this version knows schemas up to ${schemaNumber}: nothing was changed`,
		{ hint: 'Start the newer version of gangline that wrote it.', data: { found: schema, known: schemaNumber } },
	);
}

async function openNew(disk: Disk, found: Inspection): Promise<ChainedStore> {
	await disk.commit([
		{ kind: 'put', key: schemaKey, value: encodeSchema(schemaNumber) },
		{ kind: 'put', key: batchKey(1), value: encodeMarker(1, 1) },
		{ kind: 'put', key: valueKey(incarnationKey), value: encodeRecord(incarnationKey, 1) },
	]);
	disk.note({ schema: schemaNumber, batch: 1 });
	return new ChainedStore(disk, { ...found, schema: schemaNumber, batch: 1, base: 1 }, []);
}

async function openDamaged(disk: Disk, found: Inspection, log: Log): Promise<ChainedStore> {
	const batch = found.batch + 1;
	const incarnation = (await readIncarnation(disk)) + 1;
	const report = found.faults.map((fault) => `${fault.stream} from ${fault.from}: ${fault.reason}\n`).join('');
	const quarantine = await disk.startAgain(afterRepair(disk, found, { batch, incarnation }), report);
	disk.note({ schema: schemaNumber, batch });
	const damaged: readonly Damage[] = found.faults.map((fault) => ({ ...fault, quarantine }));
	for (const damage of damaged) log.error('store.damaged', { store: disk.path, ...damage });
	return new ChainedStore(disk, { ...found, schema: schemaNumber, batch, base: batch }, damaged);
}

async function* afterRepair(
	disk: Disk,
	found: Inspection,
	next: { readonly batch: number; readonly incarnation: number },
): AsyncIterable<DiskPair> {
	for await (const pair of remains(disk, found, next.batch)) if (pair[0] !== valueKey(incarnationKey)) yield pair;
	yield [valueKey(incarnationKey), encodeRecord(incarnationKey, next.incarnation)];
}

async function readIncarnation(disk: Disk): Promise<number> {
	try {
		const bytes = await disk.get(valueKey(incarnationKey));
		const value = bytes && decodeRecord(incarnationKey, bytes)?.value;
		return typeof value === 'number' ? value : 1;
	} catch {
		// What cannot be read is reported by the inspection; a number that was never given out is as good.
		return 1;
	}
}

async function noteCopy(store: ChainedStore, disk: Disk, log: Log): Promise<void> {
	const incarnation = (await incarnationOf(store)) + 1;
	await store.write([{ kind: 'put', key: incarnationKey, value: incarnation }]);
	log.warn('store.copied', { store: disk.path, incarnation, why: 'it was restored or copied, or its mark is gone' });
}
