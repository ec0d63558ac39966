/** Tables that LevelDB really wrote, packed and not, are sound; any bit of a block that is flipped is found. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SimLog, SimRandom } from '../../../shared/ports/sim/index.ts';
import { openStore } from '../../../shared/store/index.ts';
import { disarmTables } from '../../../shared/store/table-check.ts';

describe('tables of LevelDB', () => {
	let folder: string;
	let level: string;

	beforeEach(async () => {
		folder = mkdtempSync(join(tmpdir(), 'gangline-tables-'));
		level = join(folder, 'level');
		const random = new SimRandom('tables');
		const store = await openStore(folder, { log: new SimLog() });
		for (let n = 0; n < 60; n++) {
			// Every other one packs well.
			const bytes = n % 2 === 0 ? random.bytes(1_500) : Buffer.alloc(3_000, 'again ');
			await store.write([{ kind: 'append', stream: `s${n % 7}`, bytes }]);
		}
		await store.close();
		// What is in the log becomes a table.
		await (await openStore(folder, { log: new SimLog() })).close();
	});

	afterEach(() => rmSync(folder, { recursive: true }));

	const tables = (): string[] => readdirSync(level).filter((name) => name.endsWith('.ldb'));

	it('are sound as they were written', () => {
		expect(tables().length).toBeGreaterThan(0);
		expect(disarmTables(level)).toEqual([]);
	});

	it('[I6] are disarmed wherever a bit of them is flipped, and LevelDB lives and names it', async () => {
		const random = new SimRandom('flips');
		const [name = ''] = tables();
		const sound = readFileSync(join(level, name));
		for (let run = 0; run < 200; run++) {
			const bytes = Buffer.from(sound);
			const place = random.below(bytes.length - 48);
			bytes[place] = (bytes[place] ?? 0) ^ (1 << random.below(8));
			writeFileSync(join(level, name), bytes);
			expect(disarmTables(level), `byte ${place}`).toEqual([name]);
			expect(readFileSync(join(level, `${name}.damaged`)).equals(bytes)).toBe(true);
		}
		const store = await openStore(folder, { log: new SimLog() });
		expect(store.damaged.length).toBeGreaterThan(0);
		await store.close();
	});
});
