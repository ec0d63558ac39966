/**
 * What an attempt has committed: brought among ours at a ref that can only be created, judged by the gates, or kept
 * unjudged where it was broken off. Invariant: a report names a commit only after it was kept [I7].
 */
import { isPathAllowed } from '../../shared/plan/index.ts';
import { type CommitId, GanglineError } from '../../shared/ports/index.ts';
import type { TreeVerdict, WorkReport } from '../../shared/protocol/work.ts';
import { scopeWords } from '../agents/index.ts';
import type { AttemptInput, AttemptParts } from './attempt.ts';
import type { AttemptReports } from './attempt-reports.ts';
import { attemptRef, mainOf, reasonOf, settingsFor } from './attempt-words.ts';
import type { WorkspaceGit } from './workspace-git.ts';
import type { Workspace } from './workspaces.ts';

/** The commit among ours, and what the gates say of it. */
export async function judgeCommit(
	parts: AttemptParts,
	input: AttemptInput,
	{ workspace, commit, reports }: { workspace: Workspace; commit: CommitId; reports: AttemptReports },
): Promise<WorkReport> {
	const { git, workspaces, gates } = parts;
	const { task, config, signal, runLog, onStep } = input;
	onStep('gates');
	try {
		await git.take({ clone: workspace.clone, commit, base: workspace.base, ref: attemptRef(task) });
	} catch (error) {
		if (!(error instanceof GanglineError) || (error.code !== 'REFUSED' && error.code !== 'TOO_LARGE')) throw error;
		return reports.failed(error.message, '', null);
	}
	reports.committed(await git.changedPaths(workspace.judged, commit));
	const base = (await git.mergeBase(mainOf(task), commit)) ?? workspace.base;
	if ((await git.treeOf(commit)) === (await git.treeOf(base))) {
		await workspaces.rememberJudged(workspace, commit);
		return reports.failed('its commits change nothing', '', commit);
	}
	const outside = await outOfScope(git, { base, commit, scope: settingsFor(task, config)?.paths });
	// Not remembered as judged: the next try has to take it back.
	if (outside !== null) return reports.failed(outside, '', commit);
	let verdict: TreeVerdict;
	try {
		verdict = await gates.verdict({ commit, config, signal, onLog: runLog.write, onStep });
	} catch (error) {
		if (signal.aborted) return reports.stopped(reasonOf(signal), commit);
		throw error;
	}
	await workspaces.rememberJudged(workspace, commit);
	if (verdict.passed) return reports.result(commit, base, verdict);
	const gate = verdict.gates.find(({ outcome }) => outcome !== 'passed');
	return gate ? reports.gateFailed(gate, commit) : reports.failed('the gates did not pass', '', commit);
}

/** Words for a change outside of what its agent may change; null where there is none. */
async function outOfScope(
	git: Pick<WorkspaceGit, 'changedPaths'>,
	{ base, commit, scope }: { base: CommitId; commit: CommitId; scope: readonly string[] | undefined },
): Promise<string | null> {
	if (scope === undefined) return null;
	const outside = (await git.changedPaths(base, commit)).filter((path) => !isPathAllowed(scope, path));
	return outside.length === 0 ? null : `its commits go beyond its paths. ${scopeWords(outside, scope)}`;
}

/** Commits that nobody has judged yet are kept before the report says where; null where there are none. Never throws. */
export async function keepCommits(
	{ git, log }: AttemptParts,
	{ task }: AttemptInput,
	workspace: Workspace,
): Promise<CommitId | null> {
	try {
		const { head, newCommits } = await git.state(workspace.clone, workspace.judged);
		if (head === null || newCommits === 0) return null;
		await git.take({ clone: workspace.clone, commit: head, base: workspace.base, ref: attemptRef(task) });
		return head;
	} catch (error) {
		// They stay in the clone, which is not removed without salvage.
		log.warn('attempt.commitsNotKept', { item: task.item.key, error: String(error) });
		return null;
	}
}
