/** What the edge needs of a document, and what it says when it closes a connection. */
export interface ServedDocument {
	/** Equal names mean the same document. */
	readonly name: string;
	readonly stateVector: Uint8Array;
	/** One V1 update with everything that a replica with `stateVector` lacks. */
	difference(stateVector?: Uint8Array): Uint8Array;
	/** Called with each V1 update when it is durable; must not throw. */
	subscribe(listener: (update: Uint8Array) => void): () => void;
	/** Takes an update and resolves when it is durable; absent where nobody writes from here. Throws for what is not one. */
	apply?(update: Uint8Array, from: string): Promise<'applied' | 'known' | 'gap'>;
}

export type Opened =
	| {
			readonly kind: 'document';
			readonly document: ServedDocument;
			readonly mayWrite: boolean;
			/** Called when somebody begins to look at it; what it returns, when that ends. */
			readonly onServed?: () => () => void;
			/** Called back when it must not be served any more: rights were taken, the generation is closed. */
			readonly onClosed: (tell: (refusal: Refusal) => void) => () => void;
	  }
	| { readonly kind: 'refused'; readonly refusal: Refusal };

export interface Refusal {
	readonly code: CloseCode;
	/** Cut to 123 bytes in UTF-8, as the protocol wants. */
	readonly reason: string;
}

/**
 * Close codes mirror HTTP: the stock client gives up at 4400 to 4499, where connecting again cannot help, and tries
 * again at every other one.
 */
export const closeCodes = {
	malformed: 4400,
	unauthenticated: 4401,
	readOnly: 4403,
	unknownDocument: 4404,
	/** The home began a new generation: what this client has must not be merged into it. */
	closedGeneration: 4410,
	tooLarge: 4413,
	/** It reads too slowly, the disk refused, its access has changed: another connection may help. */
	tryAgain: 4503,
	stopping: 1001,
} as const;
/** The browser's session ended while it had the document open. */
export const loggedOut: Refusal = { code: closeCodes.unauthenticated, reason: 'this browser was logged out' };
export type CloseCode = (typeof closeCodes)[keyof typeof closeCodes];
