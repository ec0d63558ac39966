/**
 * One document as sync sees it, whatever it holds: the index of a project, the text of an item, or a signed document
 * such as the registry. Its digest is equal on two replicas if and only if they have exchanged everything.
 */
import { createHash } from 'node:crypto';
import {
	type Applied,
	type ChangeOrigin,
	type DocumentChange,
	type ItemText,
	isCoveredBy,
	type ProjectIndex,
} from '../../documents/index.ts';
import type { NodeId } from '../../ports/index.ts';
import type { SignedDocument } from '../sync.ts';

/** Who may change it, and where it belongs. */
export type ReplicaPlace =
	| { readonly kind: 'index'; readonly project: string; readonly generation: string }
	| { readonly kind: 'text'; readonly project: string; readonly item: string }
	/** Of the whole mesh. */
	| { readonly kind: 'mesh' };

export interface ReplicaChange {
	readonly replica: Replica;
	readonly update: Uint8Array;
	/** The peer it came from; undefined for what was made here. */
	readonly from: string | undefined;
}

type Content = Pick<SignedDocument, 'name' | 'stateHash' | 'stateVector' | 'difference' | 'apply'>;

export class Replica {
	readonly place: ReplicaPlace;
	readonly #content: Content;
	readonly #unsubscribe: () => void;
	#digest: string | undefined;

	static ofIndex(project: string, index: ProjectIndex, changed: (change: ReplicaChange) => void): Replica {
		const place = { kind: 'index', project, generation: index.generation } as const;
		return new Replica(place, index, (tell) => index.subscribe(({ change }) => tell(change)), changed);
	}

	static ofText(project: string, text: ItemText, changed: (change: ReplicaChange) => void): Replica {
		const place = { kind: 'text', project, item: itemOf(text) } as const;
		return new Replica(place, text, (tell) => text.subscribe(tell), changed);
	}

	static ofDocument(document: SignedDocument, changed: (change: ReplicaChange) => void): Replica {
		return new Replica({ kind: 'mesh' }, document, (tell) => document.subscribe(({ change }) => tell(change)), changed);
	}

	private constructor(
		place: ReplicaPlace,
		content: Content,
		subscribe: (tell: (change: DocumentChange) => void) => () => void,
		changed: (change: ReplicaChange) => void,
	) {
		this.place = place;
		this.#content = content;
		this.#unsubscribe = subscribe(({ update, origin }) => {
			this.#digest = undefined;
			changed({ replica: this, update, from: senderOf(origin) });
		});
	}

	get name(): string {
		return this.#content.name;
	}

	get digest(): string {
		this.#digest ??= createHash('sha256')
			.update(`${this.#content.stateHash}\0`)
			.update(this.#content.stateVector)
			.digest('hex');
		return this.#digest;
	}

	get stateVector(): Uint8Array {
		return this.#content.stateVector;
	}

	/** Nobody has ever written anything. */
	get isEmpty(): boolean {
		return this.stateVector.byteLength === 1;
	}

	/** What a replica with that state vector lacks; empty when it certainly lacks nothing. Throws MALFORMED. */
	differenceTo(stateVector: Uint8Array): Uint8Array {
		const isCovered = isCoveredBy(this.#content.stateVector, stateVector);
		// In a signed document each publication writes something; a text can be changed by taking away alone.
		if (isCovered && this.place.kind !== 'text') return new Uint8Array();
		return this.#content.difference(stateVector);
	}

	/** Durable when it resolves. */
	apply(update: Uint8Array, from: NodeId): Promise<Applied> {
		return this.#content.apply(update, from);
	}

	/** Hears of no change any more. */
	release(): void {
		this.#unsubscribe();
	}
}

export const textName = (project: string, item: string): string => `doc/${project}/text/${item}`;

const itemOf = (text: ItemText): string => text.name.slice(text.name.lastIndexOf('/') + 1);

function senderOf(origin: ChangeOrigin): string | undefined {
	return origin.kind === 'peer' ? origin.from : undefined;
}
