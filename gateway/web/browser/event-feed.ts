/**
 * The stream of changes, once: whoever holds it decides when to open the next. A stream that ends, is refused or falls
 * silent is over; the browser's own reconnecting, which hides failures, is not used.
 */
import type { OpenFeed } from '../store/line.ts';
import { watchSilence } from '../store/silence.ts';
import { addressOf } from './address.ts';
import { readChange } from './change-event.ts';
import { browserClock } from './clock.ts';

const wanted = ['item', 'itemGone', 'project'] as const;
/** With those that every stream has. */
const heard = ['hello', 'alive', 'dropped', 'stopping', ...wanted] as const;

export const openFeed: OpenFeed = ({ onEvent, onEnd }) => {
	const address = addressOf('v1/events');
	for (const kind of wanted) address.searchParams.append('kinds', kind);
	const source = new EventSource(address);
	const silence = watchSilence(browserClock, (heardAt) => end(heardAt ?? browserClock.now()));
	let isOver = false;
	function close(): void {
		isOver = true;
		silence.stop();
		source.close();
	}
	function end(wholeUntil: number): void {
		if (isOver) return;
		close();
		onEnd(wholeUntil);
	}
	function take(message: MessageEvent<string>): void {
		if (isOver) return;
		silence.heard();
		const event = readChange(message.data);
		if (event !== null) onEvent(event);
	}
	for (const kind of heard) source.addEventListener(kind, take);
	source.addEventListener('error', () => end(browserClock.now()));
	return close;
};
