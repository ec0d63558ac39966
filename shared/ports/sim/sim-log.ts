/** A log that keeps its lines, for tests that ask what was said. */
import type { Log, LogFields } from '../log.ts';

export interface SimLogLine {
	readonly level: 'info' | 'warn' | 'error';
	readonly event: string;
	readonly fields: LogFields;
}

export class SimLog implements Log {
	readonly lines: SimLogLine[];
	readonly #bound: LogFields;

	constructor(lines: SimLogLine[] = [], bound: LogFields = {}) {
		this.lines = lines;
		this.#bound = bound;
	}

	info(event: string, fields: LogFields = {}): void {
		this.#add('info', event, fields);
	}

	warn(event: string, fields: LogFields = {}): void {
		this.#add('warn', event, fields);
	}

	error(event: string, fields: LogFields = {}): void {
		this.#add('error', event, fields);
	}

	child(fields: LogFields): Log {
		return new SimLog(this.lines, { ...this.#bound, ...fields });
	}

	/** Lines of one event, oldest first. */
	of(event: string): readonly SimLogLine[] {
		return this.lines.filter((line) => line.event === event);
	}

	#add(level: SimLogLine['level'], event: string, fields: LogFields): void {
		this.lines.push({ level, event, fields: { ...this.#bound, ...fields } });
	}
}
