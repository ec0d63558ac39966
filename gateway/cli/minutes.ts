/** Times as people type them. */
import { ganglineError } from '../../shared/ports/errors.ts';

const minutesIn = { m: 1, h: 60, d: 60 * 24 } as const;

/** `90`, `90m`, `2h`, `7d` in minutes. */
export function minutesOf(text: string): number {
	const [, number, unit] = /^([1-9][0-9]{0,4})([mhd]?)$/.exec(text) ?? [];
	if (number === undefined) {
		throw ganglineError(
			'INVALID_ARGUMENT',
			`--expires ${JSON.stringify(text)} is no time: expected such as 30m, 2h or 7d`,
		);
	}
	return Number(number) * (unit === 'h' ? minutesIn.h : unit === 'd' ? minutesIn.d : minutesIn.m);
}
