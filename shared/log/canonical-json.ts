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

/** Parses JSON whose source is not trusted. Throws MALFORMED. */
export function parseJson(text: string): unknown {
	try {
		// Only a text that holds the name can hold the key; escapes in keys (`__proto__`) hide it otherwise.
		return /__proto__|\\u/.test(text) ? JSON.parse(text, refuseReserved) : JSON.parse(text);
	} catch (cause) {
		throw ganglineError('MALFORMED', `expected JSON, got ${JSON.stringify(text.slice(0, 60))}`, { cause });
	}
}

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
	const fields = Object.entries(value)
		.filter(([, part]) => part !== undefined)
		.sort(([a], [b]) => (a < b ? -1 : 1))
		.map(([key, part]) => `${JSON.stringify(key)}:${encode(part, depth + 1)}`);
	return `{${fields.join(',')}}`;
}
