/**
 * The store's disk: what the twin says that LevelDB does is held against LevelDB. Above all how much of what was written
 * is left when the machine goes down in the middle: the first few batches, each whole, never a part of one.
 */
import { cpSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SimDisk, SimRandom } from '../../shared/ports/sim/index.ts';
import type { Disk, DiskOp, DiskPair } from '../../shared/store/disk.ts';
import { openLevelDisk } from '../../shared/store/level-disk.ts';

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'gangline-disk-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const keys = ['a', 'b', 'c/1', 'c/2', 'ü'] as const;
const opSchema = fc.oneof(
	{ weight: 3, arbitrary: fc.tuple(fc.constantFrom(...keys), fc.uint8Array({ minLength: 1, maxLength: 300 })) },
	{ weight: 1, arbitrary: fc.tuple(fc.constantFrom(...keys), fc.constant(null)) },
);
const batchesSchema = fc.array(fc.array(opSchema, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 8 });
type Ops = readonly (readonly [string, Uint8Array | null])[];

const opsOf = (ops: Ops): DiskOp[] =>
	ops.map(([key, value]) => (value === null ? { kind: 'delete', key } : { kind: 'put', key, value }));

const text = (pairs: Iterable<DiskPair>): string =>
	JSON.stringify([...pairs].map(([key, value]) => [key, Buffer.from(value).toString('hex')]).sort());

async function contents(disk: Disk): Promise<string> {
	const pairs: DiskPair[] = [];
	for await (const pair of disk.scan({ from: '', below: '\u{10ffff}' })) pairs.push(pair);
	return text(pairs);
}

/** What is there after none, one, two, … of the batches. */
function prefixes(batches: readonly Ops[]): string[] {
	const pairs = new Map<string, Uint8Array>();
	return [[], ...batches].map((ops) => {
		for (const [key, value] of ops) value === null ? pairs.delete(key) : pairs.set(key, value);
		return text(pairs);
	});
}

/** LevelDB's log of what is not in a table yet. */
function logOf(path: string): string {
	const [log] = readdirSync(join(path, 'level')).filter((name) => name.endsWith('.log'));
	return join(path, 'level', log ?? 'no log');
}

async function reopened(path: string): Promise<string> {
	const disk = await openLevelDisk(path);
	const found = await contents(disk);
	await disk.close();
	return found;
}

describe('a disk', () => {
	it('[I6] holds the same after the same batches, as LevelDB and as its twin', async () => {
		let run = 0;
		await fc.assert(
			fc.asyncProperty(batchesSchema, async (batches) => {
				const [level, sim] = [await openLevelDisk(join(folder, `same ${run++}`)), new SimDisk().open()];
				for (const ops of batches) for (const disk of [level, sim]) await disk.commit(opsOf(ops));
				const found = await contents(level);
				expect(await contents(sim)).toBe(found);
				expect(found).toBe(prefixes(batches).at(-1));
				for (const key of keys) expect(await sim.get(key)).toEqual(asPlain(await level.get(key)));
				await level.close();
			}),
			{ numRuns: 10 },
		);
	});

	it('[I6] has the first few batches, each whole, wherever LevelDB’s log is cut', async () => {
		const random = new SimRandom('cuts');
		const batches = fc.sample(batchesSchema, { seed: 7, numRuns: 3 }).flat();
		const path = join(folder, 'cut');
		const disk = await openLevelDisk(path);
		for (const ops of batches) await disk.commit(opsOf(ops));
		const possible = prefixes(batches);
		const seen = new Set<number>();
		const size = statSync(logOf(path)).size;
		for (let cut = 0; cut < 40; cut++) {
			const copy = join(folder, `cut ${cut}`);
			cpSync(path, copy, { recursive: true });
			truncateSync(logOf(copy), random.below(size));
			const found = possible.lastIndexOf(await reopened(copy));
			expect(found).toBeGreaterThanOrEqual(0);
			seen.add(found);
		}
		await disk.close();
		expect(seen.size).toBeGreaterThan(3);
	});

	it('[I6] is told apart from a copy of it by its mark, as LevelDB’s folder is', async () => {
		const path = join(folder, 'original');
		const level = await openLevelDisk(path);
		level.note({ schema: 1, batch: 3 });
		await level.close();
		cpSync(path, join(folder, 'copy'), { recursive: true });
		const sim = new SimDisk();
		const first = sim.open();
		first.note({ schema: 1, batch: 3 });
		await first.close();
		for (const [at, original] of [
			['original', true],
			['copy', false],
		] as const) {
			const disk = await openLevelDisk(join(folder, at));
			await disk.close();
			if (!original) sim.restore(sim.backup());
			const twin = sim.open();
			await twin.close();
			expect(disk.mark).toEqual({ schema: 1, batch: 3, original });
			expect(twin.mark).toEqual(disk.mark);
		}
	});
});

describe('the twin of the disk', () => {
	const put = (key: string, value: string): DiskOp[] => [{ kind: 'put', key, value: Buffer.from(value) }];
	const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

	it('[I6] leaves the first few batches when the power goes, every number of them over the seeds', async () => {
		const batches: Ops[] = Array.from({ length: 4 }, (_, n) => [['a', Uint8Array.of(n)]]);
		const possible = prefixes(batches);
		const left = new Set<number>();
		for (let seed = 0; seed < 40; seed++) {
			const disk = new SimDisk();
			const session = disk.open();
			disk.holdSyncs();
			for (const ops of batches) void session.commit(opsOf(ops));
			await turn();
			disk.crash({ random: new SimRandom(seed) });
			left.add(possible.indexOf(await contents(disk.open())));
		}
		expect([...left].sort()).toEqual([0, 1, 2, 3, 4]);
	});

	it('gives the next process what a killed one wrote, and keeps it from then on', async () => {
		const disk = new SimDisk();
		const session = disk.open();
		disk.failNextSync();
		await expect(session.commit(put('a', '1'))).rejects.toThrow('input/output error');
		expect(await session.get('a')).toBeUndefined();
		disk.crash({ kind: 'kill' });
		disk.open();
		disk.crash();
		expect(await disk.open().get('a')).toEqual(new Uint8Array(Buffer.from('1')));
	});

	it('fails every sync, and opens for nobody, until it is mended', async () => {
		const disk = new SimDisk();
		const session = disk.open();
		disk.breakDown();
		for (const key of ['a', 'b']) await expect(session.commit(put(key, '1'))).rejects.toThrow('input/output error');
		disk.crash();
		expect(() => disk.open()).toThrow('could not open the store');
		disk.mend();
		await disk.open().commit(put('a', '2'));
		expect(disk.batches).toBe(1);
	});

	it('refuses what it has no room for, and takes it when there is room again', async () => {
		const disk = new SimDisk();
		const session = disk.open();
		disk.fill(10);
		await session.commit(put('a', '1234'));
		await expect(session.commit(put('b', '123456'))).rejects.toMatchObject({ code: 'ENOSPC' });
		disk.mend();
		await session.commit(put('b', '123456'));
		expect(disk.bytes).toBe(12);
	});
});

function asPlain(bytes: Uint8Array | undefined): Uint8Array | undefined {
	return bytes && new Uint8Array(bytes);
}
