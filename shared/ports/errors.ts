/**
 * The one error class of the house and the registry of its codes. A code is stable, its message may improve. The
 * disposition says what the receiver does: `terminal` (the request is wrong, do not repeat it), `retry` (the world may
 * change), `peer` (the other side broke the rules: cut it off). A bug of ours is an assertion, never one of these.
 * The table in ARCHITECTURE.md lists exactly these codes; a test holds the two together.
 */

export type Disposition = 'terminal' | 'retry' | 'peer';

/** exit: what the command line ends with. http: what the API answers. */
interface ErrorKind {
	readonly disposition: Disposition;
	readonly exit: number;
	readonly http: number;
}

const usage = { disposition: 'terminal', exit: 2, http: 400 } as const;
const missing = { disposition: 'terminal', exit: 3, http: 404 } as const;
const refused = { disposition: 'terminal', exit: 4, http: 409 } as const;
const unfit = { disposition: 'terminal', exit: 5, http: 500 } as const;
const away = { disposition: 'retry', exit: 6, http: 503 } as const;
const denied = { disposition: 'terminal', exit: 7, http: 403 } as const;
const failed = { disposition: 'terminal', exit: 1, http: 500 } as const;

export const errorKinds = {
	INVALID_ID: usage,
	INVALID_ARGUMENT: usage,
	INVALID_CONFIG: usage,
	INVALID_PLAN: usage,
	UNKNOWN_ITEM: missing,
	UNKNOWN_PROJECT: missing,
	UNKNOWN_OPERATION: missing,
	NOTHING_TO_SHOW: missing,
	REFUSED: refused,
	NOTHING_WAS_SHOWN: refused,
	MAIN_IS_RED: { disposition: 'terminal', exit: 8, http: 409 },
	UNSUITABLE_REPOSITORY: unfit,
	UNSUITABLE_MACHINE: unfit,
	SCHEMA_TOO_NEW: unfit,
	STORE_DAMAGED: unfit,
	STORE_LOCKED: { disposition: 'retry', exit: 6, http: 503 },
	STORE_FAILED: { disposition: 'retry', exit: 1, http: 500 },
	REPOSITORY_LOCKED: away,
	PORT_IN_USE: unfit,
	NOT_RUNNING: away,
	STOPPING: away,
	UNAUTHENTICATED: { disposition: 'terminal', exit: 7, http: 401 },
	FORBIDDEN: denied,
	WRONG_ORIGIN: denied,
	TOO_MANY_TRIES: { disposition: 'retry', exit: 7, http: 429 },
	BAD_SIGNATURE: { disposition: 'peer', exit: 1, http: 400 },
	MALFORMED: { disposition: 'peer', exit: 1, http: 400 },
	TOO_LARGE: { disposition: 'peer', exit: 2, http: 413 },
	GIT_FAILED: failed,
	REMOTE_FAILED: { disposition: 'retry', exit: 1, http: 502 },
	REMOTE_DIVERGED: { disposition: 'terminal', exit: 4, http: 409 },
	PEER_UNREACHABLE: away,
	PEER_GONE: away,
	HOME_AWAY: away,
	JOIN_REFUSED: denied,
	UNKNOWN_NODE: missing,
	UNKNOWN_PERSON: missing,
	PROCESS_NOT_STOPPED: failed,
	LANDING_DISAGREES: failed,
	ENGINE_FAILED: { disposition: 'retry', exit: 1, http: 502 },
	INTERNAL: failed,
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorKinds;

export interface ErrorDetails {
	/** What the person can type or do now; one line, no destructive flag. */
	readonly hint?: string;
	/** Machine-readable facts about the case. */
	readonly data?: Readonly<Record<string, unknown>>;
	readonly cause?: unknown;
}

export class GanglineError extends Error {
	readonly code: ErrorCode;
	readonly hint: string | undefined;
	readonly data: Readonly<Record<string, unknown>>;

	constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
		super(message, details.cause === undefined ? undefined : { cause: details.cause });
		this.name = 'GanglineError';
		this.code = code;
		this.hint = details.hint;
		this.data = details.data ?? {};
	}

	get disposition(): Disposition {
		return errorKinds[this.code].disposition;
	}
}

/** Makes (does not throw) an error. The message says what was tried, the value that was wrong and what was expected. */
export function ganglineError(code: ErrorCode, message: string, details?: ErrorDetails): GanglineError {
	return new GanglineError(code, message, details);
}

/** A promise that our own code keeps. Its failure is our bug: the process stops, the mesh survives. */
export function assert(condition: unknown, promise: string): asserts condition {
	if (!condition) throw new Error(`assertion failed: ${promise}`);
}
