/**
 * What it costs to run agents: from the grant until the agent's program is heard of, beyond what the program takes to
 * start by itself, and what watching fifty of them costs. The agent is a shell that says when it began; clone, log,
 * confinement and the verified end are the real ones.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createRuntime, nativeProgram, runtimePrograms } from '../../node/agents/index.ts';
import { SystemClock } from '../../shared/ports/system/index.ts';
import { plainEnv } from '../support/hostile-tree.ts';
import { type Bench, makeBench, type OpenWorker } from '../support/work-bench.ts';
import { type BenchResult, figuresOf, judged, median } from './result.ts';
import type { BenchOptions } from './run.ts';

const agents = 50;
const files = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`file-${at}.txt`, `${at}\n`]));

export async function measureAgents({ quick }: BenchOptions): Promise<readonly BenchResult[]> {
	const bench = await makeBench(files);
	try {
		const open = await bench.worker();
		const begun = await measureBegin(bench, open, quick ? 5 : 25);
		return [...begun, await measureSupervision(bench, open, quick)];
	} finally {
		await bench.dispose();
	}
}

/** Each beside a bare start of the same program at the same time: a busy machine is slow for both. */
async function measureBegin(bench: Bench, { work }: OpenWorker, count: number): Promise<readonly BenchResult[]> {
	const heard = join(bench.home, 'heard');
	const description = `\`\`\`sh\ndate +%s%N > '${heard}'\necho x > made.txt\n\`\`\`\n`;
	const bare: number[] = [];
	const beyond: number[] = [];
	for (let at = 0; at < count; at++) {
		const bareBegin = performance.timeOrigin + performance.now();
		const { stdout } = await promisify(execFile)('/bin/bash', ['-euo', 'pipefail', '-c', 'date +%s%N']);
		bare.push(Number(stdout) / 1e6 - bareBegin);
		const task = bench.task({ key: `bench${at}`, description });
		const begin = performance.timeOrigin + performance.now();
		const report = await work(task);
		if (report.kind !== 'result') throw new Error(JSON.stringify(report));
		beyond.push(Number(readFileSync(heard, 'utf8')) / 1e6 - begin - (bare.at(-1) ?? 0));
	}
	return [
		judged({
			name: "grant → the agent's first word, beyond its program's start",
			unit: 'ms',
			ours: figuresOf(beyond),
			goals: [{ of: 'p50', atMost: 50 }],
			note: `with a clone made anew; the program alone took ${Math.round(median(bare))} ms`,
		}),
	];
}

async function measureSupervision(bench: Bench, { processes }: OpenWorker, quick: boolean): Promise<BenchResult> {
	const runtime = createRuntime(runtimePrograms.shell, {
		...{ processes, clock: new SystemClock(), isRoot: false, shellPath: '/bin/bash', programFor: nativeProgram },
	});
	let lines = 0;
	const sessions = Array.from({ length: agents }, (_, at) =>
		runtime.start({
			runId: `bench-${at}`,
			agent: {
				...{ runtime: 'shell', permissions: 'all', allow: [], env: [] },
				...{ max_turns: 1, timeout_seconds: 600, silence_seconds: 600 },
			},
			session: { kind: 'new', id: 'x' },
			prompt: '',
			description: '```sh\nwhile :; do echo "a line of a log, as agents write them"; sleep 1; done\n```\n',
			cwd: bench.home,
			tmp: bench.home,
			env: plainEnv,
			confinement: { hidden: [bench.state], readOnly: [], writable: [bench.home] },
			onLog: () => {
				lines += 1;
			},
		}),
	);
	// All of them have begun.
	await pause(quick ? 5_000 : 10_000);
	const [begin, before, linesBefore] = [performance.now(), process.cpuUsage(), lines];
	await pause(quick ? 10_000 : 30_000);
	const { user, system } = process.cpuUsage(before);
	const seconds = (performance.now() - begin) / 1000;
	const share = ((user + system) / 1e6 / seconds) * 100;
	const heard = (lines - linesBefore) / seconds;
	await Promise.all(sessions.map((session) => session.stop('the benchmark is over')));
	return judged({
		name: `watching ${agents} agents, each of them`,
		unit: '% of a core',
		ours: figuresOf([share / agents]),
		goals: [{ of: 'p50', atMost: 1 }],
		note: `${heard.toFixed(0)} lines a second in all`,
	});
}

function pause(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}
