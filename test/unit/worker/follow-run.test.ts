/** A run's log as it is written: in this process, and over a line that is cut again and again. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { followItem } from '../../../node/home/follow-item.ts';
import { remoteWorker } from '../../../node/home/worker-link.ts';
import { followRun, RunLogs } from '../../../node/worker/index.ts';
import type { ChangeEvent, LogLine } from '../../../shared/operations/index.ts';
import { SimClock } from '../../../shared/ports/sim/index.ts';
import { workLines } from '../../../shared/protocol/work-methods.ts';
import { LiveLogs } from '../../../shared/replica/index.ts';
import { oneId, twoId } from '../../support/mesh-pair.ts';
import { connected } from '../../support/rpc-pair.ts';

const key = '01BX5ZZKBKACTAV9WEVGEMMVRZ';
const project = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
const run = '1.1';

let folder: string;
let logs: RunLogs;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'gangline-follow-'));
	logs = new RunLogs({ folder, clock: new SimClock() });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const text = (lines: number, from = 0): string =>
	Array.from({ length: lines }, (_, at) => `line ${from + at}\n`).join('');

async function read(after: number, signal = new AbortController().signal): Promise<LogLine[]> {
	const lines: LogLine[] = [];
	for await (const some of followRun(logs, { key, run, after }, signal)) lines.push(...some);
	return lines;
}

describe('followRun', () => {
	it('gives what was written and what comes, each line once, until the run ends', async () => {
		const log = logs.open(key, run);
		log.write('agent', 'stdout', text(300));
		const reading = read(-100);
		for (let at = 300; at < 6_000; at += 300) {
			log.write('agent', 'stdout', text(300, at));
			if (at % 900 === 0) await new Promise((resolve) => setImmediate(resolve));
		}
		log.close();
		const seqs = (await reading).map(({ seq }) => seq);
		expect(seqs).toEqual(Array.from({ length: 6_000 - 200 }, (_, at) => 201 + at));
		expect((await read(5_990)).length).toBe(10);
	});

	it('ends for a reader that leaves, and for a run that nobody writes', async () => {
		expect(await read(0)).toEqual([]);
		const log = logs.open(key, run);
		const leaving = new AbortController();
		const reading = read(0, leaving.signal);
		await new Promise((resolve) => setImmediate(resolve));
		leaving.abort();
		expect(await reading).toEqual([]);
		log.close();
	});
});

describe('a log of a run on another machine', () => {
	it('comes live, whole and once, however often the line is cut', async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(fc.boolean(), { minLength: 10, maxLength: 20 }), async (cuts) => {
				logs = new RunLogs({ folder: join(folder, 'cut'), clock: new SimClock() });
				await logs.keepOnly(() => false);
				const here = await connected();
				here.answerer.serveStream(workLines, async function* (asked, _peer, signal) {
					for await (const lines of followRun(logs, asked, signal)) yield { lines };
				});
				const link = remoteWorker(twoId, { rpc: here.asker, project, log: here.log });
				const record = { run, key, node: twoId, startedAt: 1, endedAt: null as number | null };
				const source = { runs: () => [record as never], link: () => link, self: oneId, clock: here.clock };
				const told: ChangeEvent[] = [];
				const live = new LiveLogs({ clock: here.clock, log: here.log, publish: (event) => told.push(event) });
				const stop = live.follow({
					...{ project, key, name: '#1', alias: null },
					async *lines(after, signal) {
						for await (const { lines } of followItem(source, { key, after }, signal)) yield lines;
					},
				});
				expect(live.follows(project, key)).toBe(true);
				const log = logs.open(key, run);
				for (const [at, isCut] of cuts.entries()) {
					log.write('agent', 'stdout', text(20, at * 20));
					await here.finish(new Promise<void>((resolve) => void here.clock.after(at % 3 ? 40 : 1_500, resolve)));
					if (!isCut) continue;
					here.net.breakLinks(oneId, twoId);
					await here.connect();
				}
				const before = told.length;
				expect(before).toBeGreaterThan(0);
				log.close();
				record.endedAt = 2;
				await here.finish(new Promise<void>((resolve) => void here.clock.after(5_000, resolve)));
				stop();
				const seqs = told.map((event) => (event.kind === 'log' ? event.line.seq : 0));
				expect(seqs).toEqual(Array.from({ length: cuts.length * 20 }, (_, at) => at + 1));
				expect(live.follows(project, key)).toBe(false);
			}),
			{ numRuns: 8 },
		);
	});
});
