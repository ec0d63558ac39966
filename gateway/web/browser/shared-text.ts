/**
 * The text of one item as everyone writes it: Yjs over the gateway's `/sync`, with who else is here. What was written
 * while nobody could be reached is kept in this browser until the gateway has said that it has it, also over a reload;
 * laid over the document a second time it changes nothing.
 */
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import type { Piece, TextChange } from '../model/shared-text.ts';
import { socketAddressOf } from './address.ts';
import { presenceOf, writingOf, writingToText } from './kept-writing.ts';
import { keep, kept } from './storage.ts';

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
const confirmMs = 1_200;

export function openSharedText(project: string, key: string): SharedText {
	const name = `${project}/text/${key}`;
	const doc = new Y.Doc();
	const text = doc.getText('text');
	const listeners = new Set<() => void>();
	const pieceListeners = new Set<(pieces: readonly Piece[]) => void>();
	let state: SharedTextState = {
		...{ text: '', loaded: false, connected: false },
		unsaved: false,
		refused: null,
		others: [],
	};
	let pending: Uint8Array | null = writingOf(kept(keyOf(name)));
	let confirming: ReturnType<typeof setTimeout> | undefined;

	if (pending) Y.applyUpdate(doc, pending, 'kept');
	const provider = new WebsocketProvider(socketAddressOf('sync'), name, doc, {
		disableBc: true,
		maxBackoffTime: 15_000,
	});

	const set = (part: Partial<SharedTextState>): void => {
		state = { ...state, ...part };
		for (const listener of [...listeners]) listener();
	};
	/** Confirmed when, some time after the last writing, everything sent has left and the connection still stands. */
	const confirmSoon = (): void => {
		clearTimeout(confirming);
		if (pending === null) return;
		confirming = setTimeout(() => {
			if (!provider.wsconnected || !provider.synced || (provider.ws?.bufferedAmount ?? 1) > 0) return;
			pending = null;
			keep(keyOf(name), null);
			set({ unsaved: false });
		}, confirmMs);
	};
	doc.on('update', (update: Uint8Array, origin: unknown) => {
		if (origin !== 'here') return;
		pending = pending ? Y.mergeUpdates([pending, update]) : update;
		writeKept(name, pending);
		set({ unsaved: true });
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

function writeKept(name: string, update: Uint8Array): void {
	const text = writingToText(update);
	if (text.length <= keptCharactersMax) keep(keyOf(name), text);
}

function added<T>(listeners: Set<T>, listener: T): () => void {
	listeners.add(listener);
	return () => listeners.delete(listener);
}
