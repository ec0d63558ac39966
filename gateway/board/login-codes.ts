/**
 * One-time codes with which a browser begins a session: 256 bits, kept as hashes in memory for some minutes, gone at the
 * first use. A restart of the gateway makes them void, and a new one is one command away.
 */
import { createHash } from 'node:crypto';
import type { Clock, Random } from '../../shared/ports/index.ts';

export interface LoginFor {
	readonly person: string;
	/** What the session is made on. */
	readonly on: 'browser' | 'phone';
	/** Who made the code; an owner may for others. */
	readonly by?: string;
}

interface Code extends LoginFor {
	/** Monotonic ms. */
	readonly until: number;
}

/** More at once are nobody's wish; the oldest goes. */
const codesMax = 64;

export class LoginCodes {
	readonly #clock: Clock;
	readonly #codes = new Map<string, Code>();

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	/** A new code. */
	make(login: LoginFor, minutes: number, random: Random): string {
		const code = Buffer.from(random.bytes(32)).toString('base64url');
		this.#codes.set(hashOf(code), { ...login, until: this.#clock.monotonic() + minutes * 60_000 });
		for (const oldest of [...this.#codes.keys()].slice(0, Math.max(0, this.#codes.size - codesMax))) {
			this.#codes.delete(oldest);
		}
		return code;
	}

	/** Uses a code up; null where it is none, was used, or is too old. */
	take(code: string): LoginFor | null {
		const hash = hashOf(code);
		const found = this.#codes.get(hash);
		this.#codes.delete(hash);
		return found !== undefined && this.#clock.monotonic() < found.until ? found : null;
	}

	/** Only an owner makes codes for others: who is none any more could come in by one as somebody else. */
	forgetForOthers(by: string): void {
		for (const [hash, code] of this.#codes) if (code.by === by && code.person !== by) this.#codes.delete(hash);
	}

	/** The person has no rights any more: nor has what that person gave to others. */
	forget(person: string): void {
		for (const [hash, code] of this.#codes) if (code.person === person || code.by === person) this.#codes.delete(hash);
	}
}

/** A lookup by the hash tells nothing by the time it takes. */
function hashOf(code: string): string {
	return createHash('sha256').update('gangline login 1\0').update(code).digest('hex');
}
