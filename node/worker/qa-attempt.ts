/**
 * One attempt of a QA agent: it looks at the change in a clone of its own and gives a verdict in a form that is parsed,
 * never searched. Nothing of the coder's session is there: only the item, the change and what people said. A session
 * that was broken off is gone on with. A verdict that cannot be read is asked for once more; a session that changed anything has not judged.
 */
import { z } from 'zod';
import { parseJson } from '../../shared/log/index.ts';
import { type CommitId, parseCommitId } from '../../shared/ports/index.ts';
import type { Usage, WorkReport } from '../../shared/protocol/work.ts';
import type { AgentLogin, AgentSettings } from '../agents/index.ts';
import { afterCrash } from './after-crash.ts';
import type { AttemptEnd, AttemptInput, AttemptParts } from './attempt.ts';
import {
	addUsage,
	loginReason,
	noUsage,
	noWorkReason,
	reasonOf,
	unseenReason,
	withinAllowance,
} from './attempt-words.ts';
import { type LookEnd, look } from './look.ts';
import { judgePrompt } from './told.ts';

const line = z.string().trim().min(1).max(1_000);
/** What a QA agent writes. */
export const verdictSchema = z.object({
	verdict: z.enum(['pass', 'fail', 'person']),
	summary: line,
	findings: z
		.array(z.object({ what: line, where: z.string().max(500).optional() }))
		.max(50)
		.default([]),
});
export type Verdict = z.output<typeof verdictSchema>;

/** Sessions that may be begun for one verdict. */
const sessionsMax = 2;

export interface QaAttempt {
	readonly parts: AttemptParts;
	readonly input: AttemptInput;
	readonly settings: AgentSettings;
	readonly login: AgentLogin;
	readonly runId: string;
	readonly tmp: string;
}

export async function runQaAttempt(attempt: QaAttempt): Promise<AttemptEnd> {
	const { parts, input, settings, login, runId, tmp } = attempt;
	const { task, signal } = input;
	let usage = noUsage;
	let trouble: string | null = null;
	const survivors: number[] = [];
	const commit = await changeOf(attempt);
	if (commit === null) return { report: failed('the change that it is to judge is not here', usage), survivors };
	let runs = 0;
	for (let count = 0; count < sessionsMax; ) {
		runs += 1;
		const before: string | null = trouble;
		if (withinAllowance(settings, task, usage) === null) break;
		const end = await look(parts, {
			...{ ...input, commit, tmp },
			runId: `${runId}-${runs}`,
			...{ role: 'qa', before: count, spent: usage },
			agent: { name: task.agent, settings, login },
			withProduct: true,
			prompt: (place, news) => judgePrompt(task, input.config, { ...place, news, trouble: before }),
		});
		if (end.kind === 'looked') {
			usage = addUsage(usage, end.end.usage);
			if (end.end.tree.kind === 'survivors') survivors.push(...end.end.tree.pids);
		}
		if (end.kind === 'stopped' || signal.aborted) return { report: stopped(reasonOf(signal), usage), survivors };
		if (survivors.length > 0) return { report: notEnded(survivors, usage), survivors };
		if (end.kind === 'looked' && end.end.outcome.kind === 'crashed') {
			const gaveUp = await crashed(attempt, end.end.outcome.reason);
			if (gaveUp === null) continue;
			return { report: { kind: 'blocked', reason: gaveUp, commit: null, usage }, survivors };
		}
		if (end.kind === 'looked') await parts.workspaces.recoveries.forgetCrashes(task.item.key);
		const unseen = end.kind === 'looked' ? unseenReason(task, end.end) : null;
		if (unseen !== null) return { report: { kind: 'blocked', reason: unseen, commit: null, usage }, survivors };
		count = (end.kind === 'looked' ? end.before : count) + 1;
		const decided = decide(attempt, end, usage);
		if (typeof decided !== 'string') return { report: decided, survivors };
		trouble = decided;
	}
	return { report: failed(`QA gave no verdict: ${trouble ?? 'what it may cost is used up'}`, usage), survivors };
}

function crashed({ parts, input }: QaAttempt, reason: string): Promise<string | null> {
	const { task, signal, runLog } = input;
	const { recoveries } = parts.workspaces;
	return afterCrash({ recoveries, pause: parts.pause, key: task.item.key, reason, signal, runLog });
}

/** The report, or why there must be another session. */
function decide(
	{ parts, settings, login }: QaAttempt,
	end: Exclude<LookEnd, { kind: 'stopped' }>,
	usage: Usage,
): WorkReport | string {
	if (end.kind === 'notReady') return { kind: 'blocked', reason: end.why, commit: null, usage };
	const { outcome, lastText } = end.end;
	switch (outcome.kind) {
		case 'rateLimited':
			return { kind: 'rateLimited', until: outcome.until, usage };
		case 'stopped':
			return stopped(outcome.reason, usage);
		case 'crashed':
			return { kind: 'blocked', reason: `the QA agent could not begin: ${outcome.reason}`, commit: null, usage };
		case 'forced':
			if (outcome.cause !== 'login') break;
			return {
				kind: 'blocked',
				reason: loginReason(outcome.reason || lastText, parts.runtime(settings.runtime).login, login.account),
				commit: null,
				usage,
			};
		case 'overBudget':
		case 'inactive':
			return failed(`QA: ${noWorkReason(end.end)}`, usage);
		default:
	}
	if (end.changed !== null) return `${end.changed}, although it is only to look`;
	if (end.answer === null) return 'no verdict was written';
	const verdict = readVerdict(end.answer);
	return verdict === null ? 'its verdict has not the form that was asked for' : verdictReport(verdict, usage);
}

/** Null where it is none. */
export function readVerdict(text: string): Verdict | null {
	try {
		const parsed = verdictSchema.safeParse(parseJson(text));
		return parsed.success ? parsed.data : null;
	} catch {
		return null;
	}
}

function verdictReport({ verdict, summary, findings }: Verdict, usage: Usage): WorkReport {
	const detail = findings.map(({ what, where }) => `- ${where ? `${where}: ` : ''}${what}`).join('\n');
	return { kind: 'verdict', verdict, reason: summary, detail, usage };
}

async function changeOf({ parts, input }: QaAttempt): Promise<CommitId | null> {
	const { startFrom } = input.task;
	const commit = startFrom === null ? null : parseCommitId(startFrom);
	return commit !== null && (await parts.git.isKnown(commit)) ? commit : null;
}

/** No other session begins beside what lives of this one [I5]. */
function notEnded(pids: readonly number[], usage: Usage): WorkReport {
	const reason = `processes ${pids.join(', ')} of the QA agent could not be ended`;
	return { kind: 'blocked', reason, commit: null, usage };
}

function failed(reason: string, usage: Usage): WorkReport {
	return { kind: 'failed', reason, gate: null, gateKind: null, detail: '', commit: null, usage };
}

function stopped(reason: string, usage: Usage): WorkReport {
	return { kind: 'stopped', reason, commit: null, usage };
}
