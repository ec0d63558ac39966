/** Set-up and gates of whole attempts, with real clones, processes and confinement. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { agent, files, gate, script } from '../support/bench-settings.ts';
import { shell } from '../support/git.ts';
import { processesWith } from '../support/hostile-tree.ts';
import { type Bench, makeBench, noted } from '../support/work-bench.ts';

let bench: Bench;
afterEach(async () => {
	await bench.dispose();
});

describe('set-up', () => {
	test('runs once per clone and checkout, again for another lockfile, and brings copied files', async () => {
		const setup = { commands: ['echo run >> "$HOME/setups"; mkdir -p deps; echo dep > deps/x'], copy: ['.env'] };
		bench = await makeBench(
			{ ...files, 'package-lock.json': '{}' },
			{ agent: agent('claude-code'), setup, gate: gate('cat deps/x .env') },
		);
		writeFileSync(join(bench.checkout, '.env'), 'TOKEN=1\n');
		const { work } = await bench.worker();
		const first = await work(bench.task({ description: 'FAKE:commit' }, { agent: 'ada' }));
		if (first.kind !== 'result') throw new Error(JSON.stringify(first));
		// Neither what set-up made nor what was copied is the agent's work.
		expect(shell(bench.canonical.path, 'diff', '--name-only', bench.main, first.commit)).toBe('work.txt');
		expect(noted(bench.home, 'setups')).toBe('run\nrun\n');
		await work(bench.task({ description: 'FAKE:commit' }, { agent: 'ada' }));
		expect(noted(bench.home, 'setups')).toBe('run\nrun\n');
		const script = '```sh\necho "{1}" > package-lock.json\n```';
		expect(await work(bench.task({ description: script }))).toMatchObject({ kind: 'result' });
		// A new clone for the script, and the gate checkout for the lockfile.
		expect(noted(bench.home, 'setups')).toBe('run\nrun\nrun\nrun\n');
	});

	test('blocks the item with command, exit and output when it fails', async () => {
		bench = await makeBench(files, { setup: { commands: ['echo no network >&2; exit 9'] } });
		const { work } = await bench.worker();
		const report = await work(bench.task({ description: script('echo x > y') }));
		expect(report).toMatchObject({
			kind: 'blocked',
			reason: 'set-up: `echo no network >&2; exit 9` ended with 9\nno network',
		});
	});
});

/** Holds a port, a temporary folder and a cache of its own until as many as are named hold theirs; throws where two meet. */
const party = `
import { mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
const [met, name, count] = process.argv.slice(2);
const mine = process.env.TMPDIR + '/mine';
mkdirSync('cache', { recursive: true });
for (const path of [mine, 'cache/lock']) mkdirSync(path);
const server = createServer();
await new Promise((resolve, reject) => {
	server.once('error', reject);
	server.listen(Number(process.env.GANGLINE_PORT_BASE), '127.0.0.1', resolve);
});
writeFileSync(met + '/' + name, process.env.GANGLINE_PORT_BASE);
while (readdirSync(met).length < Number(count)) await new Promise((resolve) => setTimeout(resolve, 20));
server.close();
for (const path of [mine, 'cache/lock']) rmdirSync(path);
`;

test('[I9] gates and agents of one project that run at once have ports, temporary folders and caches of their own', async () => {
	const command = '[ -e "$HOME/beside" ] || exit 0; "$HOME/party" "gate-$(cat name.txt)" 4';
	bench = await makeBench(
		{ ...files, '.gitignore': 'ignored\ncache\n' },
		{ gate: gate(command), work: { caches: ['cache'] } },
	);
	const met = join(bench.home, 'met');
	mkdirSync(met);
	writeFileSync(join(bench.home, 'party.mjs'), party);
	const runs = `#!/bin/sh\nexec '${process.execPath}' '${join(bench.home, 'party.mjs')}' '${met}' "$@"\n`;
	writeFileSync(join(bench.home, 'party'), runs, { mode: 0o755 });
	writeFileSync(join(bench.home, 'beside'), '');
	const { work } = await bench.worker({ slots: 4 });
	const task = (name: string, line: string) =>
		work(bench.task({ key: name, description: script(`echo ${name} > name.txt\n${line}`) }));
	const reports = await Promise.all([
		task('one', 'true'),
		task('two', 'true'),
		task('three', `'${join(bench.home, 'party')}' three 4`),
		task('four', `'${join(bench.home, 'party')}' four 4`),
	]);
	expect(reports.map(({ kind }) => kind)).toEqual(['result', 'result', 'result', 'result']);
	const held = ['gate-one', 'gate-two', 'three', 'four'].map((name) => readFileSync(join(met, name), 'utf8'));
	expect(new Set(held).size).toBe(4);
}, 60_000);

describe('gates', () => {
	const cases: readonly [name: string, gate: object, expected: object][] = [
		[
			'a missing program',
			{ command: 'no-such-program' },
			{ outcome: 'error', why: expect.stringContaining('could not be run') },
		],
		['a file that may not be run', { command: './a.txt' }, { outcome: 'error', why: expect.stringContaining('126') }],
		[
			'a time-out',
			{ command: 'sleep 600; :', timeout_seconds: 1 },
			{ outcome: 'error', why: 'it was not done after 1 s' },
		],
		[
			'no test',
			{ command: 'echo "no tests ran in 0.01s"', kind: 'test' },
			{ outcome: 'error', why: 'no test was executed' },
		],
		[
			'a changed file',
			{ command: 'echo x >> a.txt' },
			{ outcome: 'error', why: 'it changed the tree that it tests: a.txt' },
		],
		[
			'a new file',
			{ command: 'echo x > new.txt' },
			{ outcome: 'error', why: 'it changed the tree that it tests: new.txt' },
		],
		['an ignored file', { command: 'echo x > ignored' }, { outcome: 'passed', why: '' }],
		['a failing part of a pipe', { command: 'false | cat' }, { outcome: 'failed', why: 'it ended with 1' }],
		[
			'failing tests',
			{ command: 'echo "1 failed, 2 passed in 0.1s"; exit 1' },
			{ outcome: 'failed', why: '1 of 3 tests failed' },
		],
		[
			'a signal',
			{ command: 'kill -SEGV $$' },
			{ outcome: 'failed', why: expect.stringContaining('it was ended by SIGSEGV') },
		],
	];

	test('judge each way to fail', async () => {
		bench = await makeBench(files);
		const { gates } = await bench.worker();
		for (const [name, settings, expected] of cases) {
			const config = bench.config({ gate: [{ name: 'g', ...settings }] });
			const verdict = await gates.verdict({ commit: bench.main, config });
			expect(verdict.gates, name).toMatchObject([expected]);
			expect(verdict.passed, name).toBe(verdict.gates[0]?.outcome === 'passed');
		}
	});

	test('repeat a flaky one, and let the majority decide', async () => {
		bench = await makeBench(files);
		const { gates } = await bench.worker();
		const flaky = (passes: string) =>
			bench.config({
				gate: [
					{
						name: 'g',
						flaky_runs: 3,
						command: `n=$(cat "$HOME/n" || echo 0); echo $((n+1)) > "$HOME/n"; case $n in ${passes}) ;; *) exit 1;; esac`,
					},
				],
			});
		writeFileSync(join(bench.home, 'n'), '0');
		expect((await gates.verdict({ commit: bench.main, config: flaky('1|2') })).gates).toMatchObject([
			{ outcome: 'passed', runs: 3 },
		]);
		writeFileSync(join(bench.home, 'n'), '0');
		expect((await gates.verdict({ commit: bench.main, config: flaky('2') })).gates).toMatchObject([
			{ outcome: 'failed', runs: 2 },
		]);
		writeFileSync(join(bench.home, 'n'), '0');
		expect((await gates.verdict({ commit: bench.main, config: flaky('0') })).gates).toMatchObject([
			{ outcome: 'passed', runs: 1 },
		]);
	});

	test('run once for all who ask at the same time, and not again for a tree that passed', async () => {
		bench = await makeBench(files);
		const { gates } = await bench.worker();
		const config = bench.config({ gate: [{ name: 'g', command: 'echo run >> "$HOME/runs"' }] });
		const ask = () => gates.verdict({ commit: bench.main, config });
		const verdicts = await Promise.all([ask(), ask(), ask()]);
		verdicts.push(await ask());
		expect(new Set(verdicts.map(({ passed }) => passed))).toEqual(new Set([true]));
		expect(noted(bench.home, 'runs')).toBe('run\n');
	});

	test('[I5] end at once when nobody waits for them any more', async () => {
		bench = await makeBench(files);
		const { gates } = await bench.worker();
		const config = bench.config({ gate: [{ name: 'g', command: 'echo up; sleep 86398; :' }] });
		const controller = new AbortController();
		const verdict = gates.verdict({
			commit: bench.main,
			config,
			signal: controller.signal,
			onLog: (_, __, text) => text.includes('up\n') && controller.abort(),
		});
		await expect(verdict).rejects.toMatchObject({ code: 'STOPPING' });
		expect(processesWith('sleep\u000086398')).toEqual([]);
	});
});
