/** What a worker says of attempts that end before they begin, that it stops, and that are over. Pure. */
import { GanglineError, ganglineError } from '../../shared/ports/index.ts';
import type { WorkReport } from '../../shared/protocol/work.ts';
import { noUsage } from './attempt-words.ts';

/** What can never be had ends the attempt; anything else is thrown on, and the home, which sees nothing run, asks again. */
export function notPrepared(error: unknown): WorkReport {
	if (!(error instanceof GanglineError) || !neverComes.has(error.code)) throw error;
	const reason = `what the task stands on could not be fetched: ${error.message}`;
	return { kind: 'failed', reason, gate: null, gateKind: null, detail: '', commit: null, usage: noUsage };
}

const neverComes: ReadonlySet<string> = new Set(['REFUSED', 'TOO_LARGE', 'MALFORMED', 'NOTHING_TO_SHOW', 'FORBIDDEN']);

/** Why an attempt ends that nobody waits for any more. */
export function stopped(reason: string): GanglineError {
	return ganglineError('STOPPING', reason);
}

/** One line for log and run log. */
export function reportWords(report: WorkReport): string {
	switch (report.kind) {
		case 'result':
			return `all gates passed on ${report.commit}`;
		case 'rateLimited':
			return 'the account is limited';
		default:
			return `${report.kind}: ${report.reason.split('\n')[0]}`;
	}
}
