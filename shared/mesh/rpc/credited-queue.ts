/**
 * Items between a channel and a reader that may be slow. What the reader took is given back to the sender as credit, in
 * portions; who sends more than it had credit for broke the rules.
 */
import { ganglineError } from '../../ports/index.ts';
import { bodyBytesMax, streamWindowBytes } from './limits.ts';

export interface CreditedQueue {
	/** Throws TOO_LARGE when the sender ignores its credit. */
	put(value: unknown, cost: number): void;
	end(): void;
	/** What came before is still read. */
	fail(error: unknown): void;
	items(): AsyncGenerator<unknown, void, undefined>;
}

/** What an item costs beyond its bytes, so that empty ones are not free. */
export const itemCost = (item: Uint8Array): number => item.length + 64;

/** `giveBack` sends credit; called when at least a quarter of the window was read. */
export function creditedQueue(giveBack: (bytes: number) => void): CreditedQueue {
	const items: { readonly value: unknown; readonly cost: number }[] = [];
	let held = 0;
	let owed = 0;
	let over: { error: unknown } | 'end' | null = null;
	let wake = (): void => undefined;
	const finish = (how: { error: unknown } | 'end'): void => {
		over ??= how;
		wake();
	};
	return {
		put(value, cost) {
			held += cost;
			if (held > streamWindowBytes + bodyBytesMax + 64) {
				throw ganglineError('TOO_LARGE', `a stream has ${held} bytes unread; expected at most the window`);
			}
			items.push({ value, cost });
			wake();
		},
		end: () => finish('end'),
		fail: (error) => finish({ error }),
		async *items() {
			while (true) {
				const item = items.shift();
				if (item !== undefined) {
					yield item.value;
					held -= item.cost;
					owed += item.cost;
					if (owed >= streamWindowBytes / 4) {
						giveBack(owed);
						owed = 0;
					}
				} else if (over === 'end') return;
				else if (over !== null) throw over.error;
				else
					await new Promise<void>((resolve) => {
						wake = resolve;
					});
			}
		},
	};
}
