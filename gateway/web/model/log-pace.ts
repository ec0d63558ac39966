/**
 * When a log is read again: at once while lines come, then less and less often, never once its run has ended and its last
 * line was read, and not at all while nobody looks.
 */
export const paceSeconds = [1.2, 2, 5, 15, 30] as const;

export interface Pace {
	/** Answers without a new line, one after another. */
	readonly idle: number;
	readonly drained: boolean;
}

export const firstPace: Pace = { idle: 0, drained: false };

export function paceAfter({ idle }: Pace, answer: { readonly newLines: number; readonly ended: boolean }): Pace {
	if (answer.newLines > 0) return { idle: 0, drained: false };
	return { idle: idle + 1, drained: answer.ended };
}

/** Null: do not ask again by yourself. */
export function nextLookMs({ idle, drained }: Pace, isHidden: boolean): number | null {
	if (drained || isHidden) return null;
	return (paceSeconds[Math.min(idle, paceSeconds.length - 1)] ?? 30) * 1000;
}
