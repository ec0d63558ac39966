/**
 * [I6] for real: a process that writes to its store as fast as it can is killed with SIGKILL at random moments, 200
 * times over (40 in the short form), each time on the store that the last one left. Afterwards everything that it said it had is there.
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SimLog, SimRandom } from '../../shared/ports/sim/index.ts';
import { openStore } from '../../shared/store/index.ts';
import { type Acknowledged, check, note, nothingAcknowledged } from '../support/crashes/store-judge.ts';

const kills = process.env.GANGLINE_TEST_ALL ? 200 : 40;
/** Each store lives through this many kills; longer histories would test the same, slower. */
const killsPerStore = 10;
/** Stores written to at a time, one for each of two cores. */
const lanes = 2;
const writer = fileURLToPath(new URL('../support/store-writer.ts', import.meta.url));

describe('a process that is killed while it writes', () => {
	let folder: string;
	const running = new Set<ChildProcess>();

	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), 'gangline-crash-'));
	});

	afterEach(() => {
		for (const child of running) child.kill('SIGKILL');
		rmSync(folder, { recursive: true });
	});

	it(`[I6] loses nothing that it acknowledged, in ${kills} kills`, { timeout: 180_000 }, async () => {
		// Without arguments it ends by itself, and only a process that does leaves what it compiled.
		spawnSync(process.execPath, [writer], { env: compiledEnvironment() });
		let lines = 0;
		const waiting = Array.from({ length: kills / killsPerStore }, (_, number) => number);
		const runLane = async (): Promise<void> => {
			for (let number = waiting.pop(); number !== undefined; number = waiting.pop()) {
				lines += await runStore(join(folder, `store ${number}`), new SimRandom(`store ${number}`));
			}
		};
		await Promise.all(Array.from({ length: lanes }, runLane));
		expect(lines).toBeGreaterThan(5 * kills);
	});

	async function runStore(path: string, random: SimRandom): Promise<number> {
		const acknowledged = nothingAcknowledged();
		for (let round = 0; round < killsPerStore; round++) {
			await writeUntilKilled(path, random, acknowledged, round % 10 === 0);
			if (round % 5 === 4) await check(path, acknowledged);
		}
		return acknowledged.lines;
	}

	/** Where the writer lies compiled: starting is most of what a process does that is killed at once. */
	const compiledEnvironment = (): NodeJS.ProcessEnv => ({
		...process.env,
		NODE_COMPILE_CACHE: join(folder, 'compiled'),
	});

	/** Runs the writer for a few lines and a moment; what it printed counts, also what was read after its death. */
	async function writeUntilKilled(
		path: string,
		random: SimRandom,
		acknowledged: Acknowledged,
		triesLock: boolean,
	): Promise<void> {
		const child = spawn(process.execPath, [writer, path, `${random.below(1e9)}`], {
			stdio: ['ignore', 'pipe', 'pipe'],
			env: compiledEnvironment(),
		});
		running.add(child);
		let output = '';
		let errors = '';
		child.stderr.on('data', (bytes: Buffer) => {
			errors += bytes.toString();
		});
		const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
		const begun = new Promise<void>((resolve) => {
			const enough = random.below(25);
			child.stdout.on('data', (bytes: Buffer) => {
				output += bytes.toString();
				if (output.split('\n').length > 1 + enough) resolve();
			});
		});
		await Promise.race([begun, ended]);
		if (triesLock) {
			await expect(openStore(join(path, 'store'), { log: new SimLog() })).rejects.toMatchObject({
				code: 'STORE_LOCKED',
			});
		}
		child.kill('SIGKILL');
		await ended;
		running.delete(child);
		expect(errors).toBe('');
		for (const line of output.split('\n').slice(0, -1)) note(acknowledged, line);
	}
});
