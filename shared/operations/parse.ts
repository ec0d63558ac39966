/**
 * The door through which arguments come in, whatever rendering they come from: parsed once by the operation's schema,
 * or refused with a message that names the field, the wrong value, what was expected and, for unknown names, the
 * nearest known one. Own properties only, so that `__proto__` is a field name like any other and is refused.
 */

import type { z } from 'zod';
import { type GanglineError, ganglineError } from '../ports/errors.ts';
import { readAs } from '../ports/read-as.ts';
import { nearest } from './nearest.ts';
import { type Args, isOperationName, type OperationName, operationNames, operations } from './registry.ts';

/** Parsed arguments of the operation, or INVALID_ARGUMENT. */
export function parseArgs<Name extends OperationName>(name: Name, input: unknown): Args<Name> {
	const parsed = readAs(operations[name].args, input);
	if (parsed.success) return parsed.data as Args<Name>;
	throw invalidArgument(name, parsed.error.issues, input);
}

/** The operation of that name, or UNKNOWN_OPERATION with the nearest one. */
export function parseOperationName(name: string): OperationName {
	if (isOperationName(name)) return name;
	const near = nearest(name.slice(0, 64), operationNames);
	throw ganglineError('UNKNOWN_OPERATION', `there is no operation ${quote(name)}`, {
		hint: near === null ? 'GET /v1/openapi.json lists all' : `did you mean ${near}?`,
		data: { operation: name.slice(0, 100), ...(near === null ? {} : { nearest: near }) },
	});
}

/** The names of an operation's arguments. */
function fieldsOf(name: OperationName): readonly string[] {
	return Object.keys(operations[name].args.shape);
}

function invalidArgument(name: OperationName, issues: readonly z.core.$ZodIssue[], input: unknown): GanglineError {
	const lines = issues.slice(0, 5).map((issue) => describe(issue, name, input));
	const near = issues
		.flatMap((issue) => (issue.code === 'unrecognized_keys' ? issue.keys : []))
		.map((key) => nearestField(key, name));
	const hint = near.find((field) => field !== null);
	return ganglineError('INVALID_ARGUMENT', `${name}: ${lines.join('; ')}`, {
		...(hint === undefined ? {} : { hint: `did you mean ${hint}?` }),
		data: {
			operation: name,
			issues: issues.slice(0, 20).map((issue) => ({ path: issue.path.map(String), message: issue.message })),
		},
	});
}

/** Not shown again where they are wrong. */
const secretFields: ReadonlySet<string> = new Set([
	'secret.set value',
	'container.gitToken token',
	'notify.set ntfy.token',
]);

function describe(issue: z.core.$ZodIssue, name: OperationName, input: unknown): string {
	if (issue.code === 'unrecognized_keys') {
		return `unknown ${issue.keys.length === 1 ? 'field' : 'fields'} ${issue.keys.slice(0, 5).map(quote).join(', ')}; known are ${fieldsOf(name).join(', ')}`;
	}
	const value = valueAt(input, issue.path);
	const where = issue.path.length === 0 ? '' : `${issue.path.map(String).join('.')} `;
	if (value === undefined && where !== '' && issue.code.startsWith('invalid_')) return `${where}is missing`;
	const isSecret = secretFields.has(`${name} ${issue.path.map(String).join('.')}`);
	const shown = isSecret || value === undefined || typeof value === 'object' ? '' : `is ${quote(value)}: `;
	return `${where}${shown}${issue.message}`;
}

function nearestField(key: string, name: OperationName): string | null {
	return nearest(key.slice(0, 64), fieldsOf(name));
}

/** Walks own properties only. */
function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
	let value = input;
	for (const step of path) {
		if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
		value = Reflect.get(value, step);
	}
	return value;
}

function quote(value: unknown): string {
	const text = JSON.stringify(value) ?? String(value);
	return text.length <= 60 ? text : `${text.slice(0, 57)}…${text.endsWith('"') ? '"' : ''}`;
}
