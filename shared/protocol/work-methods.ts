/**
 * The questions of the rpc between homes and workers. A home asks a worker that the registry allows for its project
 * (`work.offer`, `begin`, `cancel`, `acknowledge`, `log`); a worker tells homes and the gateway how it is (`state`) and
 * hands reports to the home until that has acknowledged them (`report`). Each may be repeated without harm.
 */
import { z } from 'zod';
import type { RpcMethod, RpcStream } from '../mesh/rpc.ts';
import { commitSchema, keySchema, tokenSchema } from '../pipeline/item-schema.ts';
import { agentNameSchema, offerAnswerSchema, projectIdSchema, taskSchema, workReportSchema } from './work.ts';
import { workerStateSchema } from './worker-state.ts';

const grant = { project: projectIdSchema, key: keySchema, token: tokenSchema };
const done = z.object({});

/** Whether the worker takes the task; an accepted one must be begun soon, or its slot is given back. */
export const workOffer = method({
	name: 'work.offer',
	args: z.object({ task: taskSchema }),
	result: offerAnswerSchema,
});

/** The grant is a fact: begin. `begun` is false, and nothing runs, when there is no room for it now. */
export const workBegin = method({
	name: 'work.begin',
	args: z.object({ task: taskSchema }),
	result: z.object({ begun: z.boolean() }),
});

/** Ends what runs for an item. Answered at once; the worker's state and its report say when nothing runs any more. */
export const workCancel = method({
	name: 'work.cancel',
	args: z.object({ project: projectIdSchema, key: keySchema, reason: z.string().max(1_000) }),
	result: done,
});

/** Words of a person for whoever works on the item: told at its next turn. `told` is false where nothing hears them. */
export const workSay = method({
	name: 'work.say',
	args: z.object({
		project: projectIdSchema,
		key: keySchema,
		words: z.string().max(8 * 1024),
		person: z.string().max(64),
	}),
	result: z.object({ told: z.boolean() }),
});

/** A person's decision about an open question. `taken` is false where it is not open any more. */
export const workAnswer = method({
	name: 'work.answer',
	args: z.object({
		project: projectIdSchema,
		key: keySchema,
		id: z.string().max(200),
		allow: z.boolean(),
		person: z.string().max(64),
	}),
	result: z.object({ taken: z.boolean() }),
});

/** Where the item's clone lies on the worker's machine; null where it has none. */
export const workFolder = method({
	name: 'work.folder',
	args: z.object({ project: projectIdSchema, key: keySchema }),
	result: z.object({ folder: z.string().max(4_096).nullable() }),
});

/** What the first session of a task would be told if it began there now; for people, nothing is begun. */
export const workTold = method({
	name: 'work.told',
	args: z.object({ task: taskSchema, forResearch: z.boolean() }),
	result: z.object({
		form: z.enum(['first', 'resumed', 'commitOnly', 'script']),
		prompt: z.string().max(512 * 1024),
	}),
});
export type ToldShown = Readonly<z.output<typeof workTold.result>>;

/** The report of a grant was settled: it may be forgotten. `over`: the grant too; false from older homes, that go on under it. */
export const workAcknowledge = method({
	name: 'work.acknowledge',
	args: z.object({ ...grant, over: z.boolean().default(false) }),
	result: done,
});

/** How a worker is. A home answers with where its mains are and which clones nobody needs; the gateway with nothing. */
export const workState = method({
	name: 'work.state',
	args: workerStateSchema,
	result: z.object({
		forget: z
			.array(z.object({ project: projectIdSchema, key: keySchema }))
			.max(1_000)
			.readonly(),
		mains: z
			.array(z.object({ project: projectIdSchema, main: commitSchema.nullable() }))
			.max(1_000)
			.readonly()
			.default([]),
	}),
});

/** A report, taken to be settled; `work.acknowledge` follows when it was. Repeated until then. */
export const workReport = method({
	name: 'work.report',
	args: z.object({ task: taskSchema, report: workReportSchema }),
	result: z.object({ taken: z.literal(true) }),
});

/**
 * Worker → home: what a clone of an item held that was not in its result is kept here, at `refs/gangline/salvage/<key>/<at>`,
 * on top of `base`. The home fetches it and answers when it has it; a repeat changes nothing. Throws REFUSED or TOO_LARGE
 * for what may not come in: then it stays here alone.
 */
export const workSalvaged = method({
	name: 'work.salvaged',
	args: z.object({
		project: projectIdSchema,
		key: keySchema,
		at: z.int().min(0),
		commit: commitSchema,
		base: commitSchema,
	}),
	result: z.object({ kept: z.literal(true) }),
});

/** What of the operations agents may ask at all. */
export const agentOperations = [
	...(['item.show', 'item.list', 'item.search', 'project.status'] as const),
	...(['item.add', 'item.edit', 'item.plan'] as const),
] as const;
export type AgentOperation = (typeof agentOperations)[number];

/**
 * Worker → home: what an agent asks with its tools, under the grant that this worker holds. The home decides what of it
 * may be asked; the answer is text for a model.
 */
export const workAsk = method({
	name: 'work.ask',
	args: z.object({
		...grant,
		agent: agentNameSchema,
		operation: z.enum(agentOperations),
		/** As a client of the HTTP API writes it; the operation's own schema looks at it. */
		input: z.record(
			z.string().max(100),
			z.custom<z.core.util.JSONType>((value) => value !== undefined),
		),
	}),
	result: z.object({ answer: z.string().max(100_000) }),
});

const logLine = z.object({
	seq: z.int().min(0),
	run: z.string().max(64),
	at: z.int().min(0),
	source: z.string().max(100),
	stream: z.enum(['stdout', 'stderr', 'note']),
	text: z.string().max(8 * 1024),
});

/** The end of a run's log, as much of it as fits into a frame; the newest run where none is named. */
export const workLog = method({
	name: 'work.log',
	args: z.object({
		project: projectIdSchema,
		key: keySchema,
		run: z.string().max(64).nullable(),
		lines: z.int().min(1).max(10_000),
		/** Only lines with this text. */
		contains: z.string().min(1).max(200).exactOptional(),
	}),
	result: z.object({
		run: z.string().max(64).nullable(),
		lines: z.array(logLine).max(10_000).readonly(),
		dropped: z.int().min(0),
	}),
});

/** Where a reader of a run's log is: after the line `seq` of `run`. */
const linePosition = z.object({ run: z.string().max(64), seq: z.int().min(0) });
export type LinePosition = Readonly<z.output<typeof linePosition>>;

/** The most lines in one item of a stream. */
export const linesAtOnceMax = 200;
const someLines = z.object({ lines: z.array(logLine).max(linesAtOnceMax).readonly() });

/**
 * Home → worker: the lines of a run after `after` (negative: so many of the last), and those to come as they are written.
 * Ends when the run does.
 */
export const workLines = {
	name: 'work.lines',
	args: z.object({
		project: projectIdSchema,
		key: keySchema,
		run: z.string().max(64),
		after: z.int().min(-10_000),
	}),
	item: someLines,
} satisfies RpcStream;

/**
 * A member → the home, for a person: what is written for an item wherever it runs, one run after the other, from a
 * position on or from the end of what there is. Ends when the item is gone.
 */
export const itemLines = {
	name: 'item.lines',
	args: z.object({
		project: projectIdSchema,
		key: keySchema,
		after: linePosition.nullable(),
		person: z.string().min(1).max(64),
	}),
	item: someLines,
} satisfies RpcStream;

function method<Args extends z.ZodType, Result extends z.ZodType>(
	described: RpcMethod<Args, Result>,
): RpcMethod<Args, Result> {
	return described;
}
