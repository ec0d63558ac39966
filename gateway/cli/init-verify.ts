/**
 * Has the node's one-shot mode run set-up and gates once on today's main, in a clean clone, and reads its answer. The
 * command line never runs a gate itself: what is seen here is what landing will see.
 */
import { type ErrorCode, errorKinds, type GanglineError, ganglineError } from '../../shared/ports/errors.ts';
import { type VerifyLine, verifyLineSchema } from '../../shared/protocol/verify.ts';
import type { TreeVerdict } from '../../shared/protocol/work.ts';
import { captureProgram } from './capture-program.ts';
import type { CliContext } from './context.ts';

/** Set-up and every gate have limits of their own; this is only for a node that hangs. */
const verifyMsMax = 6 * 60 * 60_000;

/** The verdict on main. @throws GanglineError what the node said, or INTERNAL when it said nothing. */
export async function verifyMain(
	context: CliContext,
	input: { readonly repository: string; readonly onStep: (step: string) => void },
): Promise<TreeVerdict> {
	const answers: Exclude<VerifyLine, { type: 'progress' }>[] = [];
	const argv: readonly [string, ...string[]] = [...context.nodeCommand, 'verify', '--repo', input.repository];
	const ended = await captureProgram(argv, {
		env: context.env,
		timeoutMs: verifyMsMax,
		signal: context.interrupted,
		onLine(text) {
			const line = parseLine(text);
			if (line?.type === 'progress') input.onStep(line.step);
			else if (line !== null) answers.push(line);
		},
	});
	context.interrupted.throwIfAborted();
	const answer = answers.at(-1);
	if (answer?.type === 'verdict') return answer.verdict;
	if (answer?.type === 'error') throw asError(answer.error);
	const why = ended.notStarted ?? lastWords(ended.stderr) ?? `it ended with code ${ended.code}`;
	throw ganglineError('INTERNAL', `the check of main ended without a verdict: ${why}`, {
		hint: 'Run `gangline doctor`; the configuration is committed, and `gangline init` checks it again.',
		data: { code: ended.code, stderr: ended.stderr },
	});
}

/** A crash of Node ends with its version: what is wanted is the line that names the error. */
function lastWords(stderr: string): string | null {
	const lines = stderr.trim().split('\n');
	return (lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.at(-1)) || null;
}

function parseLine(text: string): VerifyLine | null {
	try {
		return verifyLineSchema.safeParse(JSON.parse(text)).data ?? null;
	} catch {
		return null;
	}
}

function asError(error: { code: string; message: string; hint?: string | null | undefined }): GanglineError {
	const code = isErrorCode(error.code) ? error.code : 'INTERNAL';
	return ganglineError(code, error.message, error.hint ? { hint: error.hint } : {});
}

function isErrorCode(code: string): code is ErrorCode {
	return Object.hasOwn(errorKinds, code);
}
