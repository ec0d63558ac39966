/** Whole attempts with real clones, processes, confinement and gates; the clients of the services are small fakes. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
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

describe('an attempt with a script', () => {
	test('[I9] commits what the script changed under the title of the item, and reports the verdict on that tree', async () => {
		bench = await makeBench(files, { gate: gate('test "$(cat a.txt)" = b && echo "2 passed in 0.01s"') });
		const { work, logs, worker } = await bench.worker();
		const task = bench.task({ description: script('echo b > a.txt\necho said so'), title: 'Make it b' });
		const report = await work(task);
		if (report.kind !== 'result') throw new Error(JSON.stringify(report));
		expect(report.base).toBe(bench.main);
		expect(report.verdict.gates).toMatchObject([
			{ gate: 'test', outcome: 'passed', tests: { passed: 2, failed: 0, skipped: 0 } },
		]);
		expect(shell(bench.canonical.path, 'log', '-1', '--format=%s', report.commit)).toBe('Make it b');
		expect(shell(bench.canonical.path, 'rev-parse', `${report.commit}^{tree}`)).toBe(report.verdict.tree);
		expect(shell(bench.canonical.path, 'rev-parse', `refs/gangline/attempts/${task.item.key}/1.1`)).toBe(report.commit);
		const lines = logs.read(task.item.key, '1.1', 100).lines.map(({ source, text }) => `${source} ${text}`);
		expect(lines).toContain('agent said so');
		expect(lines).toContain('gate:test 2 passed in 0.01s');
		expect(worker.busy()).toEqual([]);
		expect(worker.reporting.length).toBe(0);
	});

	test('fails with the reason when it fails, and when it changes nothing', async () => {
		bench = await makeBench(files);
		const { work } = await bench.worker();
		expect(await work(bench.task({ description: script('echo oops >&2\nexit 3') }))).toMatchObject({
			kind: 'failed',
			reason: 'the script ended with 3: oops',
			commit: null,
		});
		expect(await work(bench.task({ description: script('true') }))).toMatchObject({
			kind: 'failed',
			reason: 'the script changed nothing',
		});
		expect(await work(bench.task({ description: 'no block' }))).toMatchObject({ kind: 'blocked' });
	});

	test('begins anew from main each time', async () => {
		bench = await makeBench(files, { gate: gate('test "$(cat a.txt)" = c') });
		const { work } = await bench.worker();
		const first = await work(bench.task({ description: script('echo b >> a.txt') }));
		expect(first).toMatchObject({ kind: 'failed', gate: 'test', gateKind: 'test' });
		const second = await work(bench.task({ description: script('echo c > a.txt') }));
		if (second.kind !== 'result') throw new Error(JSON.stringify(second));
		expect(shell(bench.canonical.path, 'rev-list', '--count', `${bench.main}..${second.commit}`)).toBe('1');
	});

	test('[I9] [I13] sees nothing of the node and cannot change what is not its own', async () => {
		bench = await makeBench(files);
		writeFileSync(join(bench.checkout, 'precious'), 'p');
		mkdirSync(join(bench.state, 'store'));
		writeFileSync(join(bench.state, 'store', 'log'), 's');
		const { work, processes } = await bench.worker();
		const objects = join(bench.canonical.path, 'objects');
		const hostile = `rm -rf '${bench.state}/store' '${bench.canonical.path}/refs' '${objects}'/* '${bench.checkout}'/* 2>/dev/null || true
git gc --prune=now -q 2>/dev/null || true
git config core.hooksPath /tmp/x; git branch -f main; git push '${bench.canonical.path}' HEAD:main 2>/dev/null || true
git update-ref refs/heads/main HEAD
env > seen.txt; ls -A '${bench.state}' > listing.txt`;
		const report = await work(bench.task({ description: script(hostile) }));
		if (!processes.confines.enforced) return;
		if (report.kind !== 'result') throw new Error(JSON.stringify(report));
		expect(await bench.canonical.main()).toBe(bench.main);
		expect(readFileSync(join(bench.checkout, 'precious'), 'utf8')).toBe('p');
		expect(readFileSync(join(bench.state, 'store', 'log'), 'utf8')).toBe('s');
		shell(bench.canonical.path, 'fsck', '--full');
		const seen = shell(bench.canonical.path, 'show', `${report.commit}:seen.txt`);
		expect(seen).not.toMatch(/GANGLINE_HOME|SECRET|ANTHROPIC/);
		expect(seen).toMatch(/^GANGLINE_PORT_BASE=21000$/m);
		expect(shell(bench.canonical.path, 'show', `${report.commit}:listing.txt`).split('\n')).not.toContain('store');
	});
});

describe('an attempt with an agent', () => {
	test('reports the commits of the agent, what it cost, and gives it its login but no gate', async () => {
		bench = await makeBench(files, {
			agent: agent('claude-code', { max_cost_usd: 2, model: 'opus' }),
			gate: gate('env > "$HOME/gate-env"'),
		});
		const { work } = await bench.worker();
		const report = await work(bench.task({ description: 'FAKE:commit', words: ['be quick'] }, { agent: 'ada' }));
		expect(report).toMatchObject({ kind: 'result', usage: { costUsd: 0.0177, inputTokens: 3000, outputTokens: 126 } });
		expect(noted(bench.home, 'env.1')).toMatch(/^ANTHROPIC_API_KEY=key$/m);
		expect(noted(bench.home, 'env.1')).not.toMatch(/^(CI|SECRET|GANGLINE_HOME)=/m);
		expect(noted(bench.home, 'gate-env')).toMatch(/^CI=1$/m);
		expect(noted(bench.home, 'gate-env')).not.toMatch(/ANTHROPIC|SECRET/);
		expect(noted(bench.home, 'args').split('\n')).toEqual(
			expect.arrayContaining(['-p', '--max-budget-usd', '2', '--model', 'opus']),
		);
		expect(noted(bench.home, 'prompt.1')).toContain('be quick');
	});

	test('works with the account that the task names, sees no other one and no key, and begins no session of another', async () => {
		const accounts = ['work', 'own'];
		bench = await makeBench(files, { agent: agent('claude-code', { accounts }), gate: gate('env > "$HOME/gate-env"') });
		const { work, processes } = await bench.worker();
		const lacking = await work(bench.task({ description: 'FAKE:commit' }, { agent: 'ada', account: 'work' }));
		expect(lacking).toMatchObject({ kind: 'blocked', reason: expect.stringContaining('agent login claude --account') });
		const folder = (name: string) => join(bench.state, 'logins', 'claude', name);
		for (const name of accounts) {
			mkdirSync(folder(name), { recursive: true });
			writeFileSync(join(folder(name), '.credentials.json'), name);
		}
		const limited = bench.task({ description: 'FAKE:limit' }, { agent: 'ada', account: 'work' });
		expect(await work(limited)).toMatchObject({ kind: 'rateLimited' });
		const look = bench.task({ description: 'FAKE:logins' }, { agent: 'ada', account: 'own' });
		expect(await work(look)).toMatchObject({ kind: 'result' });
		expect(noted(bench.home, 'env.2')).toContain(`CLAUDE_CONFIG_DIR=${folder('own')}`);
		expect(noted(bench.home, 'env.2')).not.toContain('ANTHROPIC_API_KEY');
		expect(noted(bench.home, 'args')).toContain('--session-id');
		expect(noted(bench.home, 'gate-env')).not.toContain('logins');
		if (processes.confines.enforced) expect(noted(bench.home, 'logins').trim()).toBe('own');
	});

	test('works with codex too', async () => {
		bench = await makeBench(files, { agent: agent('codex') });
		const { work } = await bench.worker();
		expect(await work(bench.task({ description: 'FAKE:commit' }, { agent: 'ada' }))).toMatchObject({
			kind: 'result',
			usage: { costUsd: 0, inputTokens: 3000, outputTokens: 126 },
		});
		expect(await work(bench.task({ description: 'FAKE:demand', key: 'other' }, { agent: 'ada' }))).toMatchObject({
			kind: 'failed',
			reason: 'the session failed: high demand, and nothing was changed',
		});
	});

	test('asks once more for a commit when the agent left its changes uncommitted', async () => {
		bench = await makeBench(files, { agent: agent('claude-code') });
		const { work } = await bench.worker();
		expect(await work(bench.task({ description: 'FAKE:edit' }, { agent: 'ada' }))).toMatchObject({ kind: 'result' });
		expect(noted(bench.home, 'count').trim()).toBe('2');
		expect(noted(bench.home, 'prompt.2')).toContain('was done and not committed');
	});

	test.each([
		['FAKE:nothing', { kind: 'failed', reason: 'the agent ended without changing anything' }],
		['FAKE:limit', { kind: 'rateLimited', until: 2_000_000_000_000 }],
		['FAKE:login', { kind: 'blocked', reason: expect.stringContaining('not logged in') }],
		[
			'FAKE:root',
			{ kind: 'blocked', reason: expect.stringContaining('3 times in a row: ended with 1: --dangerously') },
		],
		['FAKE:late', { kind: 'result' }],
		['FAKE:silent', { kind: 'failed', reason: expect.stringContaining('the session was stuck') }],
		['FAKE:turns', { kind: 'failed', reason: expect.stringContaining('limit of turns, and what it had changed') }],
		['FAKE:flood', { kind: 'result' }],
	])('ends %s as it must', async (description, expected) => {
		// Only one of them is to be taken for stuck: on a busy machine a second is soon over.
		const silence_seconds = description === 'FAKE:silent' ? 1 : 60;
		bench = await makeBench(files, { agent: agent('claude-code', { silence_seconds, max_turns: 5 }) });
		const { work } = await bench.worker();
		expect(await work(bench.task({ description }, { agent: 'ada' }))).toMatchObject(expected);
		const begins = /root|late/.test(description) ? 3 : 1;
		expect([Number(noted(bench.home, 'count')), bench.pauses.length]).toEqual([begins, begins - 1]);
	});

	test('[I9] tries fast gates before its commits where that is asked for, and hears what they say', async () => {
		bench = await makeBench(files, {
			agent: agent('claude-code'),
			gate: gate('test "$(grep -c change work.txt)" = 2 || { echo "it is only one"; exit 1; }', { pre_commit: true }),
		});
		const { work, logs, processes } = await bench.worker();
		const task = bench.task({ description: 'FAKE:lazy' }, { agent: 'ada' });
		const report = await work(task);
		if (report.kind !== 'result') throw new Error(JSON.stringify(report));
		const said = logs.read(task.item.key, '1.1', 1000).lines.map(({ source, text }) => `${source} ${text}`);
		expect(said).toContain('agent it is only one');
		expect(said.join('\n')).toContain('nothing was committed, because the gate test failed');
		expect(shell(bench.canonical.path, 'rev-list', '--count', `${bench.main}..${report.commit}`)).toBe('1');
		if (processes.confines.enforced) expect(said.join('\n')).toMatch(/hooks-of-agent.*Read-only file system/);
	});

	test('[I5] leaves no process behind, also none that got away from the agent', async () => {
		bench = await makeBench(files, { agent: agent('claude-code') });
		const { work } = await bench.worker();
		expect(await work(bench.task({ description: 'FAKE:orphan' }, { agent: 'ada' }))).toMatchObject({ kind: 'result' });
		expect(processesWith('sleep\u000086399')).toEqual([]);
	});

	test('goes on in its clone after a failed gate, and must add to it', async () => {
		bench = await makeBench(files, {
			agent: agent('claude-code'),
			gate: gate('test "$(grep -c change work.txt)" = 2'),
		});
		const { work } = await bench.worker();
		const first = await work(bench.task({ description: 'FAKE:commit' }, { agent: 'ada' }));
		expect(first).toMatchObject({ kind: 'failed', gate: 'test', commit: expect.any(String) });
		const idle = await work(bench.task({ description: 'FAKE:nothing' }, { agent: 'ada' }));
		expect(idle).toMatchObject({ kind: 'failed', reason: 'the agent ended without changing anything' });
		const second = await work(bench.task({ description: 'FAKE:commit' }, { agent: 'ada' }));
		if (second.kind !== 'result') throw new Error(JSON.stringify(second));
		expect(shell(bench.canonical.path, 'rev-list', '--count', `${bench.main}..${second.commit}`)).toBe('2');
	});
});

describe('a worker', () => {
	test('[I5] cancels a run, verified, and reports what was there', async () => {
		bench = await makeBench(files, { agent: agent('claude-code') });
		const { worker, work } = await bench.worker();
		const task = bench.task({ description: 'FAKE:silent' }, { agent: 'ada' });
		const report = work(task);
		await expect.poll(() => worker.busy()[0]?.pids.length, { timeout: 20_000 }).toBe(1);
		await worker.cancel(task.item.key, 'it was frozen');
		expect(worker.busy()).toEqual([]);
		expect(await report).toMatchObject({ kind: 'stopped', reason: 'it was frozen', commit: null });
	});

	test('declines without a slot, for an item that it works on, and while it stops', async () => {
		bench = await makeBench(files, { agent: agent('claude-code') });
		const { worker } = await bench.worker({ slots: 1 });
		const task = bench.task({ description: 'FAKE:silent' }, { agent: 'ada' });
		expect(worker.offer(task)).toEqual({ kind: 'accepted' });
		expect(worker.offer(bench.task({ key: 'other' }))).toEqual({ kind: 'declined', reason: 'no slot is free' });
		expect(worker.begin(task)).toBe(true);
		expect(worker.offer(task)).toMatchObject({ kind: 'declined', reason: 'this machine works on the item already' });
		await worker.stop();
		expect(worker.offer(task)).toMatchObject({ kind: 'declined', reason: 'the node is stopping' });
		expect(worker.busy()).toEqual([]);
	});

	test('[I6] hands a report over again after a crash, until it is acknowledged', async () => {
		bench = await makeBench(files);
		const first = await bench.worker({ settle: 'silent' });
		const report = await first.work(bench.task({ description: script('echo b > a.txt') }));
		expect(report.kind).toBe('result');
		const second = await bench.worker();
		await second.worker.start();
		await expect.poll(() => bench.handed.length).toBe(2);
		expect(bench.handed[1]).toEqual(bench.handed[0]);
		await expect.poll(() => second.worker.reporting.length).toBe(0);
		const third = await bench.worker();
		await third.worker.start();
		expect(third.worker.reporting.length).toBe(0);
	});

	test('[I12] reports an attempt that a crash interrupted, with the commits that it had', async () => {
		bench = await makeBench(files, { agent: agent('claude-code'), gate: gate('sleep 600; :') });
		const first = await bench.worker();
		const task = bench.task({ description: 'FAKE:commit' }, { agent: 'ada' });
		first.worker.begin(task);
		await expect.poll(() => first.worker.busy()[0]?.what, { timeout: 20_000 }).toBe('gate test');
		const second = await bench.worker();
		await second.worker.start();
		await expect.poll(() => bench.handed.length).toBe(1);
		expect(bench.handed[0]?.report).toMatchObject({
			kind: 'stopped',
			reason: 'the node ended in the middle of it',
			commit: expect.any(String),
		});
	});

	test('[I7] keeps what is in a clone before it removes it', async () => {
		bench = await makeBench(files, { agent: agent('claude-code') });
		const { worker, work } = await bench.worker();
		const task = bench.task({ description: 'FAKE:commit' }, { agent: 'ada' });
		await work(task);
		const clone = join(bench.state, 'work', task.item.key);
		writeFileSync(join(clone, 'unsaved.txt'), 'precious\n');
		await worker.tidy(new Set([task.item.key]));
		expect(existsSync(clone)).toBe(true);
		await worker.tidy(new Set());
		expect(existsSync(clone)).toBe(false);
		const [kept] = await bench.canonical.refs(`refs/gangline/salvage/${task.item.key}`);
		expect(shell(bench.canonical.path, 'show', `${kept?.commit}:unsaved.txt`)).toBe('precious');
	});
});

describe('a secret', () => {
	test('[I13] reaches who names it, as a variable alone, and stands in no log and no report', async () => {
		const named = { secrets: ['WELL_KNOWN'] };
		bench = await makeBench(files, {
			gate: gate('test "$WELL_KNOWN" = the-hidden-value && echo "it is $WELL_KNOWN"; exit 1', named),
			agent: agent('claude-code', named),
		});
		const { work, logs, gates } = await bench.worker();
		// As a landing asks, whose verdict goes into facts without a report.
		const verdict = await gates.verdict({ commit: bench.main, config: bench.config() });
		expect(verdict.gates).toMatchObject([{ why: expect.stringContaining('[secret WELL_KNOWN]'), outcome: 'failed' }]);
		expect(JSON.stringify(verdict)).not.toContain('the-hidden-value');
		const task = bench.task({ description: 'FAKE:commit' }, { agent: 'ada' });
		const report = await work({ ...task, item: { ...task.item, words: ['it was the-hidden-value'] } });
		expect(report).toMatchObject({ kind: 'failed', detail: 'it is [secret WELL_KNOWN]\n' });
		expect(noted(bench.home, 'env.1')).toContain('WELL_KNOWN=the-hidden-value');
		expect(noted(bench.home, 'args')).not.toContain('the-hidden-value');
		expect(noted(bench.home, 'prompt.1')).toContain('it was [secret WELL_KNOWN]');
		const text = JSON.stringify(logs.read(task.item.key, '1.1', 1000).lines);
		expect(text).toContain('it is [secret WELL_KNOWN]');
		expect(text).not.toContain('the-hidden-value');
	});

	test('that is not on this machine is said before anything runs', async () => {
		const unknown = { secrets: ['NOBODY_HAS'] };
		bench = await makeBench(files, { agent: agent('claude-code', unknown) });
		const { work } = await bench.worker();
		const task = bench.task({ description: 'FAKE:commit' }, { agent: 'ada' });
		expect(await work(task)).toMatchObject({
			kind: 'blocked',
			reason: expect.stringContaining('gangline secret set NOBODY_HAS'),
		});
		expect(noted(bench.home, 'count')).toBe('');
	});
});

describe('a recovery', () => {
	test('[I11] goes on counting after the node began anew', async () => {
		bench = await makeBench(files, { agent: agent('claude-code') });
		const first = await bench.worker();
		const task = bench.task({ title: 'FAKE:never' }, { agent: 'ada' });
		// Each session of this one changes something and commits nothing: eight in all are given up.
		// A worker that stops hands nothing over any more: the next one does.
		void first.work(task);
		await expect.poll(() => Number(noted(bench.home, 'count') || 0), { timeout: 30_000 }).toBeGreaterThanOrEqual(3);
		await first.worker.stop();
		const before = Number(noted(bench.home, 'count'));
		const second = await bench.worker();
		const report = await second.work(bench.task({ title: 'FAKE:never' }, { agent: 'ada', token: [1, 2] }));
		expect(report).toMatchObject({
			kind: 'blocked',
			reason: expect.stringContaining('8 sessions ended without a commit'),
		});
		// The one that was stopped in the middle has not ended by itself, and is not counted.
		expect(Number(noted(bench.home, 'count')) - before).toBeLessThanOrEqual(8 - (before - 1));
		expect(noted(bench.home, `prompt.${before + 2}`)).toContain('not committed');
	});
});
