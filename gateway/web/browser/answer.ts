/**
 * What the gateway answered, read: by the registry's own schema where it did what it was asked, otherwise as an error of
 * ours. Whatever came, also from a proxy between, it is one or the other. Pure.
 */
import { z } from 'zod';
import {
	type Board,
	type CallName,
	type ItemAnswer,
	operations,
	type Result,
} from '../../../shared/operations/index.ts';
import { type ErrorCode, errorKinds, type GanglineError, ganglineError } from '../../../shared/ports/errors.ts';
import { readAs } from '../../../shared/ports/read-as.ts';

const slicedSchema = z.looseObject({ items: z.array(z.unknown()) });
const errorSchema = z.object({
	error: z.object({
		code: z.string(),
		message: z.string(),
		hint: z.string().nullable(),
		data: z.record(z.string(), z.unknown()).optional(),
	}),
});

/** @throws GanglineError MALFORMED */
export function readAnswer<Name extends CallName>(name: Name, body: unknown): Result<Name> {
	const read = readAs(operations[name].result, body);
	if (read.success) return read.data as Result<Name>;
	throw notExpected(name, read.error);
}

function notExpected(name: CallName, cause: unknown): GanglineError {
	return ganglineError('MALFORMED', `the answer to ${name} is not what this page expects`, {
		hint: 'The gateway may have been updated: load the page again.',
		cause,
	});
}

/** Items of a board that are read in one go; some milliseconds. */
const sliceItems = 200;

/**
 * Reads boards again and again: an item that says the same as last time is the very same and is not read anew, and
 * thousands of new ones are read in slices, so that the page goes on answering meanwhile.
 */
export class BoardReader {
	readonly #rest: () => Promise<void>;
	/** By project. What was not in its last answer is forgotten. */
	readonly #known = new Map<string, ReadonlyMap<string, ItemAnswer>>();

	constructor(rest: () => Promise<void>) {
		this.#rest = rest;
	}

	/** @throws GanglineError MALFORMED */
	async read(project: string, body: unknown): Promise<Board> {
		const sliced = readAs(slicedSchema, body);
		// What has no items is no board: the whole schema says what is wrong with it.
		if (!sliced.success) return readAnswer('project.status', body);
		const whole = readAnswer('project.status', { ...sliced.data, items: [] });
		const before = this.#known.get(project);
		const now = new Map<string, ItemAnswer>();
		const items: ItemAnswer[] = [];
		let fresh = 0;
		for (const raw of sliced.data.items) {
			const text = JSON.stringify(raw) ?? '';
			const known = before?.get(text);
			const item = known ?? readItem(raw);
			now.set(text, item);
			items.push(item);
			if (known !== undefined) continue;
			fresh += 1;
			if (fresh % sliceItems === 0) await this.#rest();
		}
		this.#known.set(project, now);
		return { ...whole, items };
	}
}

function readItem(raw: unknown): ItemAnswer {
	const read = readAs(operations['project.status'].result.shape.items.element, raw);
	if (read.success) return read.data;
	throw notExpected('project.status', read.error);
}

/** The body of an answer; null for what is no JSON, as a proxy's page. @throws GanglineError NOT_RUNNING */
export async function bodyIn(answer: Pick<Response, 'json'>): Promise<unknown> {
	try {
		return await answer.json();
	} catch (cause) {
		if (cause instanceof SyntaxError) return null;
		throw ganglineError('NOT_RUNNING', 'the answer of the gateway broke off', {
			hint: 'What was asked for may have been done: look, and ask again if it was not.',
			cause,
		});
	}
}

/** The error that an answer with such a status tells. */
export function readFailure(status: number, body: unknown): GanglineError {
	const read = readAs(errorSchema, body);
	if (!read.success) {
		return ganglineError('NOT_RUNNING', `something between this page and the gateway answered ${status}`, {
			hint: 'Is a proxy in front of the gateway? It must pass v1/ and sync/ on.',
		});
	}
	const { code, message, hint, data } = read.data.error;
	const known = isCode(code) ? code : 'INTERNAL';
	return ganglineError(known, message, { ...(hint !== null && { hint }), ...(data && { data }) });
}

function isCode(text: string): text is ErrorCode {
	return Object.hasOwn(errorKinds, text);
}
