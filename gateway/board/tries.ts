/**
 * How often wrong codes are listened to. Codes are far too long to be guessed; this keeps guessing cheap for us and
 * visible in the log, per address and in all, within a bounded memory.
 */
import type { Clock } from '../../shared/ports/clock.ts';
import { type GanglineError, ganglineError } from '../../shared/ports/errors.ts';

const windowMs = 10 * 60_000;
const perAddressMax = 10;
const inAllMax = 200;

export class Tries {
	readonly #clock: Clock;
	#failed: { readonly address: string; readonly at: number }[] = [];

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	/** Null while this address may try. */
	refusal(address: string): GanglineError | null {
		const since = this.#clock.monotonic() - windowMs;
		this.#failed = this.#failed.filter(({ at }) => at > since);
		const own = this.#failed.filter((one) => one.address === address);
		const first = own.length >= perAddressMax ? own[0] : this.#failed.length >= inAllMax ? this.#failed[0] : undefined;
		if (first === undefined) return null;
		const minutes = Math.max(1, Math.ceil((first.at - since) / 60_000));
		return ganglineError('TOO_MANY_TRIES', `too many wrong codes came from ${address}`, {
			hint: `try again in ${minutes} min, with a new link: gangline board`,
			data: { minutes },
		});
	}

	failed(address: string): void {
		this.#failed.push({ address, at: this.#clock.monotonic() });
	}
}
