/**
 * The y-websocket protocol as bytes: sync (state vector, difference, update), awareness and its query. Everything is
 * read with bounds, because the other end may be anyone's program; what is not understood is MALFORMED.
 */
import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { type GanglineError, ganglineError } from '../../shared/ports/errors.ts';

const kinds = { sync: 0, awareness: 1, auth: 2, queryAwareness: 3 } as const;
const steps = { stateVector: 0, difference: 1, update: 2 } as const;

/** States of people in one message; a room has fewer. */
const statesMax = 256;

export interface AwarenessState {
	readonly client: number;
	readonly clock: number;
	/** JSON; `null` when the client is gone. */
	readonly state: string;
}

export type EdgeMessage =
	| { readonly kind: 'stateVector'; readonly vector: Uint8Array }
	| { readonly kind: 'update'; readonly update: Uint8Array }
	| { readonly kind: 'awareness'; readonly states: readonly AwarenessState[] }
	| { readonly kind: 'queryAwareness' };

/** @throws GanglineError MALFORMED */
export function readMessage(bytes: Uint8Array): EdgeMessage {
	try {
		return read(decoding.createDecoder(bytes));
	} catch (cause) {
		throw malformed(`a message of ${bytes.byteLength} bytes cannot be read`, cause);
	}
}

export function writeStateVector(vector: Uint8Array): Uint8Array {
	return sync(steps.stateVector, vector);
}

export function writeDifference(update: Uint8Array): Uint8Array {
	return sync(steps.difference, update);
}

export function writeUpdate(update: Uint8Array): Uint8Array {
	return sync(steps.update, update);
}

export function writeAwareness(states: readonly AwarenessState[]): Uint8Array {
	const inner = encoding.createEncoder();
	encoding.writeVarUint(inner, states.length);
	for (const { client, clock, state } of states) {
		encoding.writeVarUint(inner, client);
		encoding.writeVarUint(inner, clock);
		encoding.writeVarString(inner, state);
	}
	const encoder = encoding.createEncoder();
	encoding.writeVarUint(encoder, kinds.awareness);
	encoding.writeVarUint8Array(encoder, encoding.toUint8Array(inner));
	return encoding.toUint8Array(encoder);
}

function sync(step: number, payload: Uint8Array): Uint8Array {
	const encoder = encoding.createEncoder();
	encoding.writeVarUint(encoder, kinds.sync);
	encoding.writeVarUint(encoder, step);
	encoding.writeVarUint8Array(encoder, payload);
	return encoding.toUint8Array(encoder);
}

function read(decoder: decoding.Decoder): EdgeMessage {
	const kind = decoding.readVarUint(decoder);
	if (kind === kinds.queryAwareness) return { kind: 'queryAwareness' };
	if (kind === kinds.awareness) {
		return { kind: 'awareness', states: readStates(decoding.readVarUint8Array(decoder)) };
	}
	if (kind !== kinds.sync) throw malformed(`messages of kind ${kind} are not understood`);
	const step = decoding.readVarUint(decoder);
	const payload = decoding.readVarUint8Array(decoder);
	if (step === steps.stateVector) return { kind: 'stateVector', vector: payload };
	if (step === steps.difference || step === steps.update) return { kind: 'update', update: payload };
	throw malformed(`sync messages of kind ${step} are not understood`);
}

function readStates(bytes: Uint8Array): readonly AwarenessState[] {
	const decoder = decoding.createDecoder(bytes);
	const length = decoding.readVarUint(decoder);
	if (length > statesMax) throw malformed(`${length} states in one message, at most ${statesMax} are read`);
	return Array.from({ length }, () => ({
		client: decoding.readVarUint(decoder),
		clock: decoding.readVarUint(decoder),
		state: decoding.readVarString(decoder),
	}));
}

function malformed(what: string, cause?: unknown): GanglineError {
	return ganglineError('MALFORMED', what, { cause });
}
