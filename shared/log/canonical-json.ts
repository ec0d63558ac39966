/**
 * One text for one value: keys sorted by code unit, no spaces, nothing undefined. What is hashed or signed is this text,
 * and what is read back is parsed from it without letting a key such as `__proto__` mean anything.
 */
import { ganglineError } from '../ports/index.ts';

const depthMax = 64;

/** Throws INVALID_ARGUMENT for what JSON cannot carry (functions, NaN, 1n, cycles, nesting beyond 64). */
export function canonicalJson(value: unknown): string {
	return encode(value, 0);
}

/**
 * Objects, lists, fields and elements in one text. What fits into a frame has a tenth of it; a frame of nothing else
 * would take longer to parse and to look at than everybody else may be made to wait.
 */
const partsMax = 64 * 1024;

/** Parses JSON whose source is not trusted; `parts`: how many it may have. Throws MALFORMED. */
export function parseJson(text: string, parts = partsMax): unknown {
	if (text.length > parts && partsIn(text) > parts) {
		throw ganglineError('MALFORMED', `JSON of ${text.length} characters has more than ${parts} parts`);
	}
	try {
		// Only a text that holds the name can hold the key; escapes in keys (`__proto__`) hide it otherwise.
		return /__proto__|\\u/.test(text) ? JSON.parse(text, refuseReserved) : JSON.parse(text);
	} catch (cause) {
		throw ganglineError('MALFORMED', `expected JSON, got ${JSON.stringify(text.slice(0, 60))}`, { cause });
	}
}

/** Commas, colons and opening brackets outside of strings. */
function partsIn(text: string): number {
	let parts = 0;
	for (let at = 0; at < text.length; at++) {
		const code = text.charCodeAt(at);
		if (code === quote) at = endOfString(text, at);
		else if (code === comma || code === colon || code === brace || code === bracket) parts += 1;
	}
	return parts;
}

function endOfString(text: string, from: number): number {
	let at = from + 1;
	for (; at < text.length && text.charCodeAt(at) !== quote; at++) if (text.charCodeAt(at) === backslash) at += 1;
	return at;
}

const [quote, comma, colon, brace, bracket, backslash] = [0x22, 0x2c, 0x3a, 0x7b, 0x5b, 0x5c];

function refuseReserved(key: string, value: unknown): unknown {
	if (key === '__proto__') throw new SyntaxError('the key __proto__ is not allowed');
	return value;
}

function encode(value: unknown, depth: number): string {
	if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
	if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
	if (typeof value !== 'object' || depth > depthMax) {
		const what = typeof value === 'object' ? 'nesting beyond 64 levels' : `${typeof value} ${String(value)}`;
		throw ganglineError('INVALID_ARGUMENT', `cannot be written as JSON: ${what}`);
	}
	if (Array.isArray(value)) return `[${value.map((part) => encode(part ?? null, depth + 1)).join(',')}]`;
	return encodeFields(value as Readonly<Record<string, unknown>>, depth);
}

/** One loop and no list of fields: each item of each publication goes through here. */
function encodeFields(value: Readonly<Record<string, unknown>>, depth: number): string {
	let text = '';
	// Without a comparison of ours they are sorted by code unit.
	for (const key of Object.keys(value).sort()) {
		const part = value[key];
		if (part !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${encode(part, depth + 1)}`;
	}
	return `{${text}}`;
}
