/**
 * Asks the gateway: one function for every operation of the registry, its answer read by the registry's own schema. A
 * failure is always an error of ours with a code, a sentence and what to do, also when nobody answered at all.
 */
import type { Board, CallName } from '../../../shared/operations/index.ts';
import { pause } from '../../../shared/ports/clock.ts';
import { ganglineError } from '../../../shared/ports/errors.ts';
import type { Ask } from '../store/line.ts';
import { addressOf, toLogin } from './address.ts';
import { BoardReader, bodyIn, readAnswer, readFailure } from './answer.ts';
import { browserClock } from './clock.ts';

/** @throws GanglineError */
export const ask: Ask = async (name, args, signal) => readAnswer(name, await bodyOf(name, args, signal));

/** Boards are large and read often. A task of its own for each slice lets the page draw and hear keys meanwhile. */
const boards = new BoardReader(() => pause(browserClock, 0));

/** @throws GanglineError */
export async function askBoard(project: string): Promise<Board> {
	return boards.read(project, await bodyOf('project.status', { project }));
}

async function bodyOf(name: CallName, args: unknown, signal?: AbortSignal): Promise<unknown> {
	const answer = await answerOf(name, args, signal);
	const body = await bodyIn(answer);
	if (answer.ok) return body;
	const failure = readFailure(answer.status, body);
	if (failure.code === 'UNAUTHENTICATED') toLogin();
	throw failure;
}

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
