/** How the page speaks with the gateway, as its store needs it; the browser's side of it is in browser/. */
import type { CallName, ChangeEvent, Input, Result } from '../../../shared/operations/index.ts';

export type Ask = <Name extends CallName>(name: Name, args: Input<Name>, signal?: AbortSignal) => Promise<Result<Name>>;

export interface FeedListener {
	readonly onEvent: (event: ChangeEvent) => void;
	/** Called once, unless it was closed from here, with until when what was told is whole. */
	readonly onEnd: (wholeUntil: number) => void;
}

/** Opens the stream of changes, once; returns what closes it. */
export type OpenFeed = (listener: FeedListener) => () => void;
