/** What the page tells in passing: that something was done (and how to undo it), or why it was not and what to do. */
import type { Clock } from '../../../shared/ports/clock.ts';
import type { GanglineError } from '../../../shared/ports/errors.ts';

export interface Notice {
	readonly id: number;
	readonly tone: 'done' | 'failed';
	readonly words: string;
	readonly hint: string | null;
	readonly action: { readonly label: string; readonly run: () => void } | null;
}

const shownMs = 9_000;
const noticesMax = 4;

export class Notices {
	readonly #clock: Clock;
	readonly #listeners = new Set<() => void>();
	#notices: readonly Notice[] = [];
	#last = 0;

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	readonly subscribe = (listener: () => void): (() => void) => {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	};

	readonly snapshot = (): readonly Notice[] => this.#notices;

	readonly tell = (words: string, action: Notice['action'] = null, hint: string | null = null): void => {
		const id = this.#add({ tone: 'done', words, hint, action });
		this.#clock.after(shownMs, () => this.close(id));
	};

	/** Stays until it is closed: it says what to do. */
	readonly fail = (error: GanglineError, action: Notice['action'] = null): void => {
		this.#add({ tone: 'failed', words: error.message, hint: error.hint ?? null, action });
	};

	readonly close = (id: number): void => this.#set(this.#notices.filter((notice) => notice.id !== id));

	#add(notice: Omit<Notice, 'id'>): number {
		this.#last += 1;
		const others = this.#notices.filter(({ words }) => words !== notice.words);
		this.#set([...withRoom(others), { ...notice, id: this.#last }]);
		return this.#last;
	}

	#set(notices: readonly Notice[]): void {
		this.#notices = notices;
		for (const listener of [...this.#listeners]) listener();
	}
}

/** Room for one more: what was done leaves first, a failure only where there is nothing else. */
function withRoom(notices: readonly Notice[]): readonly Notice[] {
	if (notices.length < noticesMax) return notices;
	const leaves = notices.find(({ tone }) => tone === 'done') ?? notices[0];
	return notices.filter((notice) => notice !== leaves);
}
