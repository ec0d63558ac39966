/**
 * The program's log on pino: one JSON object a line, written at once, so that the last line before a crash is there.
 * Every field passes `redact` first; a secret that reaches this room does not leave it.
 */
import { type Logger, pino } from 'pino';
import type { Log, LogFields } from '../log.ts';
import { redact, redactText } from './redact.ts';

/** Where the lines go: a file descriptor (1, 2) or the path of a file, made readable by its owner only. */
export interface PinoLogOptions {
	readonly to: number | string;
	readonly level?: 'info' | 'warn' | 'error' | 'silent';
	/** Each line passes it last: what must be in no log, whatever field it is in. */
	readonly censor?: (line: string) => string;
}

export class PinoLog implements Log {
	readonly #logger: Logger;

	/** Use `openPinoLog`; this one wraps what is there already. */
	constructor(logger: Logger) {
		this.#logger = logger;
	}

	info(event: string, fields: LogFields = {}): void {
		this.#logger.info(redact(fields), redactText(event));
	}

	warn(event: string, fields: LogFields = {}): void {
		this.#logger.warn(redact(fields), redactText(event));
	}

	error(event: string, fields: LogFields = {}): void {
		this.#logger.error(redact(fields), redactText(event));
	}

	child(fields: LogFields): Log {
		return new PinoLog(this.#logger.child(redact(fields)));
	}
}

/** A log that writes to `to` and holds neither process id nor host name, which the ids in the fields replace. */
export function openPinoLog(options: PinoLogOptions): PinoLog {
	const destination = pino.destination({ dest: options.to, sync: true, mkdir: true, mode: 0o600 });
	const { censor } = options;
	return new PinoLog(
		pino(
			{
				level: options.level ?? 'info',
				base: null,
				messageKey: 'event',
				timestamp: pino.stdTimeFunctions.isoTime,
				formatters: { level: (level) => ({ level }) },
				serializers: { err: (value: unknown) => value },
			},
			censor === undefined ? destination : { write: (line: string) => void destination.write(censor(line)) },
		),
	);
}
