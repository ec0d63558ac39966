/**
 * Arguments as a client would write them, from what the parser made of them: for an operation that is passed on to
 * another node. Items are named by their keys, which mean the same everywhere.
 */
import { findView, type SeenItems } from './find-item.ts';
import { type ItemRef, writeItemRef } from './references.ts';
import type { Args, CallName } from './registry.ts';

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** `project`: its id, and its items as they are seen here. What is not seen here keeps the name that it was given. */
export function writeArgs<Name extends CallName>(
	args: Args<Name>,
	{ id, seen }: { readonly id: string; readonly seen: SeenItems },
): Record<string, Json> {
	const fields = Object.entries(args).filter(([, value]) => value !== undefined);
	return Object.fromEntries(
		fields.map(([field, value]) => [field, field === 'project' ? id : written(value as Json, seen)]),
	);
}

function written(value: Json, seen: SeenItems): Json {
	if (Array.isArray(value)) return value.map((one: Json) => written(one, seen));
	return isItemRef(value) ? keyOf(value, seen) : value;
}

function isItemRef(value: unknown): value is ItemRef {
	if (typeof value !== 'object' || value === null || !('kind' in value)) return false;
	return value.kind === 'number' || value.kind === 'alias' || value.kind === 'key';
}

function keyOf(ref: ItemRef, seen: SeenItems): string {
	try {
		return findView(seen, ref).key;
	} catch {
		return writeItemRef(ref);
	}
}
