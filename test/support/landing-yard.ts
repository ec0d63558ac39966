/**
 * A folder in which homes land and are killed: a canonical repository with items to land, a store with those items in
 * the queue, a rival's copy of that store, and the processes. Stopped git children of a dead home are let go, or
 * killed, only once the next home is seen waiting for the lock that they hold.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Doom, signalQuietly } from './doomed-steps.ts';
import type { JudgedItem } from './landing-judge.ts';

/** What lands, as a process. */
export const landingHome = fileURLToPath(new URL('./landing-home.ts', import.meta.url));
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

export type StoreName = 'store' | 'rival';

export interface LanderEnd {
	/** How it died, null when it ended by itself. */
	readonly died: string | null;
	/** Git children of its that were shot while it lived. */
	readonly orphaned: number;
	readonly cleared: number;
	readonly steps: number;
	readonly trouble: string | null;
	readonly items: readonly JudgedItem[];
}

/** Where the parent kills: this long after the lander has the lock. `child`: one git of its alone, and it lives on. */
export interface Shot {
	readonly afterMs: number;
	readonly target: 'home' | 'family' | 'child';
}

interface Line {
	readonly kind: 'waiting' | 'opened' | 'landed' | 'again' | 'dies' | 'ended';
	readonly item?: string;
	readonly commit?: string;
	readonly step?: string;
	readonly stopped?: readonly number[];
	readonly cleared?: number;
	readonly steps?: number;
	readonly trouble?: string | null;
	readonly items?: readonly JudgedItem[];
}

export class LandingYard implements Disposable {
	readonly gitDir: string;
	/** The file that each item adds, by item. */
	readonly files: ReadonlyMap<string, string>;
	/** What must not be and was seen while landers ran. */
	readonly wrong: string[] = [];
	/** The commit of each item of which a lander has said that it landed. */
	readonly acknowledged = new Map<string, string>();
	readonly #folder: string;
	readonly #compiled: string;
	readonly #running = new Set<ChildProcess>();
	/** Git children of a dead lander, stopped, holding the lock. */
	#orphans: readonly number[] = [];
	#released = 0;

	constructor(items: number, compiled: string) {
		this.#folder = mkdtempSync(join(tmpdir(), 'gangline-kills '));
		this.#compiled = compiled;
		this.gitDir = join(this.#folder, 'canonical.git');
		this.files = filesOf(items);
	}

	/** Orphans that were let go or killed so far. */
	get released(): number {
		return this.#released;
	}

	/** Makes the repository, brings the items into the queue, and copies the store for the rival. */
	async seed(): Promise<void> {
		const tips = makeRepository(this.gitDir, this.files);
		const items = [...this.files.keys()].map((key) => ({ key, commit: tips.get(key), base: tips.get('main') }));
		await this.#run({ mode: 'seed', store: 'store', items });
		cpSync(join(this.#folder, 'store'), join(this.#folder, 'rival'), { recursive: true });
	}

	/** What a git leaves that is killed in the act: its lock files and a half-written object. */
	leaveLocks(): void {
		for (const name of ['refs/heads/main.lock', 'packed-refs.lock', 'config.lock', 'objects/tmp_obj_half']) {
			writeFileSync(join(this.gitDir, name), '');
		}
	}

	land(store: StoreName, { doom, shots }: { doom?: Doom; shots?: readonly Shot[] } = {}): Promise<LanderEnd> {
		return this.#run({ mode: 'land', store, ...(doom && { doom }) }, shots);
	}

	async facts(store: StoreName): Promise<readonly JudgedItem[]> {
		return (await this.#run({ mode: 'dump', store })).items;
	}

	[Symbol.dispose](): void {
		for (const pid of this.#orphans) signalQuietly(pid, 'SIGKILL');
		for (const child of this.#running) child.kill('SIGKILL');
		rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
	}

	async #run(order: object, shots: readonly Shot[] = []): Promise<LanderEnd> {
		const child = spawn(process.execPath, [landingHome, JSON.stringify({ folder: this.#folder, ...order })], {
			stdio: ['ignore', 'pipe', 'pipe'],
			env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: this.#compiled },
		});
		this.#running.add(child);
		const closed = new Promise<string | null>((resolve) => child.once('close', (_code, signal) => resolve(signal)));
		let errors = '';
		child.stderr.setEncoding('utf8').on('data', (text: string) => {
			errors += text;
		});
		let end: LanderEnd = { died: null, orphaned: 0, cleared: 0, steps: 0, trouble: null, items: [] };
		let orphaned = 0;
		const take = (line: Line): void => {
			if (line.kind === 'waiting') this.#releaseOnceAwaited(child);
			if (line.kind === 'opened') {
				if (this.#orphans.length > 0) this.wrong.push('a home had the lock while orphans held it');
				end = { ...end, cleared: line.cleared ?? 0 };
				for (const shot of shots) {
					setTimeout(() => {
						orphaned += shoot(child, shot);
					}, shot.afterMs);
				}
			}
			if (line.kind === 'landed') this.#acknowledge(line.item ?? '', line.commit ?? '');
			if (line.kind === 'dies') {
				end = { ...end, died: line.step ?? '' };
				this.#orphans = line.stopped ?? [];
				for (const rival of this.#running) if (rival !== child) this.#releaseOnceAwaited(rival);
			}
			if (line.kind === 'ended') {
				end = { ...end, steps: line.steps ?? 0, trouble: line.trouble ?? null, items: line.items ?? [] };
			}
		};
		createInterface({ input: child.stdout }).on('line', (text) => take(JSON.parse(text) as Line));
		const signal = await closed;
		this.#running.delete(child);
		if (errors !== '') this.wrong.push(errors);
		const died = signal !== null && end.died === null ? `shot: ${signal}` : end.died;
		return { ...end, died, orphaned };
	}

	#acknowledge(item: string, commit: string): void {
		const before = this.acknowledged.get(item) ?? commit;
		if (before !== commit) this.wrong.push(`${item} was said to have landed as ${before} and as ${commit}`);
		this.acknowledged.set(item, commit);
	}

	/** Lets the orphans go on, or ends them, when `waiter` has begun to wait for what they hold. */
	#releaseOnceAwaited(waiter: ChildProcess): void {
		if (this.#orphans.length === 0 || waiter.exitCode !== null || waiter.signalCode !== null) return;
		if (!waitsForLock(waiter.pid)) return void setTimeout(() => this.#releaseOnceAwaited(waiter), 2);
		const signal = this.#released % 2 === 0 ? 'SIGCONT' : 'SIGKILL';
		const orphans = this.#orphans;
		this.#orphans = [];
		this.#released += 1;
		for (const pid of orphans) signalQuietly(pid, signal);
	}
}

/** Answers how many git children it shot of a home that lives on. */
function shoot(child: ChildProcess, { target }: Shot): number {
	if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return 0;
	const children = childrenOf(child.pid);
	if (target === 'child') {
		const [pid] = children.filter((one) => readQuietly(`/proc/${one}/comm`).trim() === 'git').slice(-1);
		if (pid === undefined) return 0;
		signalQuietly(pid, 'SIGKILL');
		return 1;
	}
	child.kill('SIGKILL');
	if (target === 'family') for (const pid of children) signalQuietly(pid, 'SIGKILL');
	return 0;
}

function waitsForLock(pid: number | undefined): boolean {
	return childrenOf(pid).some((child) => readQuietly(`/proc/${child}/comm`).trim() === 'flock');
}

function childrenOf(pid: number | undefined): readonly number[] {
	return readQuietly(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
}

function readQuietly(path: string): string {
	try {
		return readFileSync(path, 'utf8');
	} catch {
		return '';
	}
}

/** The file that each of so many items adds, by the item's key. */
export function filesOf(items: number): ReadonlyMap<string, string> {
	return new Map(Array.from({ length: items }, (_, index) => [keyOf(index), `f${index}`]));
}

function keyOf(index: number): string {
	const digits = [2, 1, 0].map((place) => alphabet[Math.floor(index / 32 ** place) % 32]);
	return `01ARZ3NDEKTSV4RRFFQ6000${digits.join('')}`;
}

/** A base on main, and for each item one commit on it that adds the item's file. Answers the commits by item. */
export function makeRepository(gitDir: string, files: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
	const git = (input: string, ...args: string[]): string =>
		execFileSync('git', ['--git-dir', gitDir, ...args], { input, encoding: 'utf8' });
	execFileSync('git', ['init', '-q', '--bare', gitDir]);
	// As in a canonical repository: no branch is checked out, so main has no other lock than its own.
	writeFileSync(join(gitDir, 'HEAD'), 'ref: refs/heads/gangline-unborn\n');
	const commit = (ref: string, mark: number, from: string, file: string): string =>
		`commit ${ref}\nmark :${mark}\ncommitter A <a@b> 0 +0000\ndata 1\nx\n${from}M 644 inline ${file}\ndata 2\nx\n\n`;
	const items = [...files].map(([key, file], index) => commit(refOf(key), index + 2, 'from :1\n', file));
	git([commit('refs/heads/main', 1, '', 'base'), ...items].join(''), 'fast-import', '--quiet');
	const names = git('', 'for-each-ref', '--format=%(refname) %(objectname)').trim().split('\n');
	const ids = new Map(names.map((line) => line.split(' ') as [string, string]));
	return new Map([
		['main', ids.get('refs/heads/main') ?? ''],
		...[...files.keys()].map((key) => [key, ids.get(refOf(key)) ?? ''] as const),
	]);
}

function refOf(key: string): string {
	return `refs/gangline/attempts/${key}/1.1`;
}
