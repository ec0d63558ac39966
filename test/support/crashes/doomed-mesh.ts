/**
 * A gateway, a home and a worker as whole programs, with real stores, real git and libp2p on loopback. They are killed
 * with SIGKILL one by one while items flow, and started again at once. What was answered is remembered; git and what the
 * programs say at the end are held against it.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Board, CallName, Input, ItemAnswer, Result } from '../../../shared/operations/index.ts';
import type { SimRandom } from '../../../shared/ports/sim/index.ts';
import { type ApiFile, apiFileSchema } from '../../../shared/project/api-file.ts';
import { MainWitness, wrongAtTheEnd } from '../landing-judge.ts';
import { makeWorld, type World } from '../world.ts';

const nodeMain = fileURLToPath(new URL('../../../node/main.ts', import.meta.url));
const gatewayMain = fileURLToPath(new URL('../../../gateway/main.ts', import.meta.url));
const answersMs = 90_000;
/** Items that are not done at a time: enough to be always in the middle of some. */
const openItemsMax = 4;

export type Victim = 'home' | 'gateway' | 'worker';
const victims: readonly Victim[] = ['home', 'gateway', 'worker'];

interface Program {
	readonly main: string;
	readonly world: World;
	/** Where its note and its log are. */
	readonly state: string;
	child: ChildProcess | null;
}

export class DoomedMesh implements AsyncDisposable {
	/** What must not be and was seen. */
	readonly wrong: string[] = [];
	readonly kills: Record<Victim, number> = { home: 0, gateway: 0, worker: 0 };
	readonly #laptop: World;
	readonly #builder: World;
	readonly #programs: Readonly<Record<Victim, Program>>;
	readonly #random: SimRandom;
	/** Keys of items whose adding was answered, with the file that each adds. */
	readonly #acknowledged = new Map<string, string>();
	#wanted = 0;
	#shop = '';
	#witness: MainWitness | undefined;

	static async start(random: SimRandom): Promise<DoomedMesh> {
		const ports = { GANGLINE_MESH_PORT: String(await freePort()) };
		const mesh = new DoomedMesh(random, ports);
		try {
			await mesh.#setUp();
		} catch (error) {
			await mesh[Symbol.asyncDispose]();
			throw error;
		}
		return mesh;
	}

	private constructor(random: SimRandom, ports: Readonly<Record<string, string>>) {
		this.#random = random;
		const laptop = makeWorld({ ...ports, GANGLINE_NAME: 'laptop', USER: 'ada' });
		const compiled = { NODE_COMPILE_CACHE: join(laptop.folder, 'compiled') };
		const builder = makeWorld({ GANGLINE_NAME: 'builder', USER: 'bob', ...compiled });
		this.#laptop = laptop;
		this.#builder = builder;
		this.#programs = {
			home: { main: nodeMain, world: laptop, state: laptop.state, child: null },
			gateway: { main: gatewayMain, world: laptop, state: join(laptop.state, 'gateway'), child: null },
			worker: { main: nodeMain, world: builder, state: builder.state, child: null },
		};
	}

	get killed(): number {
		return Object.values(this.kills).reduce((sum, count) => sum + count, 0);
	}

	/** Items whose adding was answered. */
	get acknowledged(): number {
		return this.#acknowledged.size;
	}

	/** Kills a random program at a random moment, and starts it again; the others go on meanwhile. */
	async killOne(): Promise<void> {
		await this.#keepBusy();
		await passed(this.#random.below(1_200));
		const victim = this.#random.pick(victims);
		kill(pidIn(this.#programs[victim]));
		this.kills[victim] += 1;
		this.wrong.push(...(this.#witness?.wrong(new Map()) ?? []));
		// Down for a while at times, so that the others notice.
		if (this.#random.below(3) === 0) await passed(this.#random.below(1_500));
		await this.#startAgain(victim);
	}

	/** Waits until all that was wanted is done, or waits for a person; then judges. Answers how many items are done. */
	async settle(seconds: number): Promise<number> {
		const isOver = ({ stage, needsYou }: ItemAnswer): boolean => stage === 'done' || needsYou !== null;
		const items = await eventually(async () => {
			const { items: all } = await this.#call('home', 'item.list', { project: this.#shop });
			return all.every(isOver) ? all : null;
		}, seconds).catch(async (error: unknown) => {
			const { items: all } = await this.#call('home', 'item.list', { project: this.#shop });
			const open = all.filter((item) => !isOver(item)).map(({ name, stage, holder }) => ({ name, stage, holder }));
			throw new Error(`not all comes to an end: ${JSON.stringify(open)}\n${this.#logs()}`, { cause: error });
		});
		this.#judge(items);
		return items.filter(({ stage }) => stage === 'done').length;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		for (const program of Object.values(this.#programs)) kill(pidIn(program));
		await this.#builder[Symbol.asyncDispose]();
		await this.#laptop[Symbol.asyncDispose]();
	}

	async #setUp(): Promise<void> {
		const [laptop, builder] = [this.#laptop, this.#builder];
		this.#shop = 'shop';
		const shop = laptop.repository('shop', { 'a.txt': 'a\n', 'check.sh': '#!/bin/sh\ntest -s a.txt\n' });
		await laptop.ok(shop, 'init', '--yes', '--gate', 'check=./check.sh', '--review', 'server');
		await laptop.ok(shop, 'start');
		const { token } = await laptop.json<Result<'token.create'>>(shop, 'token', 'new', '--work');
		await builder.ok(builder.folder, 'join', token);
		for (const { home } of [laptop, builder]) mkdirSync(join(home, 'live'));
		await eventually(async () => {
			const { nodes } = await this.#call('gateway', 'node.list', {});
			const there = nodes.find(({ name }) => name === 'builder');
			return there?.connected && there.qualified.some(({ ready }) => ready) ? there : null;
		}, 60);
		this.#witness = new MainWitness(this.#canonical());
	}

	/** What the home is asked meanwhile may be lost with it; only what it answered counts. */
	async #keepBusy(): Promise<void> {
		const board = await this.#call('home', 'project.status', { project: this.#shop }).catch((): Board | null => null);
		const open = board?.items.filter(({ stage, needsYou }) => stage !== 'done' && needsYou === null).length ?? 0;
		const adding = Array.from({ length: Math.max(0, openItemsMax - open) }, () => this.#add());
		await Promise.all(adding);
	}

	/** A second live process of an item on one machine would find the lock of the first, which ends with it. */
	async #add(): Promise<void> {
		const number = this.#wanted++;
		const [title, file] = [`Item ${number}`, `f${number}.txt`];
		const inside = `sleep 0.${this.#random.below(9)}; echo ${number} > ${file}`;
		const script = `flock -n -E 99 "$HOME/live/${number}" sh -c '${inside}' || { test $? = 99 && touch "$HOME/live/double-${number}"; false; }`;
		const labels = number % 2 === 0 ? ['needs:builder'] : [];
		const input = { project: this.#shop, title, description: `\`\`\`sh\n${script}\n\`\`\`\n`, labels };
		const added = await this.#call('home', 'item.add', input).catch(() => null);
		const key = added?.item?.key;
		if (key) this.#acknowledged.set(key, file);
	}

	#judge(items: readonly ItemAnswer[]): void {
		const byKey = new Map(items.map((item) => [item.key, item]));
		for (const key of this.#acknowledged.keys()) {
			if (!byKey.has(key)) this.wrong.push(`${key} was acknowledged and is not known any more`);
		}
		const done = items.filter(({ stage }) => stage === 'done');
		const files = new Map(done.map(({ key, title }) => [key, `f${title.split(' ')[1]}.txt`]));
		const facts = done.map(({ key, stage, landed }) => ({ key, stage, commit: landed?.commit ?? null }));
		this.wrong.push(...wrongAtTheEnd(this.#canonical(), files, facts));
		for (const { home } of [this.#laptop, this.#builder]) {
			const doubles = readdirSync(join(home, 'live')).filter((name) => name.startsWith('double'));
			this.wrong.push(...doubles.map((name) => `two processes at once: ${name}`));
		}
	}

	#canonical(): string {
		const found = readdirSync(this.#laptop.state, { recursive: true, encoding: 'utf8' }).find((path) =>
			path.endsWith('canonical.git'),
		);
		if (found === undefined) throw new RangeError('the home has no canonical repository');
		return join(this.#laptop.state, found);
	}

	async #startAgain(victim: Victim): Promise<void> {
		const program = this.#programs[victim];
		const log = openSync(join(program.state, victim === 'gateway' ? 'gateway.log' : 'node.log'), 'a');
		const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program.main], {
			cwd: program.state,
			env: program.world.env,
			stdio: ['ignore', log, log],
		});
		program.child = child;
		await eventually(async () => {
			if (child.exitCode !== null) throw new Error(`the ${victim} ended with ${child.exitCode}\n${this.#logs()}`);
			return noteOf(program)?.pid === child.pid ? child : null;
		}, answersMs / 1000);
	}

	async #call<Name extends CallName>(at: Victim, name: Name, input: Input<Name>): Promise<Result<Name>> {
		const note = noteOf(this.#programs[at]);
		if (note === null) throw new Error(`the ${at} has left no note`);
		const response = await fetch(`${note.url}/v1/${name}`, {
			method: 'POST',
			headers: { authorization: `Bearer ${note.token}`, 'content-type': 'application/json' },
			body: JSON.stringify(input),
			signal: AbortSignal.timeout(20_000),
		});
		const text = await response.text();
		if (!response.ok) throw new Error(`${name} was answered with ${response.status}: ${text}`);
		return JSON.parse(text) as Result<Name>;
	}

	#logs(): string {
		return Object.entries(this.#programs)
			.map(
				([name, { state }]) => `--- ${name}\n${readLog(join(state, `${name === 'gateway' ? 'gateway' : 'node'}.log`))}`,
			)
			.join('\n');
	}
}

function readLog(path: string): string {
	try {
		return readFileSync(path, 'utf8').slice(-4_000);
	} catch {
		return '';
	}
}

function noteOf({ state }: Program): ApiFile | null {
	try {
		return apiFileSchema.parse(JSON.parse(readFileSync(join(state, 'api.json'), 'utf8')));
	} catch {
		return null;
	}
}

function pidIn(program: Program): number | null {
	return program.child?.pid ?? noteOf(program)?.pid ?? null;
}

function kill(pid: number | null): void {
	if (pid === null) return;
	try {
		process.kill(pid, 'SIGKILL');
	} catch {
		// It has ended.
	}
}

function passed(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}

async function eventually<T>(look: () => Promise<T | null>, seconds: number): Promise<T> {
	const end = performance.now() + seconds * 1_000;
	for (;;) {
		const found = await look();
		if (found !== null) return found;
		if (performance.now() > end) throw new Error(`waited ${seconds} s`);
		await passed(50);
	}
}

function freePort(): Promise<number> {
	const server = createServer();
	return new Promise((resolve, reject) => {
		server.once('error', reject);
		server.listen(0, '127.0.0.1', () => {
			const address = server.address();
			server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
		});
	});
}
