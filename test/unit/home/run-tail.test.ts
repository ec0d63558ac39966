/** What is answered about a run's log, by where the run is, whether it goes on, and what is left of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { localLink, readLog } from '../../../node/compose-worker.ts';
import type { RunRecord } from '../../../node/home/run-book.ts';
import { type RunAsked, tailRun } from '../../../node/home/run-tail.ts';
import { remoteWorker } from '../../../node/home/worker-link.ts';
import { RunLogs } from '../../../node/worker/index.ts';
import { SimClock, SimLog } from '../../../shared/ports/sim/index.ts';
import { workLog } from '../../../shared/protocol/work-methods.ts';
import { oneId, twoId } from '../../support/mesh-pair.ts';
import { connected, type Here } from '../../support/rpc-pair.ts';

const key = '01BX5ZZKBKACTAV9WEVGEMMVRZ';
const project = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
const over = { run: '1.1', node: twoId, startedAt: 1, endedAt: 5, outcome: 'result' };
const begun = { run: '1.2', node: twoId, startedAt: 6, endedAt: null, outcome: null };

let folder: string;
let logs: RunLogs;
let here: Here;
beforeEach(async () => {
	folder = mkdtempSync(join(tmpdir(), 'gangline-tail-'));
	logs = new RunLogs({ folder, clock: new SimClock() });
	here = await connected();
	here.answerer.serve(workLog, async ({ key: item, ...query }) => {
		const tail = readLog(logs, item, query);
		return { ...tail, lines: tail.lines.map((line) => ({ ...line, at: Math.floor(line.at) })) };
	});
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(run: string, text: string): void {
	const log = logs.open(key, run);
	log.write('agent', 'stdout', text);
	log.close();
}

async function tail(
	records: readonly (typeof over | typeof begun)[],
	asked: Partial<RunAsked> = {},
	isGone = false,
): Promise<string> {
	const source = {
		runs: () => records as unknown as readonly RunRecord[],
		link: () => remoteWorker(twoId, { rpc: here.asker, project, log: here.log }),
		...{ self: oneId, log: new SimLog() },
		nameOf: (node: string) => (node === twoId ? 'big' : 'desk'),
		isGone: () => isGone,
	};
	const { state, words, lines, run } = await here.finish(tailRun(source, { key, lines: 10, current: null, ...asked }));
	return [`${run?.id ?? '-'} ${state}`, ...lines.map(({ text }) => text), ...(words === null ? [] : [words])].join(
		' | ',
	);
}

describe('the log of a run', () => {
	it('is none where nothing ever ran, and missing under a name that no run has', async () => {
		expect(await tail([])).toBe('- none');
		expect(await tail([], { run: '7.7' })).toBe('- missing | no run 7.7 of this item is known');
	});

	it('is live while somebody works under it, written or not, and final when it is over', async () => {
		expect(await tail([over, begun], { current: '1.2' })).toBe('1.2 live');
		write('1.2', 'word\n');
		expect(await tail([over, begun], { current: '1.2' })).toBe('1.2 live | word');
		write('1.1', 'earlier\n');
		expect(await tail([over, begun], { current: '1.2', run: '1.1' })).toBe('1.1 final | earlier');
		expect(await tail([over, begun], { current: '1.3' })).toBe('1.2 final | word');
	});

	it('is missing, with how the run ended, when the worker has nothing of it any more', async () => {
		expect(await tail([over])).toBe('1.1 missing | the log of run 1.1 is no longer on big; the run ended: result');
	});

	it('is away while its worker cannot be asked, and there again when it is back', async () => {
		write('1.1', 'word\n');
		here.net.partition(oneId, twoId);
		expect(await tail([over])).toMatch(
			/^1\.1 away \| the log of run 1\.1 is on big, which cannot be asked now: .+; the run ended: result$/,
		);
		expect(await tail([over], {}, true)).toMatch(/^1\.1 missing \| .* went with big, which is no longer in the mesh/);
	});

	it('is looked through where it is, and one without what was looked for is there all the same', async () => {
		write('1.1', 'An ERROR\nfine\nanother error\n');
		expect(await tail([over], { contains: 'error' })).toBe('1.1 final | An ERROR | another error');
		expect(await tail([over], { contains: 'nowhere' })).toBe('1.1 final');
		expect(await tail([over, begun], { contains: 'error' })).toMatch(/^1\.2 missing/);
	});

	it('is read by the home itself where it ran there', async () => {
		write('1.1', 'word\n');
		const link = () => localLink({ worker: undefined as never, logs, clonePath: () => '/nowhere' });
		const source = { runs: () => [], link, self: oneId, log: new SimLog(), nameOf: () => 'desk', isGone: () => false };
		const { state, run } = await tailRun(source, { key, lines: 10, current: null });
		expect([state, run?.id]).toEqual(['final', '1.1']);
	});
});
