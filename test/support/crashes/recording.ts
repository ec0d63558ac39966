/**
 * Runs programs with every effect on the files below one folder written down (power-cut.c), and plays power cuts at any
 * place of that record. What a program says on stdout goes to a file below the same folder, so each saying has its place
 * among the effects: what was said before the cut was acknowledged.
 */

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
	chmodSync,
	closeSync,
	existsSync,
	mkdirSync,
	openSync,
	realpathSync,
	rmSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SimRandom } from '../../../shared/ports/sim/index.ts';
import { readJournal } from './power-cut-journal.ts';
import { type FileSystem, WeakDisk } from './weak-disk.ts';

const source = fileURLToPath(new URL('./power-cut.c', import.meta.url));
const compiler = 'cc';

/** Why power cuts cannot be played here; null where they can. */
export const powerCutsMissing: string | null =
	spawnSync(compiler, ['--version']).status === 0 ? null : 'a compiler for C (apt-get install gcc libc6-dev)';

export interface Run {
	/** A TypeScript program and its arguments. */
	readonly program: string;
	readonly args: readonly string[];
	/** Kills it once it has written so many bytes to the journal; null lets it end by itself. */
	readonly killAfterBytes: number | null;
	/** It dies while it syncs a file, instead of anywhere. */
	readonly inSync?: boolean;
}

/** A place at which the power is cut. */
export interface Cut {
	readonly number: number;
	readonly fileSystem: FileSystem;
	/** What the disk was left as. */
	readonly image: string;
	/** Lines said before it. */
	readonly said: readonly string[];
	readonly random: SimRandom;
}

export class Recording {
	/** Everything below it is recorded. */
	readonly root: string;
	readonly #work: string;
	readonly #journal: string;
	readonly #environment: NodeJS.ProcessEnv;
	#disks: readonly WeakDisk[] = [];

	/** `folder`: an empty one, for the library, the journal, the images and `root`. */
	constructor(folder: string) {
		this.#work = realpathSync(folder);
		if (/[ :]/.test(this.#work))
			throw new RangeError(`${this.#work}: the loader takes no path with a blank or a colon`);
		this.root = join(this.#work, 'root');
		this.#journal = join(this.#work, 'journal');
		mkdirSync(this.root);
		const library = join(this.#work, 'power-cut.so');
		execFileSync(compiler, [
			'-std=gnu11',
			'-O2',
			'-shared',
			'-fPIC',
			'-fvisibility=hidden',
			'-o',
			library,
			source,
			'-ldl',
		]);
		const preload = { LD_PRELOAD: library, POWER_CUT_ROOT: this.root, POWER_CUT_JOURNAL: this.#journal };
		const path = process.env.PATH ?? '/usr/bin:/bin';
		// Git gets no environment but ours, so the library comes to it by a git of our own, first on the path.
		mkdirSync(join(this.#work, 'bin'));
		const git = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
		const settings = Object.entries(preload).map(([name, value]) => `${name}='${value}' `);
		writeFileSync(join(this.#work, 'bin', 'git'), `#!/bin/sh\n${settings.join('')}exec ${git} "$@"\n`);
		chmodSync(join(this.#work, 'bin', 'git'), 0o755);
		this.#environment = {
			...preload,
			PATH: `${join(this.#work, 'bin')}:${path}`,
			NODE_COMPILE_CACHE: join(this.#work, 'compiled'),
			UV_USE_IO_URING: '0',
		};
	}

	/** What is in `root` now is on disk; effects count from here. */
	begin(): void {
		writeFileSync(join(this.root, saidFile), '');
		this.#disks = fileSystems.map((kind) => new WeakDisk(this.root, kind));
	}

	/** Runs a program to its end, or its death. Answers its exit code; null when it was killed. */
	async run({ program, args, killAfterBytes, inSync = false }: Run): Promise<number | null> {
		const said = openSync(join(this.root, saidFile), 'a');
		const until = killAfterBytes === null ? Number.POSITIVE_INFINITY : this.#journalBytes() + killAfterBytes;
		const child = spawn(process.execPath, [program, ...args], {
			stdio: ['ignore', said, 'pipe'],
			env: inSync ? { ...this.#environment, POWER_CUT_DIE_IN_SYNC: `${until}` } : this.#environment,
		});
		closeSync(said);
		let errors = '';
		child.stderr?.setEncoding('utf8').on('data', (text: string) => {
			errors += text;
		});
		const began = performance.now();
		const watch = setInterval(() => {
			const isLost = this.#journalBytes() === 0 && performance.now() - began > firstEffectMsMax;
			if (isLost || (!inSync && this.#journalBytes() >= until)) child.kill('SIGKILL');
		}, 3);
		const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
		clearInterval(watch);
		if (this.#journalBytes() === 0) throw new Error(`nothing of ${program} was recorded`);
		if (errors !== '') throw new Error(`${program} said ${errors}`);
		return code;
	}

	/**
	 * Cuts the power `count` times, at places from `seed`: half of them just after something was said. `judge` looks at each
	 * image, which is removed when it has answered.
	 */
	async cuts(
		{ count, seed, sameInode = [] }: { count: number; seed: string; sameInode?: readonly string[] },
		judge: (cut: Cut) => Promise<void>,
	): Promise<void> {
		const effects = readJournal(this.#journal);
		const random = new SimRandom(seed);
		const saidInode = statSync(join(this.root, saidFile)).ino;
		const sayings = effects.flatMap((effect, at) =>
			effect.kind === 'write' && effect.inode === saidInode ? [at] : [],
		);
		const places = Array.from({ length: count }, (_, number) =>
			number % 2 === 0 && sayings.length > 0 ? random.pick(sayings) : random.below(effects.length),
		).sort((a, b) => a - b);
		let said = '';
		let at = 0;
		for (const [number, place] of places.entries()) {
			for (; at <= place; at++) {
				const effect = effects[at];
				if (!effect) break;
				if (effect.kind === 'write' && effect.inode === saidInode) said += effect.bytes.toString();
				else for (const disk of this.#disks) disk.apply(effect);
			}
			const kind = number % fileSystems.length;
			const [disk, fileSystem] = [this.#disks[kind], fileSystems[kind]];
			if (!disk || !fileSystem) continue;
			const image = join(this.#work, `image ${number}`);
			const own = random.fork(`cut ${number}`);
			disk.cut(image, own, sameInode);
			await judge({ number, fileSystem, image, said: said.split('\n').slice(0, -1), random: own });
			rmSync(image, { recursive: true });
		}
	}

	#journalBytes(): number {
		return existsSync(this.#journal) ? statSync(this.#journal).size : 0;
	}
}

/** A program that has written nothing by then is not recorded, and would run for ever. */
const firstEffectMsMax = 60_000;
const saidFile = 'said';
const fileSystems: readonly FileSystem[] = ['ordered', 'named'];
