/**
 * Operations of the registry as tools of a model: which of them, under which names, and what of their arguments is not
 * the model's to choose. Nothing here approves, rejects, moves or deletes, and nobody's review mode is changed: whoever
 * speaks through a model decides that elsewhere [I13].
 */
import { z } from 'zod';
import { type CallName, type OperationName, operations } from '../operations/index.ts';
import { ganglineError } from '../ports/errors.ts';
import type { ServedTool } from './served-tool.ts';

interface Rendering {
	readonly operation: CallName;
	/** Besides the operation's own summary. */
	readonly says?: string;
	/** Arguments that no model gives. */
	readonly hides?: readonly string[];
}

const renderings = {
	list_projects: { operation: 'project.list' },
	show_board: { operation: 'project.status' },
	list_items: { operation: 'item.list' },
	show_item: { operation: 'item.show' },
	search_items: { operation: 'item.search' },
	show_diff: { operation: 'item.diff' },
	show_log: { operation: 'item.logs' },
	add_item: {
		operation: 'item.add',
		says: 'Say in the description everything that somebody needs who knows nothing of this conversation.',
		hides: ['review'],
	},
	edit_item: { operation: 'item.edit', hides: ['review'] },
	plan_items: {
		operation: 'item.plan',
		says: 'Leave `create` out to look at the waves first; with `create` the items are added.',
	},
	tell_agent: { operation: 'item.say' },
} as const satisfies Record<string, Rendering>;

export type OperationToolName = keyof typeof renderings;
export const operationToolNames = Object.keys(renderings) as readonly OperationToolName[];

export interface OperationToolOptions {
	/** Arguments that are fixed: the model does not see them. */
	readonly given?: Readonly<Record<string, unknown>>;
	/** More that no model gives here. */
	readonly hides?: readonly string[];
	readonly says?: string;
	readonly ask: (operation: CallName, input: Readonly<Record<string, unknown>>) => Promise<unknown>;
}

/** The operation that a tool asks. */
export function operationOf(tool: OperationToolName): CallName {
	return renderings[tool].operation;
}

export function operationTool(name: OperationToolName, options: OperationToolOptions): ServedTool {
	const { given = {}, ask } = options;
	const { operation, says, hides = [] }: Rendering = renderings[name];
	const unseen = new Set([...hides, ...(options.hides ?? []), ...Object.keys(given)]);
	const { summary, kind } = operations[operation];
	return {
		name,
		description: [summary, says, options.says]
			.flatMap((one) => (one === undefined ? [] : [one.replace(/\.?$/, '.')]))
			.join(' '),
		inputSchema: schemaWithout(operation, unseen),
		readOnly: kind === 'query',
		call: async (input) => {
			const fields = asFields(input, name);
			const strange = Object.keys(fields).find((field) => unseen.has(field));
			if (strange !== undefined) throw notYours(name, strange);
			return await ask(operation, { ...fields, ...given });
		},
	};
}

/** A tool that is no operation of the registry: of the run itself. */
export function runTool<Args extends z.ZodObject>(described: {
	readonly name: string;
	readonly description: string;
	readonly readOnly: boolean;
	readonly args: Args;
	readonly call: (args: z.output<Args>, signal: AbortSignal) => Promise<unknown>;
}): ServedTool {
	const { args, call, ...rest } = described;
	return {
		...rest,
		inputSchema: objectSchema(z.toJSONSchema(args, { io: 'input' })),
		call: async (input, signal) => {
			const parsed = args.safeParse(asFields(input, described.name));
			if (parsed.success) return await call(parsed.data, signal);
			const [issue] = parsed.error.issues;
			throw ganglineError(
				'INVALID_ARGUMENT',
				`${described.name}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is wrong'}`,
			);
		},
	};
}

function schemaWithout(operation: OperationName, unseen: ReadonlySet<string>): ServedTool['inputSchema'] {
	const whole = z.toJSONSchema(operations[operation].args, { io: 'input' });
	const properties = Object.fromEntries(Object.entries(whole.properties ?? {}).filter(([field]) => !unseen.has(field)));
	const required = (whole.required ?? []).filter((field) => !unseen.has(field));
	return objectSchema({ ...whole, properties, required });
}

function objectSchema(schema: object): ServedTool['inputSchema'] {
	const { $schema: _dialect, ...rest } = { $schema: undefined, ...schema };
	return { ...rest, type: 'object' };
}

function asFields(input: unknown, name: string): Readonly<Record<string, unknown>> {
	if (input === undefined || input === null) return {};
	if (typeof input === 'object' && !Array.isArray(input)) return { ...input };
	throw ganglineError('INVALID_ARGUMENT', `${name}: expected an object of arguments`);
}

function notYours(tool: string, field: string) {
	return ganglineError('FORBIDDEN', `${tool}: ${field} is not decided here`, {
		hint: 'leave it out; a person decides it with the command line or on the board',
	});
}
