/**
 * Text of `.gangline/project.toml` → a frozen `ProjectConfig`, or one INVALID_CONFIG that names every problem with file,
 * line, key, the value that stands there, what was expected and the nearest known key. Nothing is guessed or dropped.
 */

import { parse, TomlError } from 'smol-toml';
import { z } from 'zod';
import { nearest } from '../operations/nearest.ts';
import { ganglineError } from '../ports/errors.ts';
import { readAs } from '../ports/read-as.ts';
import { type ProjectConfig, projectConfigPath, projectConfigSchema } from './config.ts';
import { type KeyPath, locateKeys, type Position } from './key-positions.ts';

/** A file of a few KiB is usual; what is far beyond was not written by a person. */
const textBytesMax = 256 * 1024;
/** More than a screen of problems helps nobody; the rest is counted. */
const problemsMax = 10;

interface Problem {
	readonly path: KeyPath;
	readonly says: string;
}

/** Parses the project's file; `path` is the name shown in messages. */
export function parseProjectConfig(text: string, options: { readonly path?: string } = {}): ProjectConfig {
	const file = options.path ?? projectConfigPath;
	const raw = parseToml(text, file);
	const parsed = readAs(projectConfigSchema, raw);
	const problems = parsed.success ? contradictions(parsed.data) : parsed.error.issues.flatMap((i) => explain(i, raw));
	if (parsed.success && problems.length === 0) return deepFreeze(parsed.data);
	throw refusal({ file, problems, locate: locateKeys(text) });
}

function parseToml(text: string, file: string): unknown {
	if (Buffer.byteLength(text) > textBytesMax) {
		const size = `${Buffer.byteLength(text)} bytes long, more than the ${textBytesMax} that are read`;
		throw ganglineError('INVALID_CONFIG', `${file} is ${size}`, { hint: `Keep only settings in ${file}.` });
	}
	try {
		return parse(text);
	} catch (error) {
		if (!(error instanceof TomlError)) throw error;
		const reason = error.message.split('\n')[0]?.replace('Invalid TOML document: ', '') ?? 'not TOML';
		throw ganglineError('INVALID_CONFIG', `${file}:${error.line}:${error.column}: this is not TOML: ${reason}`, {
			hint: `Open ${file} at line ${error.line}; strings need quotes, as in name = "value".`,
			data: { file, problems: [{ line: error.line, column: error.column, key: '', says: reason }] },
			cause: error,
		});
	}
}

function refusal(input: { file: string; problems: readonly Problem[]; locate: (path: KeyPath) => Position }): Error {
	const placed = input.problems
		.map((problem) => ({ ...input.locate(problem.path), key: dotted(problem.path), says: problem.says }))
		.sort((a, b) => a.line - b.line || a.column - b.column);
	const lines = placed
		.slice(0, problemsMax)
		.map((problem) => `${input.file}:${problem.line}:${problem.column}: ${problem.says}`);
	if (placed.length > problemsMax) lines.push(`and ${placed.length - problemsMax} more`);
	const first = placed[0];
	return ganglineError('INVALID_CONFIG', lines.join('\n'), {
		hint: `Correct ${input.file}${first === undefined ? '' : ` at line ${first.line}`} and commit it.`,
		data: { file: input.file, problems: placed },
	});
}

/** One zod issue in our words. Unknown keys become one problem each, at the key itself. */
function explain(issue: z.core.$ZodIssue, raw: unknown): Problem[] {
	const path = issue.path.filter((part) => typeof part !== 'symbol');
	if (issue.code === 'unrecognized_keys') {
		return issue.keys.map((key) => ({ path: [...path, key], says: unknownKey([...path, key], raw) }));
	}
	const value = valueAt(raw, path);
	if (value === undefined) return [{ path, says: `${dotted(path)} is missing; expected ${expected(issue)}` }];
	return [
		{ path, says: `${dotted(path)} is ${show(value)}; expected ${expected(issue)}${suggestValue(issue, value)}` },
	];
}

function expected(issue: z.core.$ZodIssue): string {
	switch (issue.code) {
		case 'invalid_value':
			return issue.values.map((value) => JSON.stringify(value)).join(' or ');
		case 'invalid_type':
			return typeNames[issue.expected] ?? `a value of type ${issue.expected}`;
		case 'too_small':
			return issue.origin === 'string' ? 'a text that is not empty' : `${bound(issue)} ${issue.minimum}`;
		case 'too_big':
			return `at most ${issue.maximum}`;
		default:
			return issue.message;
	}
}

function bound(issue: { readonly inclusive?: boolean | undefined }): string {
	return issue.inclusive === false ? 'more than' : 'at least';
}

const typeNames: Readonly<Record<string, string>> = {
	string: 'a text in quotes',
	number: 'a number',
	int: 'a whole number',
	boolean: 'true or false',
	array: 'a list in [ ]',
	object: 'a table',
};

function suggestValue(issue: z.core.$ZodIssue, value: unknown): string {
	if (issue.code !== 'invalid_value' || typeof value !== 'string') return '';
	const near = nearest(
		value,
		issue.values.filter((known) => typeof known === 'string'),
	);
	return near === null ? '' : ` (did you mean ${JSON.stringify(near)}?)`;
}

function unknownKey(path: KeyPath, raw: unknown): string {
	const key = String(path.at(-1));
	const parent = path.slice(0, -1);
	const known = keysAt(projectConfigSchema, parent);
	const near = nearest(key, known);
	const elsewhere = near === null ? (homes(projectConfigSchema, []).find((home) => home.at(-1) === key) ?? null) : null;
	const says = `unknown key ${dotted(path)} = ${show(valueAt(raw, path))}`;
	if (near !== null) return `${says}; did you mean ${dotted([...parent, near])}?`;
	if (elsewhere !== null) return `${says}; did you mean ${dotted(elsewhere)}?`;
	return `${says}; known here: ${known.join(', ')}`;
}

/** The keys a table of the schema knows, for the table at `path`. */
function keysAt(schema: unknown, path: KeyPath): string[] {
	const [head, ...rest] = path;
	const inner = bare(schema);
	if (inner instanceof z.ZodObject) {
		return head === undefined ? Object.keys(inner.shape) : keysAt(inner.shape[head], rest);
	}
	return inner instanceof z.ZodArray ? keysAt(inner.element, rest) : [];
}

/** Every key below a schema with the tables above it, to say where a key that stands in the wrong table belongs. */
function homes(schema: unknown, above: readonly string[]): (readonly string[])[] {
	const inner = bare(schema);
	if (inner instanceof z.ZodArray) return homes(inner.element, above);
	if (!(inner instanceof z.ZodObject)) return [above];
	return Object.keys(inner.shape).flatMap((key) => homes(inner.shape[key], [...above, key]));
}

function bare(schema: unknown): unknown {
	const isWrapped =
		schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional;
	return isWrapped ? bare(schema.unwrap()) : schema;
}

/** What a schema cannot say: two settings that cannot both be meant. Each names both keys. */
function contradictions(config: ProjectConfig): Problem[] {
	const shellModels = config.agent.flatMap((agent, index): Problem[] =>
		agent.runtime === 'shell' && agent.model !== undefined
			? [
					{
						path: ['agent', index, 'model'],
						says: `agent[${index}].model = ${show(agent.model)} and agent[${index}].runtime = "shell" contradict each other: a shell has no model`,
					},
				]
			: [],
	);
	return [
		...twins('gate', config.gate),
		...twins('agent', config.agent),
		...shellModels,
		...lookingShells(config),
		...idleRoles(config),
		...uncountable(config),
	];
}

/** A budget holds only what can be counted. */
function uncountable({ budget, agent }: ProjectConfig): Problem[] {
	const limit = (['item_usd', 'day_usd', 'project_usd'] as const).find((key) => budget[key] !== undefined);
	if (limit === undefined) return [];
	return agent.flatMap((one, index): Problem[] => {
		const isPriced = one.usd_per_million_input_tokens !== undefined && one.usd_per_million_output_tokens !== undefined;
		if (one.runtime !== 'codex' || isPriced) return [];
		const says = `budget.${limit} = ${show(budget[limit])} cannot be kept by agent[${index}].runtime = "codex", which does not say what it costs; expected usd_per_million_input_tokens and usd_per_million_output_tokens beside it`;
		return [{ path: ['agent', index, 'runtime'], says }];
	});
}

/** What a shell runs is the script of the item, which judges nothing. */
function lookingShells(config: ProjectConfig): Problem[] {
	return config.agent.flatMap(({ role, runtime }, index): Problem[] => {
		if (runtime !== 'shell' || role === 'coder' || role === 'mergemaster') return [];
		const keys = `agent[${index}].role = ${show(role)} and agent[${index}].runtime = "shell"`;
		return [{ path: ['agent', index, 'role'], says: `${keys} contradict each other: a script cannot judge` }];
	});
}

/** A setting that does nothing would be taken for one that does. */
function idleRoles(config: ProjectConfig): Problem[] {
	return config.agent.flatMap(({ role }, index): Problem[] => {
		if (role !== 'planner' && role !== 'pilot') return [];
		const says = `agent[${index}].role is ${show(role)}, and nothing starts an agent of it; expected "coder", whose tool plan_items splits work (people: gangline plan)`;
		return [{ path: ['agent', index, 'role'], says }];
	});
}

function twins(list: 'gate' | 'agent', entries: readonly { readonly name: string }[]): Problem[] {
	return entries.flatMap((entry, index): Problem[] => {
		const first = entries.findIndex((other) => other.name === entry.name);
		if (first === index) return [];
		const keys = `${list}[${first}].name and ${list}[${index}].name`;
		return [{ path: [list, index, 'name'], says: `${keys} are both ${show(entry.name)}; expected a name of its own` }];
	});
}

function valueAt(raw: unknown, path: KeyPath): unknown {
	let value = raw;
	for (const part of path) {
		if (typeof value !== 'object' || value === null) return undefined;
		value = Object.getOwnPropertyDescriptor(value, part)?.value;
	}
	return value;
}

function show(value: unknown): string {
	const text = JSON.stringify(value) ?? String(value);
	return text.length <= 80 ? text : `${text.slice(0, 77)}…`;
}

function dotted(path: KeyPath): string {
	return path.reduce<string>((text, part) => {
		if (typeof part === 'number') return `${text}[${part}]`;
		return text === '' ? part : `${text}.${part}`;
	}, '');
}

function deepFreeze<T>(value: T): T {
	if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) deepFreeze(inner);
	return Object.freeze(value);
}
