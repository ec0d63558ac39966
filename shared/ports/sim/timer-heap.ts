/** Timers by due time, equal ones in the order in which they were set: a binary heap, because a mesh has thousands. */
export interface Timer {
	readonly due: number;
	readonly order: number;
	readonly action: () => void;
	/** It has fired or was cancelled. */
	isOver?: boolean;
}

export class TimerHeap {
	readonly #heap: Timer[] = [];
	#size = 0;

	get size(): number {
		return this.#size;
	}

	/** The next one. */
	get first(): Timer | undefined {
		for (let top = this.#heap[0]; top?.isOver; top = this.#heap[0]) this.#removeTop();
		return this.#heap[0];
	}

	add(timer: Timer): void {
		this.#size += 1;
		this.#heap.push(timer);
		let at = this.#heap.length - 1;
		while (at > 0) {
			const up = (at - 1) >> 1;
			const above = this.#heap[up];
			if (!above || isBefore(above, timer)) break;
			this.#heap[at] = above;
			at = up;
		}
		this.#heap[at] = timer;
	}

	/** Cancelling again, or after it fired, does nothing. */
	cancel(timer: Timer): void {
		if (timer.isOver) return;
		timer.isOver = true;
		this.#size -= 1;
	}

	#removeTop(): void {
		const last = this.#heap.pop();
		const length = this.#heap.length;
		if (!last || length === 0) return;
		let at = 0;
		for (;;) {
			let below = 2 * at + 1;
			let child = this.#heap[below];
			const right = this.#heap[below + 1];
			if (child && right && isBefore(right, child)) {
				child = right;
				below += 1;
			}
			if (!child || isBefore(last, child)) break;
			this.#heap[at] = child;
			at = below;
		}
		this.#heap[at] = last;
	}
}

function isBefore(a: Timer, b: Timer): boolean {
	return a.due < b.due || (a.due === b.due && a.order < b.order);
}
