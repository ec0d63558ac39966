/**
 * Values after a schema: what a program of ours would send, made from the schema itself, so that a method or operation
 * that is new tomorrow is sent sensible arguments too. Patterns are met by trying the names that we use, then by chance.
 */
import fc from 'fast-check';
import { z } from 'zod';
import type { Dice } from './dice.ts';

interface JsonSchema {
	readonly type?: string | readonly string[];
	readonly const?: unknown;
	readonly enum?: readonly unknown[];
	readonly anyOf?: readonly JsonSchema[];
	readonly oneOf?: readonly JsonSchema[];
	readonly allOf?: readonly JsonSchema[];
	readonly properties?: Readonly<Record<string, JsonSchema>>;
	readonly required?: readonly string[];
	readonly additionalProperties?: JsonSchema | boolean;
	readonly items?: JsonSchema | boolean;
	readonly prefixItems?: readonly JsonSchema[];
	readonly pattern?: string;
	readonly minLength?: number;
	readonly maxLength?: number;
	readonly minimum?: number;
	readonly maximum?: number;
	readonly exclusiveMinimum?: number;
	readonly minItems?: number;
	readonly maxItems?: number;
	readonly $ref?: string;
	readonly $defs?: Readonly<Record<string, JsonSchema>>;
}

const names = [
	'a',
	'shop',
	'laptop',
	'main',
	'#1',
	'12',
	'~ann-1',
	'01JZZZZZZZZZZZZZZZZZZZZZZ1',
	'01JZ0000000000000000000SHP',
	`n${'1'.repeat(16)}`,
	`n${'1'.repeat(16)}.01234567.edge`,
	'a'.repeat(40),
	'ab'.repeat(32),
	Buffer.alloc(32, 7).toString('base64'),
	Buffer.alloc(64, 7).toString('base64'),
	'/ip4/192.0.2.7/tcp/7421',
	'refs/heads/main',
	'1.2',
	'1',
	'/shop',
];

/** Makes values of a schema; the schema is read once. */
export function valuesOf(schema: z.ZodType): (dice: Dice) => unknown {
	const root = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
	const patterns = new Map<string, readonly string[]>();
	return (dice) => new Maker(root, dice, patterns).make(root, 0);
}

class Maker {
	readonly #root: JsonSchema;
	readonly #dice: Dice;
	readonly #patterns: Map<string, readonly string[]>;

	constructor(root: JsonSchema, dice: Dice, patterns: Map<string, readonly string[]>) {
		this.#root = root;
		this.#dice = dice;
		this.#patterns = patterns;
	}

	make(schema: JsonSchema, depth: number): unknown {
		if (schema.$ref !== undefined) return depth > 8 ? null : this.make(this.#resolve(schema.$ref), depth + 1);
		if (schema.const !== undefined) return schema.const;
		if (schema.enum) return this.#dice.pick(schema.enum);
		const either = schema.anyOf ?? schema.oneOf;
		if (either) return this.make(this.#dice.pick(either), depth + 1);
		if (schema.allOf) return Object.assign({}, ...schema.allOf.map((part) => this.make(part, depth + 1)));
		const type = typeof schema.type === 'object' ? this.#dice.pick(schema.type) : schema.type;
		switch (type) {
			case 'string':
				return this.#text(schema);
			case 'integer':
			case 'number':
				return this.#number(schema);
			case 'boolean':
				return this.#dice.once(2);
			case 'array':
				return this.#list(schema, depth);
			case 'object':
				return this.#record(schema, depth);
			case 'null':
				return null;
			default:
				return this.#dice.pick([null, 1, 'x', {}, []]);
		}
	}

	#resolve(ref: string): JsonSchema {
		return this.#root.$defs?.[ref.replace('#/$defs/', '')] ?? this.#root;
	}

	#text({ pattern, minLength = 0, maxLength = 60 }: JsonSchema): string {
		const fitting = this.#fitting(pattern).filter((text) => text.length >= minLength && text.length <= maxLength);
		if (fitting.length > 0) return this.#dice.pick(fitting);
		return 'x'.repeat(minLength);
	}

	/** Names of ours that meet a pattern, or some drawn for it. */
	#fitting(pattern: string | undefined): readonly string[] {
		if (pattern === undefined) return names;
		const known = this.#patterns.get(pattern);
		if (known) return known;
		const regex = new RegExp(pattern, 'u');
		const own = names.filter((text) => regex.test(text));
		const found = own.length > 0 ? own : drawn(regex);
		this.#patterns.set(pattern, found);
		return found;
	}

	#number({ type, minimum = 0, exclusiveMinimum, maximum = 1_000 }: JsonSchema): number {
		const least = Math.max(minimum, exclusiveMinimum === undefined ? minimum : exclusiveMinimum + 1);
		const most = Math.min(maximum, least + 1_000);
		const value = least + this.#dice.below(Math.floor(most - least) + 1);
		return type === 'integer' ? Math.floor(value) : value;
	}

	#list({ items, prefixItems, minItems = 0, maxItems = 4 }: JsonSchema, depth: number): unknown[] {
		if (prefixItems) return prefixItems.map((one) => this.make(one, depth + 1));
		const length =
			depth > 6 ? minItems : minItems + this.#dice.below(Math.max(1, Math.min(4, maxItems - minItems + 1)));
		return Array.from({ length }, () => (typeof items === 'object' ? this.make(items, depth + 1) : 'x'));
	}

	#record({ properties = {}, required = [], additionalProperties }: JsonSchema, depth: number): object {
		const fields = Object.entries(properties)
			.filter(([key]) => required.includes(key) || !this.#dice.once(3))
			.map(([key, one]): [string, unknown] => [key, this.make(one, depth + 1)]);
		if (typeof additionalProperties === 'object' && depth < 6) {
			for (let i = this.#dice.below(3); i > 0; i--)
				fields.push([this.#dice.pick(names), this.make(additionalProperties, depth + 1)]);
		}
		return Object.fromEntries(fields);
	}
}

function drawn(regex: RegExp): readonly string[] {
	try {
		return fc.sample(fc.stringMatching(new RegExp(regex.source)), { numRuns: 5, seed: 1 });
	} catch {
		return [];
	}
}
