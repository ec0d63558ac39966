/**
 * One git command that stays open and answers one request after another, so that a request costs its own work and not a
 * process. Answers come in the order of the requests. When the child ends, every waiting request fails with how it ended
 * and the next one starts a new child; who may not ask again must look what happened.
 */
import type { ChildProcess } from 'node:child_process';
import { ganglineError } from '../ports/errors.ts';
import { collect, exitOf, type GitProcess, gitFailed, killAfter, signalGroup } from './git-process.ts';

/** An answer and how many bytes it took; or how many bytes are needed before it is worth looking again. */
export type Read<Answer> = { readonly used: number; readonly answer: Answer } | number | 'broken';

export interface ConversationOptions {
	readonly git: GitProcess;
	readonly args: readonly string[];
	readonly cwd?: string;
	/** Ends a child that nobody has asked for so long. Default: it stays. */
	readonly idleMs?: number;
}

interface Request {
	/** Takes the answer out of what has come; answers the bytes used, or as `Read`. */
	take(buffer: Buffer): number | 'broken' | { readonly needed: number };
	reject(error: unknown): void;
}

const answerMsMax = 120_000;
const bufferedBytesMax = 128 * 1024 * 1024;

type Deadline = ReturnType<typeof killAfter>;

export class GitConversation {
	readonly #options: ConversationOptions;
	#child: ChildProcess | undefined;
	#deadline: Deadline | undefined;
	#waiting: Request[] = [];
	#buffered: Buffer[] = [];
	#bufferedBytes = 0;
	#neededBytes = 0;

	constructor(options: ConversationOptions) {
		this.#options = options;
	}

	/** Sends `words` and answers what `read` makes of what comes back. */
	ask<Answer>(words: string, read: (buffer: Buffer) => Read<Answer>): Promise<Answer> {
		return new Promise((resolve, reject) => {
			const child = this.#running();
			const take = (buffer: Buffer): number | 'broken' | { readonly needed: number } => {
				const found = read(buffer);
				if (typeof found === 'number') return { needed: found };
				if (found === 'broken') return found;
				resolve(found.answer);
				return found.used;
			};
			this.#waiting.push({ take, reject });
			if (this.#waiting.length === 1) this.#expect(child, answerMsMax);
			child.stdin?.write(words);
		});
	}

	/** Ends the child; requests that wait fail. */
	async close(): Promise<void> {
		const child = this.#child;
		if (child === undefined) return;
		const gone = exitOf(child);
		child.stdin?.end();
		await gone;
	}

	#running(): ChildProcess {
		// One that was told to go because it was idle is not asked any more.
		if (this.#child && !this.#deadline?.fired()) return this.#child;
		const { git, args, cwd } = this.#options;
		const child = git.start({ args, ...(cwd === undefined ? {} : { cwd }) });
		this.#forget();
		this.#child = child;
		const collected = collect(child, { args, onStdout: (piece) => this.#take(child, piece) });
		const deadline = (): Deadline | undefined => this.#deadline;
		void exitOf(child).then((exit) => {
			if (this.#child !== child) return;
			const hasTimedOut = deadline()?.fired() ?? false;
			this.#child = undefined;
			const waiting = this.#waiting;
			this.#waiting = [];
			this.#forget();
			for (const request of waiting) request.reject(gitFailed(args, exit, collected.stderr, hasTimedOut));
		});
		return child;
	}

	#take(child: ChildProcess, piece: Buffer): void {
		if (this.#child !== child) return;
		this.#buffered.push(piece);
		this.#bufferedBytes += piece.length;
		if (this.#bufferedBytes > bufferedBytesMax) {
			this.#waiting.shift()?.reject(tooMuch(this.#options.args));
			signalGroup(child, 'SIGKILL');
			return;
		}
		if (this.#bufferedBytes < this.#neededBytes) return;
		const buffer = this.#answer(child, Buffer.concat(this.#buffered));
		this.#buffered = [buffer];
		this.#bufferedBytes = buffer.length;
	}

	/** Answers who can be answered; what is left belongs to the next. */
	#answer(child: ChildProcess, buffer: Buffer): Buffer {
		let rest = buffer;
		for (let request = this.#waiting[0]; request; request = this.#waiting[0]) {
			const used = request.take(rest);
			if (used === 'broken') {
				signalGroup(child, 'SIGKILL');
				return rest;
			}
			if (typeof used !== 'number') {
				this.#neededBytes = used.needed;
				return rest;
			}
			this.#neededBytes = 0;
			rest = rest.subarray(used);
			this.#waiting.shift();
			if (this.#waiting.length > 0) this.#expect(child, answerMsMax);
			else this.#expect(child, this.#options.idleMs);
		}
		return rest;
	}

	#expect(child: ChildProcess, ms: number | undefined): void {
		this.#deadline?.cancel();
		this.#deadline = ms === undefined ? undefined : killAfter(child, ms);
	}

	#forget(): void {
		this.#deadline?.cancel();
		this.#deadline = undefined;
		this.#buffered = [];
		this.#bufferedBytes = 0;
		this.#neededBytes = 0;
	}
}

function tooMuch(args: readonly string[]): Error {
	return ganglineError('TOO_LARGE', `\`git ${args.join(' ')}\` answered with more than ${bufferedBytesMax} bytes`, {
		data: { args, max: bufferedBytesMax },
	});
}
