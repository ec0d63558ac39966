import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RunLogs } from '../../../node/worker/index.ts';
import type { LogLine } from '../../../shared/operations/index.ts';
import { SimClock } from '../../../shared/ports/sim/index.ts';

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'gangline-log-'));
});
afterEach(() => {
	rmSync(folder, { recursive: true, force: true });
});

function make(limits?: { headBytes: number; tailBytes: number }) {
	const heard: LogLine[] = [];
	const logs = new RunLogs({
		folder,
		clock: new SimClock(5_000),
		onLine: (_, line) => heard.push(line),
		...(limits ? { limits } : {}),
	});
	return { logs, heard };
}

describe('RunLogs', () => {
	test('keeps lines with number, time, source and stream, also those that come in pieces', () => {
		const { logs, heard } = make();
		const log = logs.open('k', '1.1');
		log.write('agent', 'stdout', 'hel');
		log.write('gate:test', 'stderr', 'tab\there\r\n');
		log.write('agent', 'stdout', 'lo\nrest');
		log.close();
		const expected = [
			{ seq: 1, run: '1.1', at: 5_000, source: 'gate:test', stream: 'stderr', text: 'tab\there' },
			{ seq: 2, run: '1.1', at: 5_000, source: 'agent', stream: 'stdout', text: 'hello' },
			{ seq: 3, run: '1.1', at: 5_000, source: 'agent', stream: 'stdout', text: 'rest' },
		];
		expect(logs.read('k', '1.1', 100)).toEqual({ lines: expected, dropped: 0 });
		expect(heard).toEqual(expected);
		expect(log.lastLine()).toBe('rest');
	});

	test('[I13] reads nothing but logs of the item that is named', () => {
		const { logs } = make();
		const log = logs.open('other', '1.1');
		log.write('agent', 'stdout', 'a secret\n');
		log.close();
		for (const run of ['../other/1.1', `${folder}/other/1.1`, '../../x', '', 'a\0b']) {
			expect(logs.read('k', run, 100)).toEqual({ lines: [], dropped: 0 });
			expect(logs.after('k', run, -10)).toEqual([]);
		}
	});

	test('[I15] goes on without a word to its writer where nothing can be written, and says so once', () => {
		const lost: unknown[] = [];
		const heard: string[] = [];
		const logs = new RunLogs({
			...{ folder, clock: new SimClock(), onLine: (_, { text }) => heard.push(text) },
			onLost: (...said) => lost.push(said),
		});
		const log = logs.open('k', '1.1');
		// Its disk is gone, which is as good as full.
		rmSync(join(folder, 'k'), { recursive: true });
		for (const line of ['one\n', 'two\n']) log.write('agent', 'stdout', line);
		log.close();
		expect(heard).toEqual(['one', 'two']);
		expect(lost).toEqual([['k', '1.1', expect.objectContaining({ code: 'ENOENT' })]]);
	});

	test('[I15] keeps the beginning and the end of a flood, and its numbers say what is missing', () => {
		const limits = { headBytes: 10_000, tailBytes: 5_000 };
		const { logs } = make(limits);
		const log = logs.open('k', '1.1');
		for (let i = 0; i < 5_000; i++) log.write('agent', 'stdout', `line ${i}\n`);
		log.close();
		const { lines } = logs.read('k', '1.1', 100_000);
		expect(lines[0]?.text).toBe('line 0');
		expect(lines.at(-1)?.text).toBe('line 4999');
		expect(lines.every(({ seq, text }) => text === `line ${seq - 1}`)).toBe(true);
		expect(lines.length).toBeLessThan(1_000);
		const bytes = readdirSync(join(folder, 'k')).reduce((sum, name) => sum + statSync(join(folder, 'k', name)).size, 0);
		expect(bytes).toBeLessThanOrEqual(20_000);
		expect(logs.read('k', '1.1', 2)).toMatchObject({
			lines: [{ text: 'line 4998' }, { text: 'line 4999' }],
			dropped: 4998,
		});
	});

	test('[I15] breaks a line that never ends', () => {
		const { logs } = make();
		const log = logs.open('k', '1.1');
		log.write('agent', 'stdout', 'x'.repeat(10_000));
		log.close();
		expect(logs.read('k', '1.1', 10).lines.map(({ text }) => text.length)).toEqual([4_000, 4_000, 2_000]);
	});

	test('goes on with the numbers of a log that an earlier process wrote', () => {
		const first = make().logs.open('k', '1.1');
		first.write('agent', 'note', 'one\n');
		first.close();
		const { logs } = make();
		const log = logs.open('k', '1.1');
		log.write('agent', 'note', 'two\n');
		log.close();
		expect(logs.read('k', '1.1', 10).lines.map(({ seq, text }) => `${seq} ${text}`)).toEqual(['1 one', '2 two']);
	});

	test('[I15] goes on with a log that had become longer than is kept, and loses none of its newest lines', () => {
		const limits = { headBytes: 100, tailBytes: 400 };
		const write = (from: number, to: number): void => {
			const log = make(limits).logs.open('k', '1.1');
			for (let n = from; n <= to; n++) log.write('agent', 'stdout', `line ${n}\n`);
			log.close();
		};
		for (const [from, to] of [
			[1, 12],
			[13, 14],
			[15, 24],
			[25, 25],
		] as const) {
			write(from, to);
			const texts = make(limits)
				.logs.read('k', '1.1', 6)
				.lines.map(({ text }) => text);
			expect(texts).toEqual([5, 4, 3, 2, 1, 0].map((back) => `line ${to - back}`));
		}
	});

	test('finds the lines that have a text, the last of them, and counts those before', () => {
		const { logs } = make();
		const log = logs.open('k', '1.1');
		log.write('agent', 'stdout', 'An ERROR\nfine\nerror two\nno error at all\n');
		log.close();
		const found = logs.read('k', '1.1', 2, 'error');
		expect([found.lines.map(({ seq, text }) => [seq, text]), found.dropped]).toEqual([
			[
				[3, 'error two'],
				[4, 'no error at all'],
			],
			1,
		]);
		expect(logs.read('k', '1.1', 2, 'nothing')).toEqual({ lines: [], dropped: 0 });
	});

	test('lists runs from the oldest, forgets an item, and knows nothing of others', async () => {
		const { logs } = make();
		for (const run of ['1.2', '1.10']) {
			const log = logs.open('k', run);
			log.write('agent', 'note', 'x\n');
			log.close();
		}
		expect(logs.runs('k')).toEqual(['1.2', '1.10']);
		await logs.keepOnly(() => false);
		expect(logs.runs('k')).toEqual([]);
		expect(logs.read('other', '1.1', 10)).toEqual({ lines: [], dropped: 0 });
	});
});
