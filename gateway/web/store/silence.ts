/**
 * Ends what has fallen silent: a line that a network or a proxy has lost says so to nobody, and what is shown would be
 * called live for as long as it looks like a quiet one.
 */
import type { Clock } from '../../../shared/ports/clock.ts';

/** Until the first word; a gateway that is there says hello at once. */
export const firstWordMsMax = 15_000;
/** The gateway says something every 15 s. One word may be late, two are missing. */
export const silentMsMax = 35_000;

export interface Silence {
	/** Something was heard. */
	readonly heard: () => void;
	readonly stop: () => void;
}

/** Calls `onSilent` once, with when something was heard last; null: never. */
export function watchSilence(clock: Clock, onSilent: (heardAt: number | null) => void): Silence {
	let heardAt: number | null = null;
	const wait = (ms: number): (() => void) => clock.after(ms, () => onSilent(heardAt));
	let cancel = wait(firstWordMsMax);
	return {
		heard: () => {
			cancel();
			heardAt = clock.now();
			cancel = wait(silentMsMax);
		},
		stop: () => cancel(),
	};
}
