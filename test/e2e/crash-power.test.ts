/**
 * [I6] for real, where the power fails: what a store's writer and a landing home do to their files is recorded call by
 * call, and the power is cut at random places of that record: what was synced stays, of the rest a random part. Whatever
 * was acknowledged before the cut must be there, nothing may be there by half, and git must find every object of main.
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unpack } from '../../shared/backup/index.ts';
import { SimLog } from '../../shared/ports/sim/index.ts';
import { stateFolder } from '../../shared/project/index.ts';
import { openStore } from '../../shared/store/index.ts';
import { LandingCuts } from '../support/crashes/landing-cuts.ts';
import { powerCutsMissing, Recording, type Run } from '../support/crashes/recording.ts';
import { type Acknowledged, check, note, nothingAcknowledged } from '../support/crashes/store-judge.ts';

const long = Boolean(process.env.GANGLINE_TEST_LONG);
const restorer = fileURLToPath(new URL('../support/restore-writer.ts', import.meta.url));
const keeper = fileURLToPath(new URL('../support/backup-writer.ts', import.meta.url));
const writer = fileURLToPath(new URL('../support/store-writer.ts', import.meta.url));
/** LevelDB begins a new log every 4 MiB: the long form sees several, their tables and their compaction. */
const bytesPerLife = long ? 2_500_000 : 1_500_000;
const lives = long ? 5 : 3;

describe.skipIf(powerCutsMissing !== null)(`a power cut (needs ${powerCutsMissing ?? 'nothing more'})`, () => {
	let folder: string;

	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), 'gangline-power-'));
	});

	afterEach(() => rmSync(folder, { recursive: true }));

	/** Lets the writer live and die, cuts the power at places of its lives, and looks at each image. */
	async function cutStore(lives: readonly Omit<Run, 'program' | 'args'>[], count: number): Promise<Acknowledged> {
		const recording = new Recording(folder);
		recording.begin();
		for (const [life, end] of lives.entries())
			expect(await recording.run({ program: writer, args: [recording.root, `${life}`], ...end })).toBe(null);
		const acknowledged = nothingAcknowledged();
		let cuts = 0;
		await recording.cuts({ count, seed: 'store', sameInode: ['store/mark'] }, async ({ image, said }) => {
			for (const line of said.slice(acknowledged.lines)) note(acknowledged, line);
			if (acknowledged.lines > 0) await check(image, acknowledged);
			cuts += 1;
		});
		expect(cuts).toBe(count);
		return acknowledged;
	}

	it('[I6] takes nothing from a store that was acknowledged', { timeout: 1_200_000 }, async () => {
		const killed = { killAfterBytes: bytesPerLife };
		const acknowledged = await cutStore(Array(lives).fill(killed), long ? 500 : 25);
		expect(acknowledged.lines).toBeGreaterThan(200);
	});

	it('[I6] takes nothing that was acknowledged after a death in a sync', { timeout: 1_200_000 }, async () => {
		const acknowledged = await cutStore(Array(3).fill({ killAfterBytes: 100_000, inSync: true }), long ? 500 : 80);
		expect(acknowledged.lines).toBeGreaterThan(30);
	});

	it('[I6] takes no backup that a person was told of', { timeout: 120_000 }, async () => {
		const recording = new Recording(folder);
		recording.begin();
		expect(await recording.run({ program: keeper, args: [recording.root, '6'], killAfterBytes: null })).toBe(0);
		let told = 0;
		await recording.cuts({ count: 40, seed: 'backups' }, async ({ number, image, said, fileSystem }) => {
			for (const name of said) {
				const into = mkdtempSync(join(folder, 'into-'));
				const kept = unpack(join(image, name), into).then(({ at }) => `${at}.tar`);
				await expect(kept, `cut ${number} of ${fileSystem}`).resolves.toBe(name);
			}
			told = said.length;
		});
		expect(told).toBe(6);
	});

	it('[I6] takes nothing of a gateway that was said to be put back', { timeout: 120_000 }, async () => {
		const recording = new Recording(folder);
		recording.begin();
		expect(await recording.run({ program: restorer, args: [recording.root], killAfterBytes: null })).toBe(0);
		let restored = 0;
		await recording.cuts(
			{ count: 40, seed: 'restored', sameInode: ['store/mark'] },
			async ({ number, image, said, fileSystem }) => {
				if (said.length === 0) return;
				restored += 1;
				const { identity, listen, store } = stateFolder({ GANGLINE_HOME: join(image, 'state') }).gateway;
				const where = `cut ${number} of ${fileSystem}`;
				expect(readFileSync(identity, 'utf8'), where).toBe('the key of a gateway');
				expect(readFileSync(listen, 'utf8'), where).toBe('{}');
				const opened = await openStore(store, { log: new SimLog() });
				expect([await opened.get('known'), opened.damaged], where).toEqual(['before', []]);
				await opened.close();
			},
		);
		expect(restored).toBeGreaterThan(10);
	});

	it('[I3] [I6] [I9] takes nothing from main that was said to have landed', { timeout: 1_200_000 }, async () => {
		const recording = new Recording(folder);
		const landings = new LandingCuts(recording, long ? 60 : 12);
		await landings.record(long ? 400_000 : 100_000);
		const where = { count: long ? 500 : 25, seed: 'landings', sameInode: ['store/mark'] };
		const finishing = long ? 25 : 12;
		let said = 0;
		await recording.cuts(where, async (cut) => {
			const wrong = await landings.wrong(cut, cut.number % finishing === finishing - 1);
			expect(wrong, `cut ${cut.number} of ${cut.fileSystem}`).toEqual([]);
			said = cut.said.length;
		});
		expect(said).toBeGreaterThan(10);
	});
});
