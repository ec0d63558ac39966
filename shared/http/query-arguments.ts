/**
 * Arguments in a URL are all text. Reads them as the operation's schema wants them (`?limit=5`, `?needsYou=true`,
 * a repeated name for a list); what does not fit stays text, and the schema says what is wrong with it.
 */
import { z } from 'zod';
import { type OperationName, operations } from '../operations/index.ts';

const propertySchema = z.looseObject({ type: z.string().optional() });
const objectSchema = z.looseObject({ properties: z.record(z.string(), propertySchema).default({}) });
type Property = z.output<typeof propertySchema>;

const known = new Map<OperationName, Readonly<Record<string, Property>>>();

export function readQuery(name: OperationName, query: unknown): Record<string, unknown> {
	const properties = propertiesOf(name);
	const pairs = Object.entries(query ?? {}).map(([key, value]) => [
		key,
		Object.hasOwn(properties, key) ? readValue(value, properties[key]) : value,
	]);
	return Object.fromEntries(pairs);
}

/** The JSON schemas of an operation's arguments, by name. */
export function propertiesOf(name: OperationName): Readonly<Record<string, Property>> {
	const cached = known.get(name);
	if (cached) return cached;
	const { properties } = objectSchema.parse(z.toJSONSchema(operations[name].args, { io: 'input' }));
	known.set(name, properties);
	return properties;
}

function readValue(value: unknown, property: Property | undefined): unknown {
	if (property?.type === 'array')
		return (Array.isArray(value) ? value : [value]).map((one) => readScalar(one, undefined));
	return readScalar(value, property?.type);
}

function readScalar(value: unknown, type: string | undefined): unknown {
	if (typeof value !== 'string') return value;
	if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
	if ((type === 'integer' || type === 'number') && /^-?[0-9]{1,15}$/.test(value)) return Number(value);
	return value;
}
