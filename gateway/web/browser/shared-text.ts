/**
 * The text of one item as everyone writes it: Yjs over the gateway's `/sync`, with who else is here. What was written
 * here is kept in this browser until it is in the document as the gateway has it on its disk, also over a reload; laid
 * over the document a second time it changes nothing. What another page of this browser keeps is never lost with it.
 */
import { messageSync, WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import type { Piece, TextChange } from '../model/shared-text.ts';
import {
	differenceIn,
	hasWriting,
	presenceOf,
	together,
	wholeAsked,
	writingOf,
	writingToText,
} from './kept-writing.ts';

export interface Present {
	readonly client: number;
	readonly person: string;
	/** Where the caret is; null where the field has no focus. */
	readonly caret: number | null;
}

export interface SharedTextState {
	readonly text: string;
	/** The document was read once; before that the text is not shown as empty. */
	readonly loaded: boolean;
	readonly connected: boolean;
	/** Something was written here that the gateway has not confirmed. */
	readonly unsaved: boolean;
	/** What is unsaved is kept in this browser meanwhile; false where it keeps nothing for us, or not that much. */
	readonly kept: boolean;
	/** Why it was refused for good; null while it was not. */
	readonly refused: string | null;
	readonly others: readonly Present[];
}

export interface SharedText {
	readonly snapshot: () => SharedTextState;
	readonly subscribe: (listener: () => void) => () => void;
	/** Others' changes, for the caret. */
	readonly onPieces: (listener: (pieces: readonly Piece[]) => void) => () => void;
	write(change: TextChange): void;
	sayCaret(caret: number | null): void;
	close(): void;
}

/** A person's writings in a day fit many times; more is not kept in a browser. */
const keptCharactersMax = 512 * 1024;
/** After the last writing; and between two questions while the gateway does not have it. */
const confirmMs = 1_200;
const confirmMsMax = 30_000;

export interface SharedTextOptions {
	readonly project: string;
	/** The item's. */
	readonly key: string;
	/** Of the gateway's `/sync`. */
	readonly address: string;
	/** The browser's: null where nothing is kept, false where it could not be. */
	readonly kept: (name: string) => string | null;
	readonly keep: (name: string, value: string | null) => boolean;
}

export function openSharedText({ project, key, address, kept, keep }: SharedTextOptions): SharedText {
	const name = `${project}/text/${key}`;
	const doc = new Y.Doc();
	const text = doc.getText('text');
	const listeners = new Set<() => void>();
	const pieceListeners = new Set<(pieces: readonly Piece[]) => void>();
	let state: SharedTextState = {
		...{ text: '', loaded: false, connected: false },
		...{ unsaved: false, kept: true },
		refused: null,
		others: [],
	};
	let lastKept = kept(keyOf(name));
	let pending: Uint8Array | null = writingOf(lastKept);
	let confirming: ReturnType<typeof setTimeout> | undefined;

	if (pending) Y.applyUpdate(doc, pending, 'kept');
	const provider = new WebsocketProvider(address, name, doc, {
		disableBc: true,
		maxBackoffTime: 15_000,
	});

	const set = (part: Partial<SharedTextState>): void => {
		state = { ...state, ...part };
		for (const listener of [...listeners]) listener();
	};
	const confirmSoon = (ms = confirmMs): void => {
		clearTimeout(confirming);
		if (pending === null) return;
		confirming = setTimeout(() => {
			if (provider.wsconnected && provider.synced) provider.ws?.send(wholeAsked);
			confirmSoon(Math.min(ms * 2, confirmMsMax));
		}, ms);
	};
	const keepPending = (): void => {
		if (pending === null) return;
		// What another page has kept of this text since is not confirmed by anybody.
		const now = kept(keyOf(name));
		const others = now === lastKept ? null : writingOf(now);
		const all = writingToText(together(others, pending));
		const isKept = all.length <= keptCharactersMax && keep(keyOf(name), all);
		if (isKept) lastKept = all;
		set({ unsaved: true, kept: isKept });
	};
	/** That a line took it says little: it may be dead, or who is here may not write any more. The document says all. */
	const confirmBy = (state: Uint8Array): void => {
		if (pending === null || !hasWriting(state, pending)) return;
		const others = writingOf(kept(keyOf(name)));
		if (others !== null && !hasWriting(state, others)) {
			pending = others;
			Y.applyUpdate(doc, others, 'kept');
			confirmSoon();
			return;
		}
		clearTimeout(confirming);
		pending = null;
		lastKept = null;
		keep(keyOf(name), null);
		set({ unsaved: false, kept: true });
	};
	const readSync = provider.messageHandlers[messageSync];
	provider.messageHandlers[messageSync] = (encoder, decoder, ...more) => {
		const state = differenceIn(decoder.arr.subarray(decoder.pos));
		readSync?.(encoder, decoder, ...more);
		if (state !== null) confirmBy(state);
	};
	doc.on('update', (update: Uint8Array, origin: unknown) => {
		if (origin !== 'here') return;
		pending = together(pending, update);
		keepPending();
		confirmSoon();
	});
	text.observe((event) => {
		if (event.transaction.origin !== 'here') {
			const pieces = event.delta.flatMap((part): Piece[] => {
				if (typeof part.insert === 'string') return [{ insert: part.insert }];
				if (part.delete !== undefined) return [{ delete: part.delete }];
				return part.retain === undefined ? [] : [{ retain: part.retain }];
			});
			for (const listener of [...pieceListeners]) listener(pieces);
		}
		set({ text: text.toString() });
	});
	provider.on('status', ({ status }: { status: string }) => set({ connected: status === 'connected' }));
	provider.on('sync', (synced: boolean) => {
		if (!synced) return;
		set({ loaded: true, text: text.toString() });
		confirmSoon();
	});
	provider.on('connection-close', (event: CloseEvent | null) => {
		set({ connected: false });
		if (event && event.code >= 4400 && event.code < 4500)
			set({ refused: event.reason || 'the gateway closed the text' });
	});
	provider.awareness.on('change', () => set({ others: presentIn(provider) }));
	set({ unsaved: pending !== null, text: text.toString(), loaded: pending !== null });

	return {
		snapshot: () => state,
		subscribe: (listener) => added(listeners, listener),
		onPieces: (listener) => added(pieceListeners, listener),
		write({ at, removed, inserted }) {
			doc.transact(() => {
				if (removed > 0) text.delete(at, removed);
				if (inserted !== '') text.insert(at, inserted);
			}, 'here');
		},
		sayCaret: (caret) => provider.awareness.setLocalState({ caret }),
		close() {
			clearTimeout(confirming);
			provider.destroy();
			doc.destroy();
		},
	};
}

function presentIn({ awareness }: WebsocketProvider): readonly Present[] {
	return [...awareness.getStates()].flatMap(([client, said]) => {
		if (client === awareness.clientID) return [];
		const present = presenceOf(said);
		return present === null ? [] : [{ client, ...present }];
	});
}

const keyOf = (name: string): string => `text.${name}`;

function added<T>(listeners: Set<T>, listener: T): () => void {
	listeners.add(listener);
	return () => listeners.delete(listener);
}
