/**
 * What a worker's report becomes: the intents that follow from it, by the facts, by git and by the review module. The
 * home writes them, because it alone can judge; they count as the holder's [I4]. Nothing is kept or settled here.
 */
import type { Item } from '../../shared/pipeline/index.ts';
import { type CommitId, GanglineError, type Git, parseCommitId } from '../../shared/ports/index.ts';
import type { ProjectConfig } from '../../shared/project/index.ts';
import type { Task, TreeVerdict, WorkReport } from '../../shared/protocol/work.ts';
import { ofRole } from './agent-for.ts';
import type { Draft } from './home.ts';
import { reasonForPerson } from './review.ts';

export interface ReportSurroundings {
	readonly git: Git;
	readonly config: () => Promise<ProjectConfig>;
	/** What main's gates said about main as the work began from it; null when they never ran there. */
	readonly verdictOnMain: (base: CommitId) => Promise<TreeVerdict | null>;
	/** Another reason than those of the review module why a person must look. */
	readonly judged: (base: CommitId, commit: CommitId, config: ProjectConfig) => Promise<string | null>;
}

export interface Reported {
	readonly item: Item;
	readonly task: Task;
	readonly report: WorkReport;
	/** The author that the grant named, null where it is the home's own worker's. */
	readonly holder: string | null;
}

/** The intents that a report comes to. One that only gives the item back has none: `givesBack` says why. */
export async function reportIntents(reported: Reported, around: ReportSurroundings): Promise<readonly Draft[]> {
	const { task, report } = reported;
	switch (report.kind) {
		case 'result':
			return resultIntents(reported, report, around);
		case 'failed':
			if (task.role === 'mergemaster') return [say(reported, 'agent', 'giveUpMerge')];
			return [
				say(reported, 'gates', 'attemptFailed', {
					reason: report.reason,
					detail: report.detail,
					...(report.gate === null ? {} : { gate: report.gate }),
					...(report.gateKind === null ? {} : { gateKind: report.gateKind }),
				}),
			];
		case 'verdict':
			return [verdictIntent(reported, report)];
		case 'blocked':
			return [say(reported, 'agent', 'block', { reason: report.reason })];
		default:
			return [];
	}
}

/** Why the holder lets the item go without a result; null where the report says more than that. */
export function givesBack(report: WorkReport): string | null {
	if (report.kind === 'rateLimited') {
		return `the agent's account is limited until ${new Date(report.until).toISOString()}`;
	}
	return report.kind === 'stopped' ? `the session was stopped: ${report.reason}` : null;
}

async function resultIntents(
	reported: Reported,
	report: Extract<WorkReport, { kind: 'result' }>,
	around: ReportSurroundings,
): Promise<readonly Draft[]> {
	const { item, task } = reported;
	const { git, verdictOnMain, judged } = around;
	const config = await around.config();
	const commit = parseCommitId(report.commit);
	const base = parseCommitId(report.base);
	const result = { commit, base };
	// What names a file says more than a count of tests that went down because of it.
	const asked =
		(await judged(base, commit, config)) ??
		reasonForPerson({
			changes: await git.changes(base, commit),
			main: await verdictOnMain(base),
			candidate: report.verdict,
			gates: config.gate.length,
		});
	const mode = item.review ?? config.review.mode;
	const reason = asked ?? (mode === 'server' ? null : 'a person approves each change of this project');
	if (task.role !== 'mergemaster') {
		if (mode === 'agent' && asked === null) return [submitted(reported, result, ofRole('qa', config))];
		return [
			reason === null
				? say(reported, 'gates', 'submit', result)
				: say(reported, 'gates', 'submitForReview', { ...result, reason }),
		];
	}
	const recorded = say(reported, 'gates', 'result', result);
	// A conflict that was resolved is judged by the gates; no row of the table leads back to QA. Where QA had asked for a
	// person, that person looks again.
	const passes = reason === null || (mode === 'agent' && asked === null && item.approval === null);
	if (passes || (await approvedAlready(git, item, result))) {
		return [recorded, say(reported, 'agent', 'retryMerge')];
	}
	const words = `the conflict was resolved and is another change than the approved one: gangline diff ${item.number}, then gangline approve ${item.number}`;
	return [recorded, say(reported, 'agent', 'block', { reason: words })];
}

/** To QA where an agent is configured for it, otherwise to a person. */
function submitted(
	reported: Reported,
	result: { readonly commit: CommitId; readonly base: CommitId },
	qa: string | null,
): Draft {
	if (qa !== null) return say(reported, 'gates', 'submitForQa', result);
	const reason = 'no agent of the role qa is configured that could check it';
	return say(reported, 'gates', 'submitForReview', { ...result, reason });
}

function verdictIntent(reported: Reported, report: Extract<WorkReport, { kind: 'verdict' }>): Draft {
	const { verdict, reason, detail } = report;
	switch (verdict) {
		case 'pass':
			return say(reported, 'agent', 'qaPassed', { reason });
		case 'fail':
			return say(reported, 'agent', 'qaFailed', { reason: `QA: ${reason}`, detail });
		case 'person':
			return say(reported, 'agent', 'submitForReview', { reason: `QA asks for a person: ${reason}` });
	}
}

/** Whether a person has approved exactly this change, though on another main. */
async function approvedAlready(
	git: Git,
	item: Item,
	{ base, commit }: { readonly base: CommitId; readonly commit: CommitId },
): Promise<boolean> {
	if (item.approval === null) return false;
	const { mergeBase, branch } = item.approval;
	const now = await git.patchId(base, commit);
	try {
		return now === (await git.patchId(parseCommitId(mergeBase), parseCommitId(branch)));
	} catch (error) {
		// A home that was lost had it, and this one does not: nobody can say that it is the same.
		if (!(error instanceof GanglineError)) throw error;
		return false;
	}
}

function say({ task, holder }: Reported, by: Draft['by'], event: string, args: Draft['args'] = {}): Draft {
	const draft = { by, who: task.agent, item: task.item.key, event, args, token: task.token };
	return holder === null ? draft : { ...draft, onBehalfOf: holder };
}
