/**
 * What it costs to run agents: from the grant until the agent's program is heard of, beyond what the program takes to
 * start by itself, once from the worker's begin and once, in a whole node, from the fact that gives the grant; what
 * watching fifty of them costs; and how soon a hostile tree is seen empty. The agent is a shell that says when it began;
 * clone, log, confinement and the verified end are the real ones.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createRuntime, nativeProgram, runtimePrograms } from '../../node/agents/index.ts';
import type { Result } from '../../shared/operations/index.ts';
import { SystemClock } from '../../shared/ports/system/index.ts';
import { growAndStop, plainEnv } from '../support/hostile-tree.ts';
import { type Bench, makeBench, type OpenWorker } from '../support/work-bench.ts';
import { makeWorld } from '../support/world.ts';
import { type BenchResult, figuresOf, judged, median } from './result.ts';
import type { BenchOptions } from './run.ts';

const agents = 50;
const files = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`file-${at}.txt`, `${at}\n`]));

export async function measureAgents({ quick }: BenchOptions): Promise<readonly BenchResult[]> {
	const bench = await makeBench(files);
	try {
		const open = await bench.worker();
		const begun = await measureBegin(bench, open, quick ? 5 : 25);
		const watched = await measureSupervision(bench, open, quick);
		const fromFact = await measureFromFact(quick ? 5 : 20);
		return [...begun, fromFact, watched, await measureTrees(open, quick ? 5 : 25)];
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
		bare.push(await bareMs());
		const task = bench.task({ key: `bench${at}`, description });
		const begin = performance.timeOrigin + performance.now();
		const report = await work(task);
		if (report.kind !== 'result') throw new Error(JSON.stringify(report));
		beyond.push(Number(readFileSync(heard, 'utf8')) / 1e6 - begin - (bare.at(-1) ?? 0));
	}
	return [
		judged({
			name: "worker's begin → the agent's first word, beyond its program's start",
			unit: 'ms',
			ours: figuresOf(beyond),
			goals: [{ of: 'p50', atMost: 50 }],
			note: `with a clone made anew; the program alone took ${Math.round(median(bare))} ms`,
		}),
	];
}

/** How long the same program takes by itself until it speaks, ms. */
async function bareMs(): Promise<number> {
	const begin = performance.timeOrigin + performance.now();
	const { stdout } = await promisify(execFile)('/bin/bash', ['-euo', 'pipefail', '-c', 'date +%s%N']);
	return Number(stdout) / 1e6 - begin;
}

/** In a node as a person has it: the clock begins at the time that the fact of the grant bears. */
async function measureFromFact(count: number): Promise<BenchResult> {
	await using world = makeWorld();
	const repository = world.repository('shop', files);
	await world.ok(repository, 'init', '--yes', '--no-input', '--review', 'human', '--gate', 'true=true');
	await world.ok(repository, 'start');
	const beyond: number[] = [];
	for (let at = 1; at <= count; at++) {
		const heard = join(world.home, `heard-${at}`);
		const bare = await bareMs();
		await world.add(repository, `Write ${at}`, `date +%s%N > '${heard}'; echo ${at} > made.txt`);
		await world.untilBoard(repository, ({ items }) =>
			items.some(({ number, stage }) => number === at && stage === 'reviewHold'),
		);
		const { entries } = await world.json<Result<'item.history'>>(repository, 'log', String(at));
		const granted = entries.find(({ event }) => event === 'grant');
		if (granted === undefined) throw new Error(`nothing says when item ${at} was granted`);
		beyond.push(Number(readFileSync(heard, 'utf8')) / 1e6 - granted.at - bare);
	}
	return judged({
		name: "the grant's fact → the agent's first word, beyond its program's start",
		unit: 'ms',
		ours: figuresOf(beyond),
		goals: [{ of: 'p50', atMost: 50 }],
		note: 'in a whole node: the fact made durable, the task handed over, main read, a clone made anew',
	});
}

/** Trees that want to live on; the test of the same asserts only what a busy machine can keep, too. */
async function measureTrees({ processes }: OpenWorker, count: number): Promise<BenchResult> {
	const times: number[] = [];
	for (let at = 0; at < count; at++) {
		const { report, left, stopMs } = await growAndStop(processes, `tree-${at}`, { graceMs: 0 });
		if (report.kind !== 'empty' || left > 0) throw new Error(`${left} processes of a hostile tree live`);
		times.push(stopMs);
	}
	const atMost = processes.anchor === 'cgroup' ? 100 : 500;
	return judged({
		...{ name: 'a hostile tree: KILL → seen empty', unit: 'ms', ours: figuresOf(times) },
		...{ goals: [{ of: 'p50', atMost }], note: `held by ${processes.anchor}; some 60 processes each` },
	});
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
