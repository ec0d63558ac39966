/** Switches in how main moves, and a project from one home to another. */
import type { Switch } from './switch.ts';

const queue = 'node/home/landing-queue.ts';
const take = 'node/rehome/take.ts';

export const moveSwitches: readonly Switch[] = [
	{
		name: 'recorded-before-moved',
		breaks: 'git decides first: a landing is a fact when main has it',
		edits: [
			{
				file: queue,
				find: 'const result = await moveToLanding(candidate, inner.facts.items[item.key], {',
				replace:
					"const now = inner.facts.items[item.key];\n\t\t\tif (now?.stage.kind === 'merge') await inner.submit('home', [landedDraft(item, candidate)]);\n\t\t\tconst result = await moveToLanding(candidate, now, {",
			},
		],
	},
	{
		name: 'unknown-counts-as-landed',
		breaks: 'where it is not known whether main moved, main is read',
		edits: [
			{
				file: queue,
				find: "return this.#options.main.landing(item.key) ? { kind: 'landed' as const } : { kind: 'overtaken' as const };",
				replace: "return { kind: 'landed' as const };",
			},
		],
	},
	{
		name: 'found-unrecorded',
		breaks: 'what main has landed becomes a fact',
		edits: [
			{
				file: queue,
				find: "if (drafts.length > 0) await inner.submit('home', drafts);",
				replace: "if (drafts.length > 1_000) await inner.submit('home', drafts);",
			},
		],
	},
	{
		name: 'conflict-overwritten',
		breaks: 'what conflicts with main does not land',
		edits: [
			{
				file: 'node/home/landing.ts',
				find: 'const merged = await git.merge({ ours: tip, theirs: result });',
				replace:
					"const tried = await git.merge({ ours: tip, theirs: result });\n\tconst merged = tried.kind === 'conflict' ? { ...tried, kind: 'merged', tree: await git.treeOf(result) } : tried;",
			},
		],
	},
	{
		name: 'judged-by-itself',
		breaks: 'a change is judged by the settings of main, not by its own',
		edits: [
			{
				file: queue,
				find: 'const config = await configAt(candidate.tip);',
				replace: 'const config = await configAt(candidate.commit);',
			},
		],
	},
	{
		name: 'judge-changed-unseen',
		breaks: 'a change of what judges changes waits for a person',
		edits: [{ file: 'node/home/review.ts', find: '\tif (own) return', replace: '\tif (own && gates < 0) return' }],
	},
	{
		name: 'moved-before-all-is-there',
		breaks: 'a new home begins with all that the old one had published',
		edits: [
			{
				file: take,
				find: 'await arrived(replica, sealed, parts);',
				replace: 'if (sealed.revision < 0) await arrived(replica, sealed, parts);',
			},
			// Fetching the commits takes so long that the facts have come meanwhile.
			{
				file: take,
				find: 'const path = checkouts.of(known.id);',
				replace: 'const path = checkouts.of(known.id);\n\tconst early = replica.facts;',
			},
			{ file: take, find: 'const { facts } = replica;', replace: 'const facts = early;' },
		],
	},
	{
		name: 'moved-without-commits',
		breaks: 'main and what was kept move with the home',
		edits: [
			{
				file: take,
				find: 'await bringCommits(parts, taking, sealed);',
				replace: 'if (sealed.refs.length < 0) await bringCommits(parts, taking, sealed);',
			},
		],
	},
	{
		name: 'never-ceded',
		breaks: 'a node that hears of another home is none any more',
		edits: [
			{
				file: 'node/node-mesh.ts',
				find: 'if (known !== undefined && known.home !== mesh.self) await cedeProject(parts, projects, project);',
				replace:
					'if (known !== undefined && known.home !== mesh.self && known.name.length === 0) await cedeProject(parts, projects, project);',
			},
		],
	},
	{
		name: 'lost-facts-not-fetched',
		breaks: 'a home whose store has lost facts asks those who have them',
		edits: [
			{
				file: 'node/fetch-lost-facts.ts',
				find: 'if (store.damaged.length === 0) return;',
				replace: 'if (store.damaged.length >= 0) return;',
			},
		],
	},
];
