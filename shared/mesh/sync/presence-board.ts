/**
 * What nodes say of themselves now: small, by kind, never stored. Ages count on this machine's clock alone. It proves
 * nothing and decides nothing: a lease that ends by silence looks at the age, and who waits for a fact reads the facts.
 */
import { canonicalJson, parseJson } from '../../log/index.ts';
import { type Clock, ganglineError, type JsonValue, type NodeId } from '../../ports/index.ts';
import type { Presence } from '../sync.ts';
import { presenceBytesMax, presenceKindsMax, presenceMsKept } from './limits.ts';
import { malformed } from './wire.ts';

interface Said {
	readonly text: string;
	readonly value: JsonValue;
	readonly at: number;
}

/** The same to everyone, or to each what that peer may know. */
export type Spoken = JsonValue | ((peer: NodeId) => JsonValue);

export type PresenceListener = (change: { readonly kind: string; readonly node: NodeId }) => void;

export class PresenceBoard {
	readonly #clock: Clock;
	readonly #own = new Map<string, Uint8Array | ((peer: NodeId) => JsonValue)>();
	readonly #said = new Map<NodeId, Map<string, Said>>();
	readonly #connected = new Set<NodeId>();
	readonly #listeners = new Set<PresenceListener>();

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	/** What this node says to a peer, as it is sent. Empty: it says no more under that kind. */
	own(kind: string, peer: NodeId): Uint8Array {
		const said = this.#own.get(kind) ?? new Uint8Array();
		return typeof said === 'function' ? encoded(kind, said(peer)) : said;
	}

	get ownKinds(): readonly string[] {
		return [...this.#own.keys()];
	}

	/** False when that is what it says already. */
	say(kind: string, value: Spoken | undefined): boolean {
		if (this.#own.size >= presenceKindsMax && !this.#own.has(kind)) {
			throw ganglineError('INVALID_ARGUMENT', `presence of kind ${kind}: at most ${presenceKindsMax} kinds are said`);
		}
		const before = this.#own.get(kind);
		if (value === undefined) return this.#own.delete(kind);
		const next = typeof value === 'function' ? value : encoded(kind, value);
		this.#own.set(kind, next);
		return typeof next === 'function' || !(before instanceof Uint8Array) || Buffer.compare(next, before) !== 0;
	}

	/** What a peer says. Throws MALFORMED when it says too much. */
	hear(node: NodeId, kind: string, payload: Uint8Array): void {
		const kinds = this.#said.get(node) ?? new Map<string, Said>();
		if (payload.byteLength === 0) {
			if (kinds.delete(kind)) this.#tell(kind, node);
			return;
		}
		if (payload.byteLength > presenceBytesMax || (kinds.size >= presenceKindsMax && !kinds.has(kind))) {
			throw malformed(`a presence of ${payload.byteLength} bytes in ${kinds.size} kinds`);
		}
		this.#said.set(node, kinds);
		const text = Buffer.from(payload).toString();
		const before = kinds.get(kind);
		const value = before?.text === text ? before.value : (parseJson(text) as JsonValue);
		kinds.set(kind, { text, value, at: this.#clock.monotonic() });
		if (before?.text !== text) this.#tell(kind, node);
	}

	/** Everyone who said something under a kind and is connected, or was a while ago. */
	all(kind: string): readonly Presence[] {
		const now = this.#clock.monotonic();
		this.#forgetOld(now);
		return [...this.#said].flatMap(([node, kinds]) => {
			const said = kinds.get(kind);
			if (!said) return [];
			return { node, value: said.value, ageMs: now - said.at, isConnected: this.#connected.has(node) };
		});
	}

	connected(node: NodeId): void {
		this.#connected.add(node);
	}

	gone(node: NodeId): void {
		this.#connected.delete(node);
		this.#forgetOld(this.#clock.monotonic());
		for (const kind of this.#said.get(node)?.keys() ?? []) this.#tell(kind, node);
	}

	subscribe(listener: PresenceListener): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	#forgetOld(now: number): void {
		for (const [node, kinds] of this.#said) {
			if (this.#connected.has(node)) continue;
			for (const [kind, { at }] of kinds) if (now - at > presenceMsKept) kinds.delete(kind);
			if (kinds.size === 0) this.#said.delete(node);
		}
	}

	#tell(kind: string, node: NodeId): void {
		for (const listener of this.#listeners) listener({ kind, node });
	}
}

function encoded(kind: string, value: JsonValue): Uint8Array {
	const bytes = Buffer.from(canonicalJson(value));
	if (bytes.byteLength <= presenceBytesMax) return bytes;
	throw ganglineError(
		'INVALID_ARGUMENT',
		`presence of kind ${kind} with ${bytes.byteLength} bytes: at most ${presenceBytesMax} are said`,
	);
}
