/**
 * [I3] and [I9], read from raw commits. An item lands at most once on the main of the current lineage. Main moves only
 * by landings and by people and only forward; each landing has exactly the tree that its gates passed, on the main that
 * it was judged on, and changes no path that its own result did not change, so it undoes nothing that landed before.
 */
import type { CommitId } from '../../../../shared/ports/index.ts';
import type { SimObjects } from '../../../../shared/ports/sim/index.ts';
import { mergeFiles } from '../../../../shared/ports/sim/sim-git-merge.ts';
import type { Checker, SeenMesh, SeenProject, SimEvent } from '../types.ts';
import { firstParents, parentOf, pathsChanged, rawLanding, sameChange } from './changes.ts';
import { eventsOf, hasLost, ledgerChecker } from './checker.ts';
import type { Ledger } from './ledger.ts';

/** [I3]. */
export function landsOnce(ledger: Ledger): Checker {
	const said = new Set<string>();
	const tips = new Map<string, CommitId | null>();
	const step = (mesh: SeenMesh): readonly string[] =>
		mesh.projects.flatMap((project) => {
			const { main, objects } = project.repository;
			const forged = forgedIn(mesh);
			const found = [...doneElsewhere(project, said), ...madeUp(project, said, forged)];
			if (tips.get(project.id) === main) return found;
			tips.set(project.id, main);
			for (const [item, commits] of landingsOn(objects, main, forged)) {
				const [last] = commits;
				if (commits.length > 1 && !said.has(`${last}`)) {
					said.add(`${last}`);
					found.push(`${item} landed ${commits.length} times on ${project.name}: ${commits.join(', ')}`);
				}
			}
			return found;
		});
	const end = (mesh: SeenMesh): readonly string[] =>
		mesh.projects.flatMap((project) => unknownLandings(project, forgedIn(mesh)));
	return ledgerChecker(ledger, [3, 'an item lands once'], { step, end });
}

/** Commits of people that say of themselves that they are landings. */
function forgedIn({ events }: SeenMesh): ReadonlySet<string> {
	return new Set(eventsOf(events, 'pushed').flatMap(({ commit, forges }) => (forges === null ? [] : [commit])));
}

/** What a person wrote into a commit is no landing. */
function madeUp({ home, name }: SeenProject, said: Set<string>, forged: ReadonlySet<string>): string[] {
	return Object.values(home?.facts.items ?? {}).flatMap(({ key, stage }) => {
		const commit = stage.kind === 'done' ? stage.commit : undefined;
		if (!commit || !forged.has(commit) || said.has(`forged ${commit}`)) return [];
		said.add(`forged ${commit}`);
		return [`${key} of ${name} counts as landed in ${commit}, which a person pushed`];
	});
}

/** What counts as done is on main. */
function doneElsewhere({ home, repository, name }: SeenProject, said: Set<string>): string[] {
	if (!home) return [];
	return Object.values(home.facts.items).flatMap(({ key, stage }) => {
		if (stage.kind !== 'done' || !stage.commit || said.has(`${key} ${stage.commit}`)) return [];
		said.add(`${key} ${stage.commit}`);
		const { objects, main } = repository;
		const isThere = main !== null && objects.ancestry(main).has(stage.commit as CommitId);
		return isThere ? [] : [`${key} of ${name} counts as landed in ${stage.commit}, which main does not have`];
	});
}

/** When nothing is open any more, what main has is known. */
function unknownLandings({ home, repository, name }: SeenProject, forged: ReadonlySet<string>): readonly string[] {
	if (!home) return [];
	return [...landingsOn(repository.objects, repository.main, forged).keys()].flatMap((key) => {
		const item = home.facts.items[key];
		const isOver = !item || item.stage.kind === 'done' || item.stage.kind === 'archived';
		return isOver ? [] : [`${key} of ${name} is on main and in ${item.stage.kind}`];
	});
}

function landingsOn(
	objects: SimObjects,
	main: CommitId | null,
	forged: ReadonlySet<string>,
): ReadonlyMap<string, readonly CommitId[]> {
	const found = new Map<string, CommitId[]>();
	for (const commit of firstParents(objects, main)) {
		const item = forged.has(commit) ? undefined : rawLanding(objects, commit)?.item;
		if (item) found.set(item, [...(found.get(item) ?? []), commit]);
	}
	return found;
}

/** [I9]. */
export function mainMoves(ledger: Ledger): Checker {
	const tips = new Map<string, { readonly node: string; readonly main: CommitId | null; readonly at: number }>();
	const step = (mesh: SeenMesh): readonly string[] => [
		...eventsOf(mesh.fresh, 'mainMoved').flatMap((event) => judgeMove(event, mesh, ledger)),
		...mesh.projects.flatMap((project) => {
			const { node, main, objects } = project.repository;
			const before = tips.get(project.id);
			tips.set(project.id, { node, main, at: mesh.nowMs });
			if (!before || before.main === main || before.main === null) return [];
			if (before.node !== node || hasLost(mesh.events, node, before.at)) return [];
			if (main === null) return [`main of ${project.name} is gone`];
			const isForward = objects.ancestry(main).has(before.main);
			const moves = eventsOf(mesh.events, 'mainMoved').filter((event) => event.project === project.id);
			// At a home that has not opened the project yet a push is told by who made it alone.
			const pushes = eventsOf(mesh.events, 'pushed').filter((event) => event.project === project.id);
			const isKnown = moves.some(({ to }) => to === main) || pushes.some(({ commit }) => commit === main);
			return [
				...(isForward ? [] : [`main of ${project.name} went from ${before.main} to ${main}, which does not follow it`]),
				...(isKnown ? [] : [`nobody moved main of ${project.name} to ${main}`]),
			];
		}),
	];
	return ledgerChecker(ledger, [9, 'main moves by landings and people'], { step });
}

type Move = Extract<SimEvent, { readonly kind: 'mainMoved' }>;

function judgeMove(move: Move, mesh: SeenMesh, ledger: Ledger): readonly string[] {
	const project = mesh.projects.find(({ id }) => id === move.project);
	if (!project || move.by !== 'landing') return [];
	const { objects } = project.repository;
	if (!objects.has(move.to)) return [];
	if (forgedIn(mesh).has(move.to))
		return [`main of ${project.name} moved to ${move.to}, which counts as a landing and is a person's`];
	const landing = rawLanding(objects, move.to);
	if (!landing) return [`main of ${project.name} moved to ${move.to}, which is no landing`];
	const found = (words: string): string => `the landing ${move.to} of ${landing.item}: ${words}`;
	const tree = objects.parsed(move.to).tree;
	const said: string[] = [];
	if (landing.tree !== tree) said.push(found(`it names the tree ${landing.tree} and has ${tree}`));
	const gated = eventsOf(mesh.events, 'gated').filter((event) => event.project === move.project && event.tree === tree);
	if (gated.at(-1)?.passed !== true)
		said.push(found(gated.length > 0 ? 'its gates failed' : 'no gate ran on its tree'));
	if (parentOf(objects, move.to) !== move.from) said.push(found(`it was built on another main than ${move.from}`));
	return [...said, ...judgeResult({ move, landing, project, ledger, found })];
}

/** Against the result that was accepted for it. */
function judgeResult(of: {
	readonly move: Move;
	readonly landing: { readonly item: string; readonly token: string };
	readonly project: SeenProject;
	readonly ledger: Ledger;
	readonly found: (words: string) => string;
}): readonly string[] {
	const { move, landing, project, ledger, found } = of;
	const { objects } = project.repository;
	const result = resultUnder(project, landing);
	const parent = parentOf(objects, move.to);
	if (!result || parent === null || !objects.has(result.commit) || !objects.has(result.base)) return [];
	const said = judgeMerge(objects, { landed: move.to, parent, result: result.commit as CommitId }).map(found);
	const item = ledger.of(project.id).items.get(landing.item);
	const mode = item?.review ?? project.config.review.mode;
	if (!item || !['merge', 'done'].includes(item.stage.kind) || mode === 'server') return said;
	if (mode === 'human' && item.approval === null) said.push(found('nobody approved it'));
	if (mode === 'agent' && !wasJudged(project, landing.item))
		said.push(found('QA did not pass it and nobody approved it'));
	if (
		item.approval &&
		!(mode === 'agent' && wasLetGoOn(project, landing.item)) &&
		sameChange(objects, { base: item.approval.mergeBase, commit: item.approval.branch }, result) === false
	) {
		said.push(found('another change was approved'));
	}
	return said;
}

/** Whether a person let it go on unseen, and nobody has judged it since: its conflicts are then for the gates alone. */
function wasLetGoOn({ history, intents }: SeenProject, key: string): boolean {
	const told: readonly string[] = ['unblock', 'approve', 'submit', 'submitForQa', 'submitForReview'];
	const last = history.findLast(
		({ item, event, outcome }) => item === key && outcome === 'applied' && told.includes(event),
	);
	return last?.event === 'unblock' && typeof intents.get(last.id)?.args?.branch !== 'string';
}

/** Whether somebody has passed what was submitted last. */
function wasJudged({ history, intents }: SeenProject, key: string): boolean {
	for (const { id, item, event, outcome } of history.toReversed()) {
		if (item !== key || outcome !== 'applied') continue;
		if (event === 'qaPassed' || event === 'approve') return true;
		if (event === 'unblock' && typeof intents.get(id)?.args?.branch === 'string') return true;
		if (event === 'submitForQa' || event === 'submit' || event === 'qaFailed' || event === 'submitForReview')
			return false;
	}
	return false;
}

/** The merge, done again. */
function judgeMerge(
	objects: SimObjects,
	{ landed, parent, result }: { readonly landed: CommitId; readonly parent: CommitId; readonly result: CommitId },
): readonly string[] {
	const [base, another] = objects.mergeBases(parent, result);
	if (base === undefined) return ['its result has nothing in common with main'];
	const own = pathsChanged(objects, { base, commit: result });
	const strange = [...pathsChanged(objects, { base: parent, commit: landed })].filter((path) => !own.has(path));
	if (strange.length > 0) return [`it changes ${strange.join(', ')}, which its result does not`];
	if (another !== undefined) return [];
	const { conflicts, files } = mergeFiles(objects.files(base), objects.files(parent), objects.files(result));
	if (conflicts.length > 0) return [`it conflicts with main in ${conflicts.join(', ')}`];
	return objects.putTree(files) === objects.parsed(landed).tree ? [] : ['it is not what merging its result makes'];
}

/** What was accepted last for the item under the token that the landing names. */
function resultUnder(
	{ intents, history }: SeenProject,
	{ item, token }: { readonly item: string; readonly token: string },
): { readonly base: string; readonly commit: string } | undefined {
	for (const entry of history.toReversed()) {
		if (entry.item !== item || entry.outcome !== 'applied') continue;
		const intent = intents.get(entry.id);
		const { commit, base } = intent?.args ?? {};
		const brings = intent?.by === 'gates' && typeof commit === 'string' && typeof base === 'string';
		if (brings && intent.token?.join('.') === token) return { commit, base };
	}
	return undefined;
}
