/**
 * [I6] for real: a process that writes to its store as fast as it can is killed with SIGKILL at random moments, 200
 * times over (40 in the short form), each time on the store that the last one left. Afterwards everything that it said it had is there.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ProjectIndex } from '../../shared/documents/index.ts';
import { identityOf, ProjectLogs } from '../../shared/log/index.ts';
import { intentSchema } from '../../shared/pipeline/index.ts';
import type { Store } from '../../shared/ports/index.ts';
import { SimClock, SimLog, SimRandom } from '../../shared/ports/sim/index.ts';
import { openStore } from '../../shared/store/index.ts';
import { projectOne } from '../support/facts.ts';

const kills = process.env.GANGLINE_TEST_ALL ? 200 : 40;
/** Each store lives through this many kills; longer histories would test the same, slower. */
const killsPerStore = 10;
/** Stores written to at a time, one for each of two cores. */
const lanes = 2;
const writer = new URL('../support/store-writer.ts', import.meta.url).pathname;

const lineSchema = z.discriminatedUnion('kind', [
	z.strictObject({
		kind: z.literal('opened'),
		damaged: z.number(),
		appended: z.number(),
		wanted: z.record(z.string(), z.number()),
		revision: z.number(),
	}),
	z.strictObject({ kind: z.literal('appended'), n: z.number() }),
	z.strictObject({ kind: z.literal('wanted'), author: z.string(), n: z.number() }),
	z.strictObject({ kind: z.literal('published'), revision: z.number(), hash: z.string() }),
]);

/** What the processes of one lane were told to be durable, over all their lives. */
interface Acknowledged {
	lines: number;
	appended: number;
	readonly wanted: Map<string, number>;
	published: { readonly revision: number; readonly hash: string };
}

describe('a process that is killed while it writes', () => {
	let folder: string;
	const running = new Set<ChildProcess>();

	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), 'gangline-crash-'));
	});

	afterEach(() => {
		for (const child of running) child.kill('SIGKILL');
		rmSync(folder, { recursive: true });
	});

	it(`[I6] loses nothing that it acknowledged, in ${kills} kills`, { timeout: 180_000 }, async () => {
		// Without arguments it ends by itself, and only a process that does leaves what it compiled.
		spawnSync(process.execPath, [writer], { env: compiledEnvironment() });
		let lines = 0;
		const waiting = Array.from({ length: kills / killsPerStore }, (_, number) => number);
		const runLane = async (): Promise<void> => {
			for (let number = waiting.pop(); number !== undefined; number = waiting.pop()) {
				lines += await runStore(join(folder, `store ${number}`), new SimRandom(`store ${number}`));
			}
		};
		await Promise.all(Array.from({ length: lanes }, runLane));
		expect(lines).toBeGreaterThan(5 * kills);
	});

	async function runStore(path: string, random: SimRandom): Promise<number> {
		const acknowledged: Acknowledged = {
			lines: 0,
			appended: 0,
			wanted: new Map(),
			published: { revision: 0, hash: '' },
		};
		for (let round = 0; round < killsPerStore; round++) {
			await writeUntilKilled(path, random, acknowledged, round % 10 === 0);
			if (round % 5 === 4) await check(path, acknowledged);
		}
		return acknowledged.lines;
	}

	/** Where the writer lies compiled: starting is most of what a process does that is killed at once. */
	const compiledEnvironment = (): NodeJS.ProcessEnv => ({
		...process.env,
		NODE_COMPILE_CACHE: join(folder, 'compiled'),
	});

	/** Runs the writer for a few lines and a moment; what it printed counts, also what was read after its death. */
	async function writeUntilKilled(
		path: string,
		random: SimRandom,
		acknowledged: Acknowledged,
		triesLock: boolean,
	): Promise<void> {
		const child = spawn(process.execPath, [writer, path, `${random.below(1e9)}`], {
			stdio: ['ignore', 'pipe', 'pipe'],
			env: compiledEnvironment(),
		});
		running.add(child);
		let output = '';
		let errors = '';
		child.stderr.on('data', (bytes: Buffer) => {
			errors += bytes.toString();
		});
		const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
		const begun = new Promise<void>((resolve) => {
			const enough = random.below(25);
			child.stdout.on('data', (bytes: Buffer) => {
				output += bytes.toString();
				if (output.split('\n').length > 1 + enough) resolve();
			});
		});
		await Promise.race([begun, ended]);
		if (triesLock) {
			await expect(openStore(join(path, 'store'), { log: new SimLog() })).rejects.toMatchObject({
				code: 'STORE_LOCKED',
			});
		}
		child.kill('SIGKILL');
		await ended;
		running.delete(child);
		expect(errors).toBe('');
		for (const line of output.split('\n').slice(0, -1)) note(acknowledged, lineSchema.parse(JSON.parse(line)));
	}
});

function note(acknowledged: Acknowledged, line: z.output<typeof lineSchema>): void {
	acknowledged.lines++;
	if (line.kind === 'opened') checkOpened(acknowledged, line);
	else if (line.kind === 'appended') acknowledged.appended = line.n;
	else if (line.kind === 'wanted') acknowledged.wanted.set(line.author, line.n);
	else acknowledged.published = line;
}

/** What the next process found must be no less than what the ones before it said. */
function checkOpened(
	acknowledged: Acknowledged,
	found: z.output<typeof lineSchema> & { readonly kind: 'opened' },
): void {
	expect(found.damaged).toBe(0);
	expect(found.appended).toBeGreaterThanOrEqual(acknowledged.appended);
	expect(found.revision).toBeGreaterThanOrEqual(acknowledged.published.revision);
	for (const [author, n] of acknowledged.wanted) expect(found.wanted[author] ?? 0).toBeGreaterThanOrEqual(n);
}

/** The same seen from outside, and that everything fits together. */
async function check(path: string, acknowledged: Acknowledged): Promise<void> {
	const store = await openStore(join(path, 'store'), { log: new SimLog() });
	try {
		expect(store.damaged).toEqual([]);
		const lastSeq = store.lastSeq('stream');
		expect(lastSeq).toBeGreaterThanOrEqual(acknowledged.appended);
		// Batches are whole: the record and the entry of one write are there together or not at all.
		expect((await store.get('count')) ?? 0).toBe(lastSeq);
		await checkLogs(store, acknowledged.wanted);
		await checkIndex(store, acknowledged.published);
	} finally {
		await store.close();
	}
}

async function checkLogs(store: Store, wanted: ReadonlyMap<string, number>): Promise<void> {
	const log = new SimLog();
	const logs = await ProjectLogs.open({
		store,
		project: projectOne,
		clock: new SimClock(Number.MAX_SAFE_INTEGER / 2),
		log,
		parse: (value) => intentSchema.parse(value),
	});
	expect(log.lines).toEqual([]);
	const reached = new Map<string, number>(logs.digests().map(({ author, n }) => [author, n]));
	for (const [author, n] of wanted) expect(reached.get(author) ?? 0).toBeGreaterThanOrEqual(n);
}

async function checkIndex(store: Store, published: Acknowledged['published']): Promise<void> {
	const identity = identityOf(new SimRandom('writer').bytes(32));
	const options = { store, project: projectOne, generation: '1', random: new SimRandom('reader') };
	const index = await ProjectIndex.open({ ...options, homeKey: identity.publicKey });
	expect(index.isDamaged).toBe(false);
	expect(index.facts.revision).toBeGreaterThanOrEqual(published.revision);
	if (index.facts.revision === published.revision && published.revision > 0)
		expect(index.stateHash).toBe(published.hash);
	const items: Record<string, unknown> = {};
	let revision = 0;
	for (const { bytes } of await store.read('history')) {
		const line = JSON.parse(Buffer.from(bytes).toString());
		items[line.item.key] = line.item;
		revision = line.revision;
	}
	expect(index.facts.revision).toBe(revision);
	expect(index.facts.items).toEqual(items);
}
