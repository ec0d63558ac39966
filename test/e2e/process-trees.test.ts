/**
 * Real process trees that want to live on, runs that want to destroy, floods of output, and a node that is killed: with
 * each anchor that works here, and as an unprivileged user too where the tests are run by root.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmdirSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { createProcesses } from '../../node/agents/processes/index.ts';
import type { Anchor, Processes } from '../../shared/ports/index.ts';
import { trial, type UnprivilegedOutcome } from '../support/confined-vandal.ts';
import {
	countTree,
	growAndStop,
	plainEnv,
	processesWith,
	removeStage,
	temporaryStage,
	treeNumber,
	unconfined,
} from '../support/hostile-tree.ts';

const vandalProgram = fileURLToPath(new URL('../support/confined-vandal.ts', import.meta.url));
const doomedProgram = fileURLToPath(new URL('../support/doomed-node.ts', import.meta.url));
const sources = fileURLToPath(new URL('../../', import.meta.url));
const anchors: readonly Anchor[] = ['cgroup', 'pidNamespace', 'marker'];
const isLong = Boolean(process.env.GANGLINE_TEST_LONG);
/** With three anchors a thousand. */
const trees = isLong ? 334 : 1;
/** So long it may take from KILL until the kernel has shown a tree empty, of every second one. */
const emptyMsMax: Readonly<Record<Anchor, number>> = { cgroup: 100, pidNamespace: 500, marker: 500 };
const untouched = { store: 'precious', 'canonical/objects/o': 'object', 'clones/other/f': 'theirs' };

async function open(anchor: Anchor, name: string): Promise<Processes | null> {
	const scope = `e2e-${process.pid}-${name}-${anchor.toLowerCase()}`;
	return await createProcesses({ scope, anchors: [anchor], stage: temporaryStage() }).catch(() => null);
}

function percentile(values: readonly number[], part: number): number {
	const sorted = [...values].sort((a, b) => a - b);
	return Math.round(sorted[Math.ceil(part * sorted.length) - 1] ?? Number.NaN);
}

function expectClean(outcome: UnprivilegedOutcome): void {
	expect(outcome.tree.grown).toBeGreaterThan(60);
	expect(outcome.tree.census).toBeGreaterThan(60);
	expect(outcome.tree.report).toMatchObject({ kind: 'empty' });
	expect(outcome.tree.left).toBe(0);
	if (!outcome.vandal) return;
	expect(outcome.vandal.said.trim().split('\n').at(-1)).toBe('done');
	expect(outcome.vandal.said).not.toMatch(/wrote|unmounted|entered|reached|left|precious|theirs|not in its cgroup/);
	expect(outcome.vandal.state).toEqual({ ...untouched, 'clones/own/work.txt': 'own work\n' });
}

for (const anchor of anchors) {
	const processes = await open(anchor, 'tree');
	if (!processes) {
		console.warn(`e2e/process-trees: the anchor ${anchor} does not work on this machine and is left out`);
		continue;
	}
	describe(`process trees held by ${anchor}`, () => {
		test('[I5] a hostile tree leaves nothing in /proc, confined or not', async () => {
			const outcome = await trial(anchor);
			if ('reason' in outcome) throw new Error(outcome.reason);
			expectClean(outcome);
			const confined = await growAndStop(processes, 'confined', {
				confinement: { hidden: ['/srv'], readOnly: [], writable: [] },
			});
			expect(confined).toMatchObject({ report: { kind: 'empty' }, left: 0 });
		});

		test(
			'[I5] ends a tree however often it comes, and never a process of someone else, however alike it looks',
			async () => {
				const number = treeNumber();
				const alike = { ...plainEnv, GANGLINE_RUN: `e2e-${process.pid}-tree-${anchor.toLowerCase()}.trees` };
				const foreign = spawn('sleep', [number], { stdio: 'ignore', env: alike });
				await once(foreign, 'spawn');
				const times: number[] = [];
				try {
					for (let count = 0; count < trees; count++) {
						const { report, left, stopMs } = await growAndStop(processes, 'tree', {
							graceMs: count % 2 === 0 ? 50 : 0,
						});
						expect({ count, left, kind: report.kind }).toEqual({ count, left: 0, kind: 'empty' });
						times.push(stopMs);
					}
					expect(countTree(number)).toBe(1);
				} finally {
					foreign.kill('SIGKILL');
					await once(foreign, 'exit');
				}
				if (!isLong) return;
				const [half, most, last] = [0.5, 0.99, 1].map((part) => percentile(times, part));
				console.info(`${trees} trees held by ${anchor}: seen empty after ${half} ms, 99 of 100 ${most}, last ${last}`);
				// Who is killed needs a processor to go away: on a busy machine that time says nothing of us.
				if ((loadavg()[0] ?? 0) < availableParallelism()) expect(half).toBeLessThan(emptyMsMax[anchor]);
			},
			isLong ? 3_600_000 : undefined,
		);

		test('[I15] a flood of output passes through without being kept', async () => {
			let bytes = 0;
			const before = process.memoryUsage().rss;
			let peak = before;
			const run = processes.start({
				id: 'flood',
				argv: ['sh', '-c', 'head -c 200000000 /dev/zero'],
				cwd: '/',
				env: plainEnv,
				confinement: unconfined,
				onOutput: (_, piece) => {
					bytes += piece.byteLength;
					peak = Math.max(peak, process.memoryUsage.rss());
				},
			});
			expect(await run.exited).toEqual({ kind: 'code', code: 0 });
			await run.stop(0);
			expect(bytes).toBe(200_000_000);
			expect(peak - before).toBeLessThan(150_000_000);
		});

		test('a program that closes its output is waited for, a pipe that is held open is not', async () => {
			const closed = processes.start({
				id: 'closed',
				argv: ['sh', '-c', 'exec >&- 2>&-; sleep 0.3; exit 5'],
				cwd: '/',
				env: plainEnv,
				confinement: unconfined,
			});
			expect(await closed.exited).toEqual({ kind: 'code', code: 5 });
			await closed.stop(0);
			const number = treeNumber();
			const held = processes.start({
				id: 'held',
				argv: ['sh', '-c', `setsid sleep ${number} & exit 0`],
				cwd: '/',
				env: plainEnv,
				confinement: unconfined,
			});
			const before = performance.now();
			expect(await held.exited).toEqual({ kind: 'code', code: 0 });
			expect(performance.now() - before).toBeLessThan(4_000);
			expect(await held.stop(0)).toMatchObject({ kind: 'empty' });
			expect(countTree(number)).toBe(0);
		});

		test('[I5] what a killed node leaves is gone at once or swept by the next one', async () => {
			const number = treeNumber();
			const scope = `e2e-${process.pid}-doomed-${anchor.toLowerCase()}`;
			const doomed = spawn(process.execPath, [doomedProgram, scope, anchor, number, temporaryStage()], {
				stdio: ['ignore', 'pipe', 'inherit'],
			});
			await once(doomed.stdout, 'data');
			expect(countTree(number)).toBeGreaterThan(2);
			doomed.kill('SIGKILL');
			await once(doomed, 'exit');
			const next = await createProcesses({ scope, anchors: [anchor], stage: temporaryStage() });
			expect(await next.sweep()).toMatchObject({ kind: 'empty' });
			expect(countTree(number)).toBe(0);
		});
	});
}

describe.runIf(process.getuid?.() === 0)('process trees of an unprivileged user', () => {
	test('[I5] [I9] end empty, and a confined run destroys nothing', async () => {
		// The sources may lie where only their owner can go: they are shown at a place that everyone can read.
		const place = mkdtempSync(join(tmpdir(), 'gangline-shown-'));
		chmodSync(place, 0o755);
		const shown = (path: string): string => path.replace(sources, `${place}/`);
		const asNobody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];
		const run = 'mount --bind "$1" "$2" && shift 2 && exec "$@"';
		const program = [...asNobody, shown(process.execPath), shown(vandalProgram), ...anchors];
		const args = ['--mount', 'sh', '-c', run, 'sh', sources, place, ...program];
		const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/' };
		const { stdout } = await promisify(execFile)('unshare', args, { cwd: '/', env });
		rmdirSync(place);
		const outcomes = JSON.parse(stdout) as (UnprivilegedOutcome | { anchor: Anchor; reason: string })[];
		expect(outcomes.map((outcome) => outcome.anchor)).toEqual(anchors);
		const ran = outcomes.filter((outcome) => !('reason' in outcome));
		expect(ran.length).toBeGreaterThan(0);
		for (const outcome of ran) expectClean(outcome as UnprivilegedOutcome);
	});
});

afterAll(() => {
	removeStage();
	expect(processesWith(`86400.${process.pid}`)).toEqual([]);
});
