/**
 * Asks the gateway: one function for every operation of the registry, its answer read by the registry's own schema. A
 * failure is always an error of ours with a code, a sentence and what to do, also when nobody answered at all.
 */
import { z } from 'zod';
import { type CallName, type Input, operations, type Result } from '../../../shared/operations/index.ts';
import { type ErrorCode, errorKinds, type GanglineError, ganglineError } from '../../../shared/ports/errors.ts';
import { addressOf, toLogin } from './address.ts';

// The page may not make code out of text: its security policy forbids it, and the schemas are quick enough without.
z.config({ jitless: true });

export type Ask = <Name extends CallName>(name: Name, args: Input<Name>, signal?: AbortSignal) => Promise<Result<Name>>;

const errorSchema = z.object({
	error: z.object({
		code: z.string(),
		message: z.string(),
		hint: z.string().nullable(),
		data: z.record(z.string(), z.unknown()).optional(),
	}),
});

/** @throws GanglineError */
export const ask: Ask = async (name, args, signal) => {
	const answer = await answerOf(name, args, signal);
	const body: unknown = await answer.json().catch(() => null);
	if (!answer.ok) throw failureOf(answer, body);
	const read = operations[name].result.safeParse(body);
	if (read.success) return read.data as Awaited<ReturnType<typeof ask<typeof name>>>;
	throw ganglineError('MALFORMED', `the answer to ${name} is not what this page expects`, {
		hint: 'The gateway may have been updated: load the page again.',
		cause: read.error,
	});
};

async function answerOf(name: string, args: unknown, signal: AbortSignal | undefined): Promise<Response> {
	try {
		return await fetch(addressOf(`v1/${name}`), {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify(args),
			credentials: 'same-origin',
			...(signal && { signal }),
		});
	} catch (cause) {
		if (signal?.aborted) throw cause;
		throw ganglineError('NOT_RUNNING', 'the gateway did not answer', {
			hint: 'It may be restarting. On its machine: gangline gateway start',
			cause,
		});
	}
}

function failureOf(answer: Response, body: unknown): GanglineError {
	const read = errorSchema.safeParse(body);
	const code = read.success && isCode(read.data.error.code) ? read.data.error.code : 'INTERNAL';
	if (code === 'UNAUTHENTICATED') toLogin();
	if (!read.success) {
		return ganglineError('NOT_RUNNING', `something between this page and the gateway answered ${answer.status}`, {
			hint: 'Is a proxy in front of the gateway? It must pass v1/ and sync/ on.',
		});
	}
	const { message, hint, data } = read.data.error;
	return ganglineError(code, message, { ...(hint !== null && { hint }), ...(data && { data }) });
}

function isCode(text: string): text is ErrorCode {
	return Object.hasOwn(errorKinds, text);
}
