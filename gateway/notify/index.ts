/** Tells people elsewhere what needs them; the first way is ntfy. */
export { Notifier } from './notifier.ts';
export { waitingIn } from './waiting.ts';
