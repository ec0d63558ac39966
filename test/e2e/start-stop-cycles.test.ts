/**
 * Programs that are started and stopped over and over, in every way in which they end: nothing is left of them, neither
 * process nor open file nor temporary file. Fifty sessions here, with `--all` a hundred attempts of a worker with all that
 * belongs to one (clone, session, gates, report); a thousand of each with `--long`.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createProcesses, createRuntime, nativeProgram, runtimePrograms } from '../../node/agents/index.ts';
import type { Processes } from '../../shared/ports/index.ts';
import { SystemClock } from '../../shared/ports/system/index.ts';
import { plainEnv, processesWith, treeNumber } from '../support/hostile-tree.ts';
import { makeBench, type OpenWorker } from '../support/work-bench.ts';

const isLong = Boolean(process.env.GANGLINE_TEST_LONG);
const cycles = isLong ? 1_000 : 50;
const attempts = isLong ? 1_000 : 100;
/** Timers and pipes that close a moment later. */
const filesMore = 3;

const number = treeNumber();
/** Ends, fails, waits to be stopped, leaves an orphan, closes its output, floods. */
const scripts = [
	'echo done',
	'echo oops >&2; exit 3',
	`echo up; sleep ${number}`,
	`setsid sleep ${number} >/dev/null 2>&1 & echo done`,
	'exec >&- 2>&-; sleep 0.01',
	'head -c 300000 /dev/zero',
] as const;

async function cycle(processes: Processes, place: { folder: string; tmp: string }, count: number): Promise<void> {
	const runtime = createRuntime(runtimePrograms.shell, {
		...{ processes, clock: new SystemClock(), isRoot: false, shellPath: '/bin/sh', programFor: nativeProgram },
	});
	const script = scripts[count % scripts.length] ?? '';
	let up = (): void => {};
	const isUp = new Promise<void>((resolve) => {
		up = resolve;
	});
	const session = runtime.start({
		runId: `cycle-${count}`,
		agent: {
			...{ runtime: 'shell', permissions: 'all', allow: [], env: [] },
			...{ max_turns: 1, timeout_seconds: 60, silence_seconds: 60 },
		},
		session: { kind: 'new', id: 'x' },
		prompt: '',
		description: `\`\`\`sh\n${script}\n\`\`\`\n`,
		cwd: place.folder,
		tmp: place.tmp,
		env: { ...plainEnv, TMPDIR: place.tmp },
		confinement: { hidden: ['/srv'], readOnly: [], writable: [place.folder, place.tmp] },
		onLog: (_, text) => {
			if (text.includes('up\n')) up();
		},
	});
	if (script.includes('echo up')) {
		// Every other one is stopped while it still begins.
		if (count % 2 === 0) await Promise.race([isUp, session.ended]);
		await session.stop('the cycle is over');
	}
	expect((await session.ended).tree).toMatchObject({ kind: 'empty' });
}

test(
	'[I5] [I15] starting and stopping leaves no process, open file or temporary file behind',
	async () => {
		const folder = mkdtempSync(join(tmpdir(), 'gangline-cycles-'));
		const [tmp, stage] = [join(folder, 'tmp'), join(folder, 'stage')];
		for (const path of [tmp, stage]) mkdirSync(path);
		const processes = await createProcesses({ scope: `cycles-${process.pid}`, stage });
		// The first of each kind opens what stays open once for all.
		for (let count = 0; count < scripts.length; count++) await cycle(processes, { folder, tmp }, count);
		const before = readdirSync('/proc/self/fd').length;
		for (let count = 0; count < cycles; count++) await cycle(processes, { folder, tmp }, scripts.length + count);
		await expect
			.poll(() => readdirSync('/proc/self/fd').length, { timeout: 10_000 })
			.toBeLessThanOrEqual(before + filesMore);
		expect(processesWith(number)).toEqual([]);
		expect(await processes.living()).toEqual([]);
		expect([readdirSync(folder).sort(), readdirSync(tmp), readdirSync(stage)]).toEqual([['stage', 'tmp'], [], []]);
		rmSync(folder, { recursive: true, force: true });
	},
	isLong ? 3_600_000 : undefined,
);

/** One attempt from its offer to its report, or to its end by us: every sixth is cancelled while it works. */
async function attempt(
	{ worker, work }: OpenWorker,
	bench: Awaited<ReturnType<typeof makeBench>>,
	count: number,
): Promise<string> {
	const script = scripts[count % scripts.length] ?? '';
	const task = bench.task({ description: `\`\`\`sh\necho ${count} > work.txt\n${script}\n\`\`\`\n` });
	const report = work(task);
	if (script.includes('echo up')) {
		await expect.poll(() => worker.busy()[0]?.lastLine, { timeout: 30_000, interval: 20 }).toContain('up');
		await worker.cancel(task.item.key, 'the cycle is over');
	}
	return (await report).kind;
}

test.skipIf(!process.env.GANGLINE_TEST_ALL)(
	'[I5] [I15] attempts of a worker leave no process, open file or temporary file behind (scripts/test --all)',
	async () => {
		const bench = await makeBench({ 'a.txt': 'a\n' });
		try {
			const open = await bench.worker();
			const ended = new Set<string>();
			for (let count = 0; count < scripts.length; count++) await attempt(open, bench, count);
			const before = readdirSync('/proc/self/fd').length;
			const gates = readdirSync(join(bench.state, 'gates'));
			for (let count = 0; count < attempts; count++) ended.add(await attempt(open, bench, scripts.length + count));
			expect(ended).toEqual(new Set(['result', 'failed', 'stopped']));
			expect(bench.handed).toHaveLength(scripts.length + attempts);
			expect(open.worker.freeSlots).toBe(open.room.slots);
			await open.worker.tidy(new Set());
			await expect
				.poll(() => readdirSync('/proc/self/fd').length, { timeout: 10_000 })
				.toBeLessThanOrEqual(before + filesMore);
			expect(processesWith(number)).toEqual([]);
			expect(await open.processes.living()).toEqual([]);
			const left = ['work', 'tmp'].map((name) => readdirSync(join(bench.state, name)));
			expect(left).toEqual([[], []]);
			// Checkouts of the gates are used again, and are no more than there were.
			expect(readdirSync(join(bench.state, 'gates'))).toEqual(gates);
		} finally {
			await bench.dispose();
		}
	},
	isLong ? 7_200_000 : 600_000,
);
