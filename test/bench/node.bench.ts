/**
 * A whole node as a person has it: how long the command and a node take to start, what an idle node costs, and how long
 * it takes from `add` to landed beyond what agent and gates do themselves (here next to nothing: a shell that writes a
 * file, a gate that looks for it).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Board, operations } from '../../shared/operations/index.ts';
import { type ApiFile, apiFileSchema } from '../../shared/project/api-file.ts';
import { residentMibOf } from '../support/idle-cost.ts';
import { launcher, makeWorld, type World } from '../support/world.ts';
import { alternate, cpuMsOf, ownCpuMs, repeat } from './alternate.ts';
import { type BenchResult, figuresOf, judged } from './result.ts';
import type { BenchOptions } from './run.ts';

export async function measureNode({ quick }: BenchOptions): Promise<readonly BenchResult[]> {
	await using world = makeWorld();
	const repository = world.repository('shop', {
		'check.sh': '#!/bin/sh\nexit 0\n',
		'README.md': '# shop\n',
	});
	const gates = ['--gate', 'check=./check.sh'];
	await world.ok(repository, 'init', '--yes', '--no-input', '--review', 'server', '--landing', 'local', ...gates);
	const command = await measureCommand(world, quick);
	const start = await measureStart(world, repository, quick);
	const landed = await measureAddToLanded(world, quick);
	const idle = await measureIdle(world, quick);
	return [command, start, landed, ...idle];
}

async function measureCommand({ env }: World, quick: boolean): Promise<BenchResult> {
	const run = async (args: readonly string[]): Promise<void> => {
		const child = spawn(process.execPath, args, { env, stdio: 'ignore' });
		const [code] = await once(child, 'exit');
		if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}`);
	};
	const measured = await alternate(
		{ once: () => run([launcher, '--version']) },
		{ once: () => run(['-e', '0']) },
		{ rounds: quick ? 3 : 8, perRound: 2, warmUp: 2 },
	);
	return judged({
		...measured,
		name: 'start of the command (--version)',
		unit: 'ms',
		peer: { ...measured.peer, name: 'node -e 0' },
	});
}

/** Leaves a node running. */
async function measureStart(world: World, repository: string, quick: boolean): Promise<BenchResult> {
	let isRunning = false;
	const ours = await repeat(
		{
			once: async () => {
				if (isRunning) await world.ok(repository, 'stop');
				isRunning = true;
				const begin = performance.now();
				await world.ok(repository, 'start');
				return performance.now() - begin;
			},
			cpuMs: () => ownCpuMs() + cpuMsOf(world.pid() ?? undefined),
		},
		{ rounds: quick ? 2 : 5, perRound: 1 },
	);
	return judged({ name: 'start of a node (gangline start)', unit: 'ms', ours: { ...ours, cpuMs: null } });
}

async function measureAddToLanded(world: World, quick: boolean): Promise<BenchResult> {
	const note = apiFileSchema.parse(JSON.parse(readFileSync(join(world.state, 'api.json'), 'utf8')));
	const landings = await watchLandings(note);
	let number = 0;
	const ours = await repeat(
		{
			once: async () => {
				number += 1;
				const begin = performance.now();
				const description = `\`\`\`sh\necho ${number} > file-${number}.txt\n\`\`\`\n`;
				const added = await post(note, 'item.add', { project: 'shop', title: `Add file ${number}`, description });
				await landings.of(operations['item.add'].result.parse(added).item.key);
				return performance.now() - begin;
			},
			cpuMs: () => cpuMsOf(world.pid() ?? undefined),
		},
		{ rounds: quick ? 2 : 5, perRound: 4, warmUp: 2 },
	);
	landings.close();
	return judged({
		...{ name: 'from add to landed', unit: 'ms', ours, goals: [{ of: 'p50', atMost: 1_000 }] },
		note: 'with the shell agent’s and the gate’s own few ms; processor time with all its children',
	});
}

async function post(note: ApiFile, operation: string, input: object): Promise<unknown> {
	const response = await fetch(`${note.url}/v1/${operation}`, {
		method: 'POST',
		headers: { authorization: `Bearer ${note.token}`, 'content-type': 'application/json' },
		body: JSON.stringify(input),
	});
	const text = await response.text();
	if (!response.ok) throw new Error(`${operation} was answered with ${response.status}: ${text}`);
	return JSON.parse(text);
}

type Item = Board['items'][number];

/** Follows the event stream. */
async function watchLandings(note: ApiFile): Promise<{ of(key: string): Promise<void>; close(): void }> {
	const abort = new AbortController();
	const response = await fetch(`${note.url}/v1/events?kinds=item`, {
		headers: { authorization: `Bearer ${note.token}` },
		signal: abort.signal,
	});
	if (!response.ok || response.body === null) throw new Error(`events were answered with ${response.status}`);
	const landed = new Set<string>();
	const waiting = new Map<string, () => void>();
	void (async () => {
		let text = '';
		for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
			text += piece;
			const lines = text.split('\n');
			text = lines.pop() ?? '';
			for (const line of lines.filter((one) => one.startsWith('data: '))) {
				const event = JSON.parse(line.slice('data: '.length)) as { readonly kind: string; readonly item?: Item };
				if (event.item?.stage !== 'done') continue;
				landed.add(event.item.key);
				waiting.get(event.item.key)?.();
			}
		}
	})().catch(() => {});
	return {
		of: (key) =>
			new Promise((resolve, reject) => {
				if (landed.has(key)) return resolve();
				const timer = setTimeout(() => reject(new Error(`${key} did not land within 60 s`)), 60_000);
				waiting.set(key, () => {
					clearTimeout(timer);
					resolve();
				});
			}),
		close: () => abort.abort(),
	};
}

async function measureIdle(world: World, quick: boolean): Promise<readonly BenchResult[]> {
	const pid = world.pid();
	if (pid === null) throw new Error('no node runs');
	// What follows a landing (clean-up, fetching, garbage collection) is over by then.
	await pause(quick ? 4_000 : 8_000);
	const [begin, before] = [performance.now(), runningMsOf(pid)];
	await pause(quick ? 5_000 : 20_000);
	const share = ((runningMsOf(pid) - before) / (performance.now() - begin)) * 100;
	const size = residentMibOf(pid);
	return [
		judged({ name: 'idle node', unit: 'MiB', ours: figuresOf([size]), goals: [{ of: 'p50', atMost: 120 }] }),
		judged({ name: 'idle node', unit: '% of a core', ours: figuresOf([share]), goals: [{ of: 'p50', atMost: 0.5 }] }),
	];
}

/** Of all threads, to the nanosecond; the ticks of /proc/<pid>/stat are too coarse for a process that does next to nothing. */
function runningMsOf(pid: number): number {
	const tasks = readdirSync(`/proc/${pid}/task`);
	const runs = tasks.map((task) => Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]));
	return runs.reduce((sum, run) => sum + run, 0) / 1_000_000;
}

function pause(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}
