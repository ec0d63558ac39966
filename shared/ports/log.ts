/**
 * The program's own log: JSON lines, ids as fields, secrets redacted by path. info: a state changed, from what to what
 * and why, one line. warn: someone may act. error: someone must. Who decides about a failure logs it; nobody else.
 */
export interface Log {
	info(event: string, fields?: LogFields): void;
	warn(event: string, fields?: LogFields): void;
	error(event: string, fields?: LogFields): void;
	/** A log whose lines all carry `fields`. */
	child(fields: LogFields): Log;
}

export type LogFields = Readonly<Record<string, unknown>>;
