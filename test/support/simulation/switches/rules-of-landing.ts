/** Switches in what becomes of work: results, landing, what is kept. */
import type { Switch } from './switch.ts';

const landing = 'node/home/landing.ts';
const queue = 'node/home/landing-queue.ts';
const reader = 'node/home/main-reader.ts';
const work = 'node/home/work-loop.ts';

export const landingSwitches: readonly Switch[] = [
	{
		name: 'trailers-unread',
		breaks: 'nothing lands that main says has landed',
		edits: [
			{
				file: reader,
				find: 'for (const { commit, landing } of commits) if (landing) fresh.push({ commit, landing });',
				replace: 'for (const { commit, landing } of commits) if (landing && commit === from) fresh.length = 0;',
			},
		],
	},
	{
		name: 'trailer-signature-unread',
		breaks: 'a landing is what its home has signed, whatever a commit says of itself',
		edits: [
			{
				file: 'shared/git/landing-commit.ts',
				find: 'if (!(await signer.verify(signed, signatureBytes))) return null;',
				replace: 'await signer.verify(signed, signatureBytes);',
			},
		],
	},
	{
		name: 'refused-by-qa-lands',
		breaks: 'what QA refuses goes back to coding',
		edits: [
			{
				file: 'node/home/report-intents.ts',
				find: "return say(reported, 'agent', 'qaFailed', {",
				replace: "return say(reported, 'agent', 'qaPassed', {",
			},
		],
	},
	{
		name: 'qa-passed-over',
		breaks: 'where an agent looks at each change, nothing lands without',
		edits: [
			{
				file: 'node/home/report-intents.ts',
				find: "if (mode === 'agent' && asked === null) return [submitted(reported, result, ofRole('qa', config))];",
				replace: "if (mode === 'agent' && asked === null) return [say(reported, 'gates', 'submit', result)];",
			},
		],
	},
	{
		name: 'folded-before-main',
		breaks: 'after a crash main is read before anything is folded',
		edits: [
			{
				file: 'node/home/project.ts',
				find: 'await queue.recover();\n\t\tawait home.settlePending();',
				replace: 'await home.settlePending();\n\t\tawait home.idle();',
			},
			{
				file: queue,
				find: 'if (queue.length === 0) return this.#recoverMoved();',
				replace: 'if (queue.length === 0) return;',
			},
			{ file: queue, find: 'if (this.#mayOweCheck) await this.#checkOwed();', replace: '' },
		],
	},
	{
		name: 'moved-blindly',
		breaks: 'main moves only from where the candidate was built on it',
		edits: [
			{ file: landing, find: "if ((await git.main()) !== candidate.tip) return { kind: 'overtaken' };", replace: '' },
			{
				file: landing,
				find: 'const moved = await git.moveMain(candidate.commit, candidate.tip);',
				replace: 'const moved = await git.moveMain(candidate.commit, await git.main());',
			},
		],
	},
	{
		name: 'gates-unheeded',
		breaks: 'each landing passed all gates on exactly its tree',
		edits: [
			{
				file: queue,
				find: 'if (!verdict.passed) {',
				replace: 'if (!verdict.passed && candidate.changes.length === 0) {',
			},
		],
	},
	{
		name: 'branch-gated-not-merge',
		breaks: 'the tree that the gates judged is the tree that lands',
		edits: [
			{
				file: queue,
				find: 'this.#judge(item, candidate, config);',
				replace:
					'await this.#judge(item, { ...candidate, commit: candidate.result, tree: await git.treeOf(candidate.result) }, config);',
			},
		],
	},
	{
		name: 'merged-on-nothing',
		breaks: 'a landing undoes nothing that landed before',
		edits: [
			{
				file: landing,
				find: 'const merged = await git.merge({ ours: tip, theirs: result });',
				replace: 'const merged = await git.merge({ ours: tip, theirs: result, base: tip });',
			},
		],
	},
	{
		name: 'landed-though-changed',
		breaks: 'what lands is still meant when main moves',
		edits: [
			{
				file: landing,
				find: "if (!stillMeant(candidate, item)) return { kind: 'overtaken' };",
				replace: "if (!stillMeant(candidate, item) && item === undefined) return { kind: 'overtaken' };",
			},
		],
	},
	{
		name: 'unapproved-lands',
		breaks: 'where a person approves each change, nothing lands without',
		edits: [
			{
				file: 'node/home/report-intents.ts',
				find: "const reason = asked ?? (mode === 'server' ? null : 'a person approves each change of this project');",
				replace: 'const reason = mode === null ? asked : null;',
			},
			{
				file: queue,
				find: "return (item.review ?? config.review.mode) === 'server' || item.approval !== null;",
				replace: 'return item.review !== null || config !== null;',
			},
		],
	},
	{
		name: 'base-unchecked',
		breaks: 'a change grew on main, and not on what nobody has judged',
		edits: [
			{
				file: work,
				find: "if (report.kind === 'result') await requireOnMain(git, base);",
				replace: 'if (base.length === 0) await requireOnMain(git, base);',
			},
		],
	},
	{
		name: 'salvage-dropped',
		breaks: 'what a worker brings under a grant that is over is kept',
		edits: [
			{
				file: work,
				find: 'if (holder === null && !this.#wasGranted(from, said)) {',
				replace: 'if (holder === null && (!isLast || !this.#wasGranted(from, said))) {',
			},
		],
	},
	{
		name: 'stopped-work-dropped',
		breaks: 'commits of an attempt that was stopped or failed are kept too',
		edits: [
			{
				file: work,
				find: "if (!('commit' in report) || report.commit === null) return report;",
				replace: "if (report.kind !== 'result') return report;",
			},
		],
	},
	{
		name: 'acknowledged-too-early',
		breaks: 'a report is acknowledged when its intents were settled, not before',
		edits: [
			{
				file: work,
				find: 'if (item) await this.#settleItem(item, { from, task, report, isCurrent });',
				replace:
					'await pool.link(from).acknowledge(task);\n\t\tif (item) await this.#settleItem(item, { from, task, report, isCurrent });',
			},
		],
	},
	{
		name: 'ref-dropped-after-landing',
		breaks: 'the ref of an attempt stays',
		edits: [
			{
				file: queue,
				find: 'await afterLanding(item, candidate.commit);',
				replace:
					'for (const kept of await this.#options.git.refs("refs/gangline/attempts/" + item.key)) await this.#options.git.drop(kept.ref, kept.commit);\n\t\tawait afterLanding(item, candidate.commit);',
			},
		],
	},
	{
		name: 'red-loop',
		breaks: 'every loop has a cap',
		edits: [
			{
				file: 'node/home/plan-work.ts',
				find: 'const cap = capReached(item.tries);',
				replace: 'const cap = capReached({ ...item.tries, reworks: 0, totalAttempts: 0, mergeFailures: null });',
			},
			{
				file: 'shared/pipeline/tries.ts',
				find: 'return counted.totalAttempts >= tries.totalAttempts.cap;',
				replace: 'return counted.totalAttempts < 0;',
			},
		],
	},
];
