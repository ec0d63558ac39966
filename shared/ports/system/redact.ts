/**
 * What may be written into a log. Fields named like secrets lose their value at any depth, and so do credentials inside
 * URLs and authorization headers inside texts. What our own domain calls a key or a token is no secret and stays
 * readable: an item's key is a ULID, a grant's token two numbers. Depth and width are bounded, because a log line must
 * never cost more than the event it tells of.
 */
import { GanglineError } from '../errors.ts';

const depthMax = 6;
const entriesMax = 100;
const textMax = 16_384;
export const censored = '[secret]';

const secretName =
	/^(?:.*[-_.])?(?:token|secret|password|passwd|passphrase|authorization|cookie|credentials?|key|pem)s?$/i;
const secretCamel = /(?:Token|Secret|Password|Passphrase|Authorization|Cookie|Credentials?|Key|Pem)s?$/;
/** Names that end like a secret and are none. */
const openName = /^(?:public[-_]?key|item[-_]?key)s?$/i;
const ulid = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/** A copy of `fields` that holds no secret and nothing that JSON cannot carry. */
export function redact(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
	return redactEntries(Object.entries(fields), 0);
}

/** Removes credentials that stand inside a text. */
export function redactText(text: string): string {
	const short = text.length > textMax ? `${text.slice(0, textMax)}… (${text.length - textMax} more characters)` : text;
	return short
		.replaceAll(/:\/\/[^\s/@]+@/g, `://${censored}@`)
		.replaceAll(/\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi, `$1 ${censored}`)
		.replaceAll(/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, censored);
}

function redactEntries(entries: readonly [string, unknown][], depth: number): Record<string, unknown> {
	const shown = entries.slice(0, entriesMax).map(([name, value]) => [name, redactField(name, value, depth)] as const);
	const result: Record<string, unknown> = Object.fromEntries(shown);
	if (entries.length > entriesMax) result['…'] = `${entries.length - entriesMax} more fields`;
	return result;
}

function redactField(name: string, value: unknown, depth: number): unknown {
	const secret = (secretName.test(name) || secretCamel.test(name)) && !openName.test(name);
	return secret && !isOpenValue(value) ? censored : redactValue(value, depth + 1);
}

/** An item's key, a grant's token, a count, an absence: nothing that opens a door. */
function isOpenValue(value: unknown): boolean {
	if (typeof value === 'string') return ulid.test(value);
	if (Array.isArray(value)) return value.length === 2 && value.every((part) => typeof part === 'number');
	return value === null || value === undefined || typeof value === 'number' || typeof value === 'boolean';
}

function redactValue(value: unknown, depth: number): unknown {
	if (typeof value === 'string') return redactText(value);
	if (typeof value === 'bigint' || typeof value === 'symbol' || typeof value === 'function') return String(value);
	if (typeof value !== 'object' || value === null) return value;
	if (value instanceof Uint8Array) return `${value.byteLength} bytes`;
	if (depth > depthMax) return '… (too deep)';
	if (value instanceof Error) return redactError(value, depth);
	if (Array.isArray(value)) {
		const shown = value.slice(0, entriesMax).map((part) => redactValue(part, depth + 1));
		return value.length > entriesMax ? [...shown, `… ${value.length - entriesMax} more`] : shown;
	}
	if (value instanceof Map)
		return redactEntries(
			[...value].map(([name, part]) => [String(name), part]),
			depth,
		);
	if (value instanceof Set) return redactValue([...value], depth);
	if (value instanceof Date) return value.toJSON();
	return redactEntries(Object.entries(value), depth);
}

function redactError(error: Error, depth: number): Record<string, unknown> {
	const result: Record<string, unknown> = { name: error.name, message: redactText(error.message) };
	if (error instanceof GanglineError) {
		result.code = error.code;
		result.data = redactValue(error.data, depth + 1);
	} else {
		if ('code' in error) result.code = redactValue(error.code, depth + 1);
		if (error.stack !== undefined) result.stack = redactText(error.stack);
	}
	if (error.cause !== undefined) result.cause = redactValue(error.cause, depth + 1);
	return result;
}
