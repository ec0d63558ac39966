/**
 * One fault at a time in the files of a real store: a flipped bit or a cut-off end, at random places from a seed. Every
 * opening must show all that was acknowledged, or name the damage, or refuse. What this cannot find, and nothing could:
 * a disk that loses the end of the database's log and the mark beside it at once. Then the same in a mesh: what one store
 * has lost, the others bring again. A thousand faults in the long form, half of them each.
 */
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GanglineError, type Store, type StoreWrite } from '../../shared/ports/index.ts';
import { SimLog, SimRandom } from '../../shared/ports/sim/index.ts';
import { openStore } from '../../shared/store/index.ts';
import { harmOneFile } from '../support/crashes/damage.ts';
import { type DamageCount, DamagedMesh, type Victim } from '../support/crashes/damaged-mesh.ts';

/** Faults in a store alone, and in a mesh. */
const runs = process.env.GANGLINE_TEST_LONG ? 500 : 30;

const append = (stream: string, bytes: Uint8Array): StoreWrite => ({ kind: 'append', stream, bytes });
const open = (path: string): Promise<Store> => openStore(path, { log: new SimLog() });

describe('a store whose files were damaged', () => {
	let folder: string;
	let path: string;

	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), 'gangline-damage-'));
		path = join(folder, 'store');
	});

	afterEach(() => rmSync(folder, { recursive: true }));

	it('[I6] shows what it acknowledged or names the damage, whatever one file was flipped or cut', {
		timeout: 900_000,
	}, async () => {
		const random = new SimRandom('damage');
		const acknowledged = await fill(await open(path), random);
		const outcomes = { intact: 0, named: 0, refused: 0 };
		for (let run = 0; run < runs; run++) {
			const copy = join(folder, `copy-${run}`);
			cpSync(path, copy, { recursive: true });
			harmOneFile(copy, random);
			outcomes[await judge(copy, acknowledged)]++;
			rmSync(copy, { recursive: true });
		}
		expect(outcomes.named + outcomes.refused).toBeGreaterThan(runs / 5);
		expect(outcomes.named).toBeGreaterThan(runs / 10);
		console.info(`e2e/store-damage: a store, ${runs} times: ${JSON.stringify(outcomes)}`);
	});

	/** Streams of random entries over many batches, some compacted, and a record per batch; closed like a killed process's. */
	async function fill(store: Store, random: SimRandom): Promise<ReadonlyMap<string, readonly string[]>> {
		const acknowledged = new Map<string, string[]>();
		for (let batch = 0; batch < 120; batch++) {
			const stream = `s${random.below(4)}`;
			const bytes = random.bytes(random.below(3000));
			await store.write([append(stream, bytes), { kind: 'put', key: `last/${stream}`, value: batch }]);
			const entries = acknowledged.get(stream) ?? [];
			acknowledged.set(stream, [...entries, Buffer.from(bytes).toString('hex')]);
			acknowledged.set(`last/${stream}`, [String(batch)]);
			if (batch !== 60) continue;
			const through = store.lastSeq(stream);
			await store.write([{ kind: 'compact', stream, through, snapshot: Buffer.from('snapshot') }]);
			acknowledged.set(stream, [Buffer.from('snapshot').toString('hex')]);
			// Into a table file, so that there is more to harm than a log.
			await store.close();
			store = await open(path);
		}
		await store.close();
		return acknowledged;
	}
});

async function judge(
	path: string,
	acknowledged: ReadonlyMap<string, readonly string[]>,
): Promise<'intact' | 'named' | 'refused'> {
	let store: Store;
	try {
		store = await open(path);
	} catch (error) {
		expect(error).toBeInstanceOf(GanglineError);
		expect(['STORE_DAMAGED', 'STORE_FAILED']).toContain(error instanceof GanglineError && error.code);
		return 'refused';
	}
	let isWhole = true;
	for (const [stream, expected] of acknowledged) {
		if (stream.startsWith('last/')) {
			isWhole &&= String(await store.get(stream)) === expected[0];
			continue;
		}
		const entries = (await store.read(stream)).map(({ bytes }) => Buffer.from(bytes).toString('hex'));
		expect(entries).toEqual(expected.slice(0, entries.length));
		isWhole &&= entries.length === expected.length;
	}
	const { damaged } = store;
	if (!isWhole) expect(damaged.length).toBeGreaterThan(0);
	for (const { quarantine } of damaged) {
		expect(quarantine.startsWith(path)).toBe(true);
		expect(existsSync(join(quarantine, 'report.txt'))).toBe(true);
	}
	await store.write([{ kind: 'append', stream: 's0', bytes: Buffer.from('still in use') }]);
	await store.close();
	const again = await open(path);
	expect(again.damaged).toEqual([]);
	await again.close();
	return damaged.length > 0 ? 'named' : 'intact';
}

describe('a mesh of which one store was damaged', () => {
	let folder: string;

	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), 'gangline-damage-'));
	});

	afterEach(() => rmSync(folder, { recursive: true }));

	const halves: readonly (readonly [Victim, string])[] = [
		['ann', '[I1] [I6] has on the damaged replica again all that was acknowledged'],
		['desk', '[I1] [I6] has at the damaged home again all that was acknowledged'],
	];
	it.each(halves)('%s: %s', { timeout: 900_000 }, async (victim) => {
		const mesh = new DamagedMesh(folder, victim);
		await mesh.fill();
		const count: DamageCount = { dead: 0, named: 0, refused: 0, wrong: [] };
		const random = new SimRandom(`damage ${victim}`);
		for (let run = 0; run < runs / 2; run++) await mesh.run(victim, random, count);
		expect(count.wrong).toEqual([]);
		expect(count.named + count.refused).toBeGreaterThan(runs / 10);
		const { wrong: _none, ...seen } = count;
		console.info(`e2e/store-damage: ${victim} in a mesh, ${runs / 2} times: ${JSON.stringify(seen)}`);
	});
});
