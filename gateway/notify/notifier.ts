/**
 * Tells people what needs them, as a reconciler: what waits now is compared with what was told, soon after something
 * changed and every half minute. What was told is on disk before the next pass, so a restart tells nothing twice, and in
 * memory whatever the disk says, so that one that is full rings no phone each half minute; what could not be sent waits
 * and is tried again.
 */
import { z } from 'zod';
import { type Clock, GanglineError, type Log, type Store } from '../../shared/ports/index.ts';
import { soundRecord } from '../../shared/store/index.ts';
import { type NtfyMessage, type NtfyTarget, sendNtfy } from './ntfy.ts';
import { planMessages, type Waiting } from './plan.ts';

export interface NotifierOptions {
	readonly store: Store;
	readonly clock: Clock;
	readonly log: Log;
	readonly waiting: () => readonly Waiting[];
	/** An address of the board for people, without a slash at its end. */
	readonly base: () => string;
	readonly send?: (target: NtfyTarget, message: NtfyMessage) => Promise<void>;
}

const targetKey = 'gateway/notify/ntfy';
const toldKey = 'gateway/notify/told';
const targetSchema = z.object({ url: z.url(), token: z.string().nullable() });
const toldSchema = z.record(z.string(), z.string());
const soonMs = 2_000;
const everyMs = 30_000;

export class Notifier {
	readonly #options: Required<NotifierOptions>;
	#target: NtfyTarget | null;
	#told: Readonly<Record<string, string>>;
	#trouble: string | null = null;
	#lastSentAt: number | null = null;
	#running: Promise<void> = Promise.resolve();
	#cancel: (() => void) | null = null;
	#isSoon = false;
	#isStopped = false;

	static async open(options: NotifierOptions): Promise<Notifier> {
		const { store } = options;
		const [target, told] = [await store.get(targetKey), await store.get(toldKey)];
		return new Notifier(options, {
			target: target === undefined ? null : soundRecord(targetSchema, targetKey, target),
			told: told === undefined ? {} : soundRecord(toldSchema, toldKey, told),
		});
	}

	private constructor(
		options: NotifierOptions,
		{ target, told }: { readonly target: NtfyTarget | null; readonly told: Readonly<Record<string, string>> },
	) {
		this.#options = { send: sendNtfy, ...options };
		this.#target = target;
		this.#told = told;
		this.#arm(soonMs);
	}

	/** Where messages go, and how the last try went; never the token. */
	get status(): { ntfy: { url: string; hasToken: boolean } | null; lastSentAt: number | null; trouble: string | null } {
		const target = this.#target;
		const ntfy = target === null ? null : { url: target.url, hasToken: target.token !== null };
		return { ntfy, lastSentAt: this.#lastSentAt, trouble: this.#trouble };
	}

	/** Null: tell nobody. */
	async change(target: NtfyTarget | null): Promise<void> {
		const { store, log } = this.#options;
		await store.write([
			target === null
				? { kind: 'delete', key: targetKey }
				: { kind: 'put', key: targetKey, value: { url: target.url, token: target.token } },
		]);
		this.#target = target;
		this.#trouble = null;
		log.info('notify.target', { url: target?.url ?? null });
		this.poke();
	}

	/** Sends one message now. @throws GanglineError REMOTE_FAILED; false where nothing is configured */
	async test(): Promise<boolean> {
		if (this.#target === null) return false;
		const text = 'This is what it looks like when something needs you.';
		await this.#options.send(this.#target, { title: 'Gangline', text, click: `${this.#options.base()}/` });
		this.#lastSentAt = this.#options.clock.now();
		this.#trouble = null;
		return true;
	}

	/** Something may have changed. */
	poke(): void {
		if (!this.#isSoon) this.#arm(soonMs);
	}

	/** Waits for the pass under way. Idempotent. */
	async stop(): Promise<void> {
		this.#isStopped = true;
		this.#cancel?.();
		await this.#running;
	}

	#arm(ms: number): void {
		this.#cancel?.();
		if (this.#isStopped) return;
		this.#isSoon = ms === soonMs;
		this.#cancel = this.#options.clock.after(ms, () => {
			this.#isSoon = false;
			this.#running = this.#running
				.then(() => this.#pass())
				.then(() => {
					// What changed meanwhile is looked at soon, not with the next round.
					if (!this.#isSoon) this.#arm(everyMs);
				});
		});
	}

	async #pass(): Promise<void> {
		const { log, waiting } = this.#options;
		const target = this.#target;
		if (target === null) return;
		try {
			const { messages, over } = planMessages(waiting(), this.#told);
			if (over.length > 0) await this.#remember({}, over);
			for (const { title, text, path, tells } of messages) {
				// A person has named another place, or none.
				if (this.#target !== target) return;
				await this.#options.send(target, { title, text, click: `${this.#options.base()}/${path}` });
				await this.#remember(tells, []);
				this.#lastSentAt = this.#options.clock.now();
			}
			this.#trouble = null;
		} catch (error) {
			const words = error instanceof GanglineError ? error.message : String(error);
			if (this.#trouble !== words) log.warn('notify.failed', { why: words });
			this.#trouble = words;
		}
	}

	async #remember(tells: Readonly<Record<string, string>>, over: readonly string[]): Promise<void> {
		const kept = Object.entries(this.#told).filter(([key]) => !over.includes(key));
		const told = { ...Object.fromEntries(kept), ...tells };
		this.#told = told;
		await this.#options.store.write([{ kind: 'put', key: toldKey, value: told }]);
	}
}
