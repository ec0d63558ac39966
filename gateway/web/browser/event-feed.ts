/**
 * The stream of changes, once: whoever holds it decides when to open the next. A stream that ends, is refused or falls
 * silent is over; the browser's own reconnecting, which hides failures, is not used.
 */
import type { ChangeEvent } from '../../../shared/operations/index.ts';
import { addressOf } from './address.ts';
import { readChange } from './change-event.ts';
import { browserClock } from './clock.ts';

export interface FeedListener {
	readonly onEvent: (event: ChangeEvent) => void;
	/** Called once, unless it was closed from here. */
	readonly onEnd: () => void;
}

/** The gateway says something every 15 s; a proxy that keeps a dead stream open must not look like a quiet one. */
const openMsMax = 15_000;
const kinds = ['hello', 'item', 'itemGone', 'progress', 'project', 'dropped', 'stopping'] as const;

/** Returns what closes it. */
export function openFeed({ onEvent, onEnd }: FeedListener): () => void {
	const address = addressOf('v1/events');
	for (const kind of ['item', 'itemGone', 'progress', 'project']) address.searchParams.append('kinds', kind);
	const source = new EventSource(address);
	const cancel = browserClock.after(openMsMax, end);
	let isOver = false;
	function close(): void {
		isOver = true;
		cancel();
		source.close();
	}
	function end(): void {
		if (isOver) return;
		close();
		onEnd();
	}
	function take(message: MessageEvent<string>): void {
		cancel();
		const event = readChange(message.data);
		if (event !== null && !isOver) onEvent(event);
	}
	for (const kind of kinds) source.addEventListener(kind, take);
	source.addEventListener('error', end);
	return close;
}
