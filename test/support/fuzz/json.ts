/**
 * Spoils values as hostile programs write them: fields left out, added, repeated and of another kind, numbers at their
 * limits, keys that mean something to JavaScript, deep and wide nesting, texts that are no Unicode. `jsonText` writes
 * such values, `__proto__` as a key of its own among them.
 */
import type { Dice } from './dice.ts';

type Path = readonly (string | number)[];

const numbers = [
	0,
	-0,
	1,
	-1,
	0.5,
	2 ** 31 - 1,
	2 ** 31,
	2 ** 32,
	2 ** 53 - 1,
	2 ** 53,
	-(2 ** 53),
	1e21,
	1e308,
	-1e308,
	5e-324,
];
const keys = [
	'__proto__',
	'constructor',
	'prototype',
	'toString',
	'hasOwnProperty',
	'length',
	'then',
	'toJSON',
	'',
	'0',
];
const texts = [
	'',
	' ',
	'\u0000',
	'\ud800',
	'\udc00\ud800',
	'\u202egnp.exe',
	'\ufeff',
	'a\u0301',
	'𝟙',
	'../../..',
	'/etc/passwd',
	'-rf',
	'--help',
	'__proto__',
	'constructor',
	'$(id)',
	'`id`',
	'\n',
	'\r\nx: y',
	'0',
	'-1',
	'1e999',
	'0x10',
	'true',
	'null',
	'%2e%2e%2f',
	'01JZZZZZZZZZZZZZZZZZZZZZZ1',
	'f'.repeat(40),
	'f'.repeat(64),
	'#1',
	'~a-1',
];

/** A value of no kind in particular. */
export function anyValue(dice: Dice, depth = 2): unknown {
	const kind = dice.below(depth > 0 ? 9 : 6);
	if (kind === 0) return null;
	if (kind === 1) return dice.once(2);
	if (kind === 2) return dice.pick(numbers);
	if (kind <= 4) return dice.pick(texts);
	if (kind === 5) return dice.pick(texts).repeat(1 + dice.size(40));
	if (kind === 6) return Array.from({ length: dice.size(5) }, () => anyValue(dice, depth - 1));
	return objectOf(
		Array.from({ length: dice.size(4) }, () => [
			dice.once(2) ? dice.pick(keys) : `k${dice.below(9)}`,
			anyValue(dice, depth - 1),
		]),
	);
}

/** What takes much room or many levels; rarely drawn, since each costs as much as a hundred small ones. */
export function largeValue(dice: Dice, charactersMax: number): unknown {
	const length = dice.once(2) ? charactersMax : Math.max(1, dice.size(charactersMax));
	switch (dice.below(6)) {
		case 0:
			return dice.pick(['a', '\u0000', 'é', '😀', '"', '1', ' ', '(']).repeat(Math.ceil(length / 2));
		case 1:
			return nested(Math.ceil(length / 2), (inner) => [inner]);
		case 2:
			return nested(Math.ceil(length / 7), (inner) => ({ a: inner }));
		case 3:
			return Array.from({ length: Math.ceil(length / 3) }, () => dice.pick([0, null, '', [], {}]));
		case 4:
			return objectOf(Array.from({ length: Math.ceil(length / 10) }, (_, i) => [`k${i}`, 0]));
		default:
			return Array.from({ length: Math.ceil(length / 10) }, () => objectOf([['__proto__', {}]]));
	}
}

/** `value` with one to a few things wrong with it; it is left as it was. `charactersMax`: of what is large in it. */
export function spoilValue(dice: Dice, value: unknown, charactersMax = 4_000): unknown {
	let spoilt = value;
	for (let times = 1 + (dice.once(2) ? 0 : dice.size(4)); times > 0; times--) {
		const paths = pathsOf(spoilt);
		spoilt = changeAt(spoilt, dice.pick(paths), (found, parent) => spoilOne(dice, found, { parent, charactersMax }));
	}
	return spoilt;
}

const gone = Symbol('gone');

function spoilOne(
	dice: Dice,
	value: unknown,
	around: { readonly parent: unknown; readonly charactersMax: number },
): unknown {
	const kind = dice.below(12);
	if (kind === 0) return gone;
	if (kind === 1 && dice.once(8)) return largeValue(dice, around.charactersMax);
	if (kind <= 3) return anyValue(dice);
	if (kind === 4) return [value];
	if (kind === 5) return objectOf([[dice.pick(keys), value]]);
	if (Array.isArray(value)) return spoilArray(dice, value);
	if (typeof value === 'object' && value !== null) return spoilObject(dice, value);
	if (typeof value === 'number') return dice.once(2) ? value + dice.pick([1, -1, 0.5, 2 ** 32]) : dice.pick(numbers);
	if (typeof value === 'string') return spoilText(dice, value);
	return anyValue(dice);
}

function spoilArray(dice: Dice, value: readonly unknown[]): unknown {
	if (value.length === 0 || dice.once(3)) return [...value, anyValue(dice)];
	const at = dice.below(value.length);
	if (dice.once(3))
		return [...value.slice(0, at), ...Array.from({ length: 1 + dice.size(60) }, () => value[at]), ...value.slice(at)];
	return [...value].reverse();
}

function spoilObject(dice: Dice, value: object): unknown {
	const fields = Object.entries(value);
	const key =
		dice.once(3) || fields.length === 0
			? dice.pick(keys)
			: `${dice.pick(fields)[0]}${dice.pick(['', 's', ' ', '\u0000'])}`;
	return objectOf([...fields, [key, dice.once(3) ? value : anyValue(dice)]]);
}

/** One character other, more or less: most of a name is then still right. */
export function spoilText(dice: Dice, text: string): string {
	const at = dice.below(text.length + 1);
	if (dice.once(4)) return dice.pick(texts);
	if (dice.once(4)) return text.slice(0, at);
	const into = dice.once(2)
		? dice.pick(texts)
		: String.fromCharCode(dice.pick([0, 9, 10, 32, 34, 39, 47, 92, 127, 0xd800, 48, 97, 65]));
	return text.slice(0, at) + into + text.slice(at + dice.below(2));
}

/** Defines keys as they are, `__proto__` too. */
export function objectOf(fields: readonly (readonly [string, unknown])[]): object {
	return Object.fromEntries(fields);
}

function nested(levels: number, wrap: (inner: unknown) => unknown): unknown {
	let value: unknown = 0;
	for (let i = 0; i < levels; i++) value = wrap(value);
	return value;
}

/** JSON of a value however deep; what JSON cannot carry becomes null. */
export function jsonText(value: unknown): string {
	try {
		return JSON.stringify(value) ?? 'null';
	} catch {
		return deepText(value);
	}
}

/** Of a chain of single arrays and objects, which is what is too deep for the other one. */
function deepText(value: unknown): string {
	const [open, close]: [string[], string[]] = [[], []];
	let inner = value;
	for (;;) {
		if (Array.isArray(inner) && inner.length === 1) {
			open.push('[');
			close.push(']');
			inner = inner[0];
		} else if (typeof inner === 'object' && inner !== null && Object.keys(inner).length >= 1) {
			const fields = Object.entries(inner);
			const deepest = fields.findLast(([, one]) => typeof one === 'object' && one !== null) ?? fields[0];
			open.push(`{${JSON.stringify(deepest?.[0])}:`);
			close.push('}');
			inner = deepest?.[1];
		} else if (Array.isArray(inner) && inner.length > 1) {
			inner = inner.find((one) => typeof one === 'object' && one !== null) ?? 0;
		} else return open.join('') + (JSON.stringify(inner) ?? 'null') + close.reverse().join('');
	}
}

/** Paths to at most some hundred places, near the top. */
function pathsOf(value: unknown): Path[] {
	const paths: Path[] = [[]];
	const waiting: [Path, unknown][] = [[[], value]];
	for (let next = waiting.shift(); next && paths.length < 300; next = waiting.shift()) {
		const [path, inner] = next;
		if (typeof inner !== 'object' || inner === null || path.length > 8) continue;
		for (const [key, one] of Object.entries(inner).slice(0, 60)) {
			const below = [...path, Array.isArray(inner) ? Number(key) : key];
			paths.push(below);
			waiting.push([below, one]);
		}
	}
	return paths;
}

function changeAt(
	value: unknown,
	path: Path,
	change: (found: unknown, parent: unknown) => unknown,
	parent: unknown = null,
): unknown {
	const [step, ...rest] = path;
	if (step === undefined) {
		const changed = change(value, parent);
		return changed === gone ? null : changed;
	}
	const below = (inner: unknown): unknown =>
		rest.length > 0 ? changeAt(inner, rest, change, value) : change(inner, value);
	if (Array.isArray(value)) {
		return value.flatMap((inner, at) => {
			const next = at === step ? below(inner) : inner;
			return next === gone ? [] : [next];
		});
	}
	if (typeof value !== 'object' || value === null) return value;
	const fields = Object.entries(value).flatMap(([key, inner]): [string, unknown][] => {
		const next = key === step ? below(inner) : inner;
		return next === gone ? [] : [[key, next]];
	});
	return objectOf(fields);
}
