/** What is written for an item, one run after the other, where a run has left no lines or its worker is away. */
import { expect, it } from 'vitest';
import { followItem } from '../../../node/home/follow-item.ts';
import type { RunRecord } from '../../../node/home/run-book.ts';
import type { LogLine } from '../../../shared/operations/index.ts';
import { ganglineError } from '../../../shared/ports/index.ts';
import { SimClock } from '../../../shared/ports/sim/index.ts';
import { oneId, twoId } from '../../support/mesh-pair.ts';

const key = '01BX5ZZKBKACTAV9WEVGEMMVRZ';
const record = (run: string, node: string): RunRecord => ({
	...{ run, key, node, role: 'coder', agent: 'claude', startedAt: 1, endedAt: 2, outcome: 'failed' },
	...{ costUsd: 0, inputTokens: 0, outputTokens: 0, runtime: null, edits: null, gates: [], textState: null },
});
const line = (run: string, seq: number): LogLine => ({
	...{ seq, run, at: 1, source: 'agent', stream: 'stdout', text: `line ${seq}` },
});

it('asks once for each run that has ended, also where nothing is left of it or its worker is away', async () => {
	const clock = new SimClock();
	const asked: string[] = [];
	const link = () => ({
		async *follow({ run }: { readonly run: string }) {
			asked.push(run);
			if (asked.length > 10) throw new Error('asked without end');
			if (run === '1.2') throw ganglineError('PEER_GONE', 'away');
			if (run !== '1.3') yield [line(run, 1)];
		},
	});
	const runs = [record('1.1', oneId), record('1.2', twoId), record('1.3', oneId)];
	const leaving = new AbortController();
	const source = { runs: () => runs, link, self: oneId, clock };
	const heard: string[] = [];
	const following = (async () => {
		for await (const { lines } of followItem(source, { key, after: { run: '1.1', seq: 0 } }, leaving.signal))
			heard.push(...lines.map(({ run, text }) => `${run} ${text}`));
	})();
	await clock.advance(500);
	expect(asked).toEqual(['1.1', '1.2', '1.3']);
	runs.push(record('1.4', oneId));
	await clock.advance(1_000);
	expect(heard).toEqual(['1.1 line 1', '1.4 line 1']);
	leaving.abort();
	await clock.advance(1_000);
	await following;
});
