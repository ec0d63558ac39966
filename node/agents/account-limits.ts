/**
 * Until when accounts of agents' programs are limited, for every node of one person on this machine: an account is the
 * same wherever a project or a node uses it, and a service that said no to one of them says it to all. One small file an
 * account in a folder of the person's, 0600, put in place whole, so that processes need no lock. It is named by a hash
 * over whatever makes the login (folder, keys, address), and holds a time, nothing else. Invariant: a limit that has
 * ended is none, and the folder stays small [I15].
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, Log } from '../../shared/ports/index.ts';
import type { AgentRuntime, AgentSettings } from './runtime.ts';
import { runtimePrograms } from './runtime.ts';

/** What is known of limits on this machine. */
export interface AccountLimits {
	/** An account is limited until then, wall ms. */
	note(identity: string, until: number): void;
	/** Wall ms; null where it is not limited now. */
	until(identity: string): number | null;
	/** Where that is kept, to be hidden from what runs here; null: nowhere. */
	readonly folder: string | null;
}

/** Where nothing is shared. */
export const noAccountLimits: AccountLimits = { note: () => {}, until: () => null, folder: null };

/** Looked at again after this long: another process may have written. */
const lookAgainMs = 200;
/** More accounts than anybody has; of more, the rest is not read. */
const filesMax = 256;
/** Later ones have no date. */
const wallMsMax = 8.64e15;
const nameOfFile = /^[0-9a-f]{32}$/;

export interface SharedLimitsOptions {
	readonly folder: string;
	readonly clock: Pick<Clock, 'now' | 'monotonic'>;
	readonly log: Log;
}

export class SharedLimits implements AccountLimits {
	readonly folder: string;
	readonly #clock: Pick<Clock, 'now' | 'monotonic'>;
	readonly #log: Log;
	#seen: { readonly at: number; readonly limits: ReadonlyMap<string, number> } | undefined;

	private constructor({ folder, clock, log }: SharedLimitsOptions) {
		this.folder = folder;
		this.#clock = clock;
		this.#log = log;
	}

	/** `otherwise`: where they are kept for this node alone when the person's folder cannot be made. */
	static open({ otherwise, ...options }: SharedLimitsOptions & { readonly otherwise: string }): SharedLimits {
		try {
			mkdirSync(options.folder, { recursive: true, mode: 0o700 });
			return new SharedLimits(options);
		} catch (error) {
			options.log.info('accountLimits.notShared', { folder: options.folder, error });
			mkdirSync(otherwise, { recursive: true, mode: 0o700 });
			return new SharedLimits({ ...options, folder: otherwise });
		}
	}

	note(identity: string, until: number): void {
		const known = this.until(identity);
		if (known !== null && known >= until) return;
		try {
			const path = join(this.folder, identity);
			const fresh = `${path}.${process.pid}`;
			writeFileSync(fresh, `${Math.ceil(until)}\n`, { mode: 0o600 });
			renameSync(fresh, path);
		} catch (error) {
			// Each home that was told keeps it as well; the others learn it from the service.
			this.#log.warn('accountLimit.notShared', { error });
		}
		this.#seen = undefined;
		for (const [name, end] of this.#read()) if (end <= this.#clock.now()) this.#forget(name);
	}

	until(identity: string): number | null {
		const now = this.#clock.now();
		const until = this.#read().get(identity) ?? 0;
		return until > now && until <= wallMsMax ? until : null;
	}

	#read(): ReadonlyMap<string, number> {
		const at = this.#clock.monotonic();
		if (this.#seen === undefined || at - this.#seen.at > lookAgainMs) this.#seen = { at, limits: this.#look() };
		return this.#seen.limits;
	}

	#look(): ReadonlyMap<string, number> {
		try {
			const names = readdirSync(this.folder).filter((name) => nameOfFile.test(name));
			return new Map(names.slice(0, filesMax).map((name) => [name, this.#timeIn(name)]));
		} catch {
			// Somebody removed the folder: nothing is known then.
			return new Map();
		}
	}

	/** 0 where no time can be read: then it is not limited. */
	#timeIn(name: string): number {
		try {
			const until = Number(readFileSync(join(this.folder, name), 'utf8').slice(0, 20).trim());
			return Number.isSafeInteger(until) ? until : 0;
		} catch {
			return 0;
		}
	}

	#forget(name: string): void {
		try {
			rmSync(join(this.folder, name), { force: true });
		} catch (error) {
			this.#log.warn('accountLimit.notForgotten', { error });
		}
	}
}

/** Of a program's variables those that say how it asks, not as whom. */
const notWho: ReadonlySet<string> = new Set(['ANTHROPIC_MODEL', 'CLAUDE_CODE_MAX_RETRIES']);

/** Whose account a session with this environment counts against; the same for two sessions means the same account. */
export function accountIdentity(
	{ runtime, command }: Pick<AgentSettings, 'runtime' | 'command'>,
	env: Readonly<Record<string, string>>,
): string {
	const names = ['HOME', ...runtimePrograms[runtime].credentials.filter((name) => !notWho.has(name))];
	const who = names.map((name) => [name, env[name] ?? null]);
	const said = JSON.stringify([runtime, command ?? null, who]);
	return createHash('sha256').update(said).digest('hex').slice(0, 32);
}

/** The runtime, with every limit that a session of it meets noted before anybody hears how it ended. */
export function notingLimits(runtime: AgentRuntime, limits: AccountLimits): AgentRuntime {
	return {
		...runtime,
		start: (task) => {
			const session = runtime.start(task);
			const ended = session.ended.then((end) => {
				if (end.outcome.kind === 'rateLimited') limits.note(accountIdentity(task.agent, task.env), end.outcome.until);
				return end;
			});
			return {
				ended,
				pid: session.pid,
				say: (text) => session.say(text),
				answer: (id, decision) => session.answer(id, decision),
				stop: async (reason) => {
					await session.stop(reason);
					return await ended;
				},
			};
		},
	};
}
