/**
 * The index of a large project at its home: what an accepted transition costs, alone and in batches, whether that grows
 * with the items, and what is left of a million of them: size on disk, memory, and the time to open it again.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { alternate } from './alternate.ts';
import { type IndexGround, openIndexGround, wishes } from './index-ground.ts';
import { type BenchResult, figuresOf, judged } from './result.ts';
import type { BenchOptions } from './run.ts';

const items = 10_000;
const perBatch = 1_000;
const loadsWanted = 5;

export async function measureIndex(options: BenchOptions): Promise<readonly BenchResult[]> {
	const folder = mkdtempSync(join(tmpdir(), 'gangline-bench-index-'));
	try {
		return [await measureOne(folder, options), ...(await measureMany(folder, options))];
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

/** One intent, durable, folded and published, beside the same in a project of a hundred items. */
async function measureOne(folder: string, { quick }: BenchOptions): Promise<BenchResult> {
	await using large = await openIndexGround(join(folder, 'large'), items);
	await using small = await openIndexGround(join(folder, 'small'), 100);
	const once = (ground: IndexGround) => {
		let n = 0;
		return { once: () => submit(ground, n++, 1) };
	};
	const measured = await alternate(once(large), once(small), {
		rounds: quick ? 4 : 20,
		perRound: 50,
		warmUp: quick ? 50 : 300,
	});
	return judged({
		...measured,
		name: 'one intent accepted and published at 10,000 items',
		unit: 'ms',
		peer: { ...measured.peer, name: 'the same at 100 items' },
		goals: [
			{ of: 'cpuMs', atMost: 3 },
			{ of: 'cpuRatio', atMost: 2 },
		],
		note: 'the intent is signed and on disk, then its facts are',
	});
}

async function measureMany(folder: string, { quick }: BenchOptions): Promise<readonly BenchResult[]> {
	const at = join(folder, 'million');
	const transitions = quick ? 40_000 : 1_000_000;
	const perSecond: number[] = [];
	const sizes: number[] = [];
	const cpu = process.cpuUsage();
	{
		await using ground = await openIndexGround(at, items);
		for (let done = 0; done < transitions; done += perBatch) {
			const begin = performance.now();
			await submit(ground, done, perBatch);
			perSecond.push((perBatch / (performance.now() - begin)) * 1_000);
			if (done % (transitions / 20) === 0) sizes.push(timesItsJson(ground));
		}
		sizes.push(timesItsJson(ground));
	}
	const { user, system } = process.cpuUsage(cpu);
	const words = `after ${transitions.toLocaleString('en')} transitions`;
	const batches = figuresOf(perSecond, (user + system) / 1_000 / transitions);
	return [
		judged({
			name: 'durable updates in batches of 1,000',
			unit: 'per second',
			ours: batches,
			goals: [{ of: 'p50', atLeast: 10_000 }],
			note: 'accepted intents at 10,000 items, wall time; one synced batch for the log, one for the facts',
		}),
		judged({
			name: `index of 10,000 items ${words}`,
			unit: 'times its JSON',
			ours: figuresOf(sizes),
			goals: [{ of: 'max', atMost: 2 }],
		}),
		...measureLoads(at, words),
	];
}

/** As much as who has nothing is sent, over the text of the facts. */
function timesItsJson({ index }: IndexGround): number {
	return index.current.difference().byteLength / Buffer.byteLength(JSON.stringify(index.facts));
}

async function submit(ground: IndexGround, from: number, count: number): Promise<void> {
	const settled = await ground.home.submit('edge', wishes(ground, from, count));
	const refused = settled.find(({ outcome }) => outcome !== 'applied');
	if (refused) throw new Error(`${refused.intent.event} was ${refused.outcome}`);
	await ground.logs.trim(ground.index.facts.acceptedUpTo);
}

interface Loaded {
	readonly ms: number;
	readonly cpuMs: number;
	readonly heapMb: number;
	readonly items: number;
}

function measureLoads(folder: string, words: string): readonly BenchResult[] {
	const script = fileURLToPath(new URL('./index-load.ts', import.meta.url));
	const loads = Array.from({ length: loadsWanted }, (): Loaded => {
		const told = execFileSync(process.execPath, ['--expose-gc', script, folder], { encoding: 'utf8' });
		const loaded: Loaded = JSON.parse(told);
		if (loaded.items !== items) throw new Error(`${loaded.items} items were read of ${items}`);
		return loaded;
	});
	const cpuMs = loads.reduce((sum, load) => sum + load.cpuMs, 0) / loads.length;
	return [
		judged({
			name: `opening it ${words}`,
			unit: 'ms',
			ours: figuresOf(
				loads.map(({ ms }) => ms),
				cpuMs,
			),
			goals: [{ of: 'p50', atMost: 300 }],
			note: 'read, verified, and every record looked at, in a process of its own',
		}),
		judged({
			name: `heap for it ${words}`,
			unit: 'MB',
			ours: figuresOf(loads.map(({ heapMb }) => heapMb)),
			goals: [{ of: 'max', atMost: 80 }],
		}),
	];
}
