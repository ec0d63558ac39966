/** How inputs of a door are made from valid ones: mostly spoilt, now and then as they are, rarely of the largest size. */
import { spoilBytes } from './bytes.ts';
import type { Dice } from './dice.ts';
import { jsonText, largeValue, spoilText, spoilValue } from './json.ts';

/** One in so many inputs is as large as the door allows. */
const largeOnceIn = 600;

/** Bytes around `samples`. */
export function bytesFrom(samples: readonly Uint8Array[], bytesMax = 64 * 1024): (dice: Dice) => Uint8Array {
	return (dice) => {
		const sample = dice.pick(samples);
		if (dice.once(24)) return sample;
		if (dice.once(largeOnceIn)) return repeated(dice, sample, bytesMax);
		return spoilBytes(dice, sample, samples).subarray(0, bytesMax);
	};
}

/** JSON of values around `samples`, as text. */
export function jsonFrom(samples: readonly unknown[], charactersMax = 64 * 1024): (dice: Dice) => string {
	return (dice) => {
		const sample = dice.pick(samples);
		if (dice.once(24)) return jsonText(sample);
		if (dice.once(largeOnceIn)) return jsonText(spoilLarge(dice, sample, charactersMax)).slice(0, charactersMax);
		if (dice.once(4)) return spoilBytes(dice, Buffer.from(jsonText(sample))).toString();
		const text = jsonText(spoilValue(dice, sample));
		return dice.once(6) ? withEscapes(dice, text) : text;
	};
}

/** Values around `samples`, as a store or a schema gets them. */
export function valuesFrom(samples: readonly unknown[], charactersMax = 64 * 1024): (dice: Dice) => unknown {
	const make = jsonFrom(samples, charactersMax);
	return (dice) => {
		try {
			return JSON.parse(make(dice));
		} catch {
			return spoilValue(dice, dice.pick(samples));
		}
	};
}

/** Text around `samples`: characters, lines, and whole words said a thousand times. */
export function textFrom(samples: readonly string[], charactersMax = 64 * 1024): (dice: Dice) => string {
	return (dice) => {
		const sample = dice.pick(samples);
		if (dice.once(24)) return sample;
		if (dice.once(largeOnceIn / 3)) return repeatedText(dice, sample, charactersMax);
		if (dice.once(3))
			return spoilBytes(
				dice,
				Buffer.from(sample),
				samples.map((one) => Buffer.from(one)),
			)
				.toString()
				.slice(0, charactersMax);
		let text = sample;
		for (let times = 1 + dice.size(6); times > 0; times--) text = spoilText(dice, text);
		return text.slice(0, charactersMax);
	};
}

/** A field of a value filled with something as long as may be. */
export function spoilLarge(dice: Dice, sample: unknown, charactersMax: number): unknown {
	const large = largeValue(dice, charactersMax);
	if (typeof sample !== 'object' || sample === null || dice.once(6)) return large;
	const keys = Object.keys(sample);
	const key = keys.length > 0 && !dice.once(4) ? dice.pick(keys) : 'more';
	if (Array.isArray(sample)) return [...sample, large];
	return { ...sample, [key]: large };
}

function repeated(dice: Dice, sample: Uint8Array, bytesMax: number): Uint8Array {
	const from = dice.below(sample.length + 1);
	const part = sample.subarray(from, from + 1 + dice.size(40));
	const before = sample.subarray(0, dice.below(sample.length + 1));
	const room = Math.max(0, bytesMax - before.length);
	const filled = Buffer.alloc(room, part.length > 0 ? part : Buffer.from([0]));
	return Buffer.concat([before, filled]).subarray(0, bytesMax);
}

function repeatedText(dice: Dice, sample: string, charactersMax: number): string {
	const tokens = sample.match(/\d+|[A-Za-z]+|\s+|[^\sA-Za-z0-9]/g) ?? [' '];
	const from = dice.below(tokens.length);
	const part = dice.once(3)
		? dice.pick([' ', '1', 'a', '\n', '(', '"', '=', '\u001b]', '# '])
		: tokens.slice(from, from + 1 + dice.below(6)).join('');
	const head = tokens.slice(0, from + dice.below(3)).join('');
	const filled =
		part === '' ? '' : part.repeat(Math.max(1, Math.floor((charactersMax - head.length) / Math.max(1, part.length))));
	return (head + filled + (dice.once(2) ? tokens.slice(from).join('') : '')).slice(0, charactersMax);
}

/** Keys and texts written with escapes, which says the same in other bytes. */
function withEscapes(dice: Dice, text: string): string {
	const at = text.search(/[a-z_]/i);
	if (at < 0) return text;
	const place = dice.once(2) ? at : dice.below(text.length);
	const code = text.charCodeAt(place);
	if (!/[a-z_]/i.test(text[place] ?? '')) return text;
	return `${text.slice(0, place)}\\u${code.toString(16).padStart(4, '0')}${text.slice(place + 1)}`;
}
