/**
 * [I7] Work that an agent committed is reachable from some ref until a person deletes its item: at the home, at a home
 * before it, or (while nobody has fetched it) where it was made. A ref that kept something is not taken away.
 */
import type { CommitId } from '../../../../shared/ports/index.ts';
import type { Checker, SeenMesh, SeenNode, SeenProject, SeenRepository } from '../types.ts';
import { checker, eventsOf, hasLost } from './checker.ts';
import type { Ledger } from './ledger.ts';

export function workKept(ledger: Ledger): Checker {
	const kept = new Map<string, ReadonlyMap<string, CommitId>>();
	/** Commits that grew on what main was not when their home was told of them. */
	const strange = new Set<CommitId>();
	const step = (mesh: SeenMesh): readonly string[] => {
		ledger.read(mesh);
		for (const commit of settledStrange(mesh, ledger)) strange.add(commit);
		const dropped = mesh.projects.flatMap((project) => settledUnkept(mesh, project, ledger));
		const moved = mesh.projects.flatMap((project) => {
			const { node, refs } = project.repository;
			const name = `${node} ${project.id}`;
			const before = kept.get(name);
			if (before === refs) return [];
			kept.set(name, refs);
			if (!before || hasLost(mesh.events, node)) return [];
			const { deleted } = ledger.of(project.id);
			return [...before].flatMap(([ref, commit]) => {
				const key = ref.split('/')[3] ?? '';
				if (refs.get(ref) === commit || deleted.has(key)) return [];
				return [`the ref ${ref} at ${node}, which kept ${commit}, ${refs.has(ref) ? 'names another' : 'is gone'}`];
			});
		});
		return [...dropped, ...moved];
	};
	const end = (mesh: SeenMesh): readonly string[] => {
		ledger.read(mesh);
		return mesh.projects.flatMap((project) =>
			mesh.nodes.flatMap((node) => unreachable(mesh, { project, node, ledger, strange })),
		);
	};
	return checker(7, 'work is kept', { step, end });
}

/** Who is told that a report is settled may throw its clone away: what it brought is on a ref by then. */
function settledUnkept(mesh: SeenMesh, project: SeenProject, ledger: Ledger): readonly string[] {
	const settled = eventsOf(mesh.fresh, 'reportSettled').filter((event) => event.project === project.id);
	if (settled.length === 0) return [];
	const kept = [project.repository, ...project.former].flatMap(({ refs }) => [...refs.values()]);
	const { deleted } = ledger.of(project.id);
	return settled.flatMap(({ node, item, token }) => {
		const made = mesh.nodes
			.find(({ name }) => name === node)
			?.made.find((one) => one.item === item && one.token.join('.') === token.join('.') && one.project === project.id);
		const isSaid = eventsOf(mesh.events, 'reportSent').some(
			(event) => event.node === node && event.item === item && event.commit === made?.commit,
		);
		if (!made || !isSaid || deleted.has(item) || !ledger.of(project.id).isOnMain(made.base)) return [];
		if (kept.includes(made.commit) || hasLost(mesh.events, node)) return [];
		return [`${node} was told that ${item}/${token.join('.')} is settled, and ${made.commit} is on no ref`];
	});
}

/** What stands on a commit that is not main's is refused; another home may have that commit on its main. */
function settledStrange({ fresh, nodes }: SeenMesh, ledger: Ledger): readonly CommitId[] {
	return eventsOf(fresh, 'reportSettled').flatMap(({ node, project, item, token }) => {
		const made = nodes.find(({ name }) => name === node)?.made ?? [];
		const brought = made.filter(
			(one) => one.project === project && one.item === item && one.token.join('.') === token.join('.'),
		);
		return brought.flatMap(({ base, commit }) => (ledger.of(project).isOnMain(base) ? [] : [commit]));
	});
}

interface Kept {
	readonly project: SeenProject;
	readonly node: SeenNode;
	readonly ledger: Ledger;
	readonly strange: ReadonlySet<CommitId>;
}

function unreachable(mesh: SeenMesh, { project, node, ledger, strange }: Kept): readonly string[] {
	const isThere = node.isUp && mesh.registry.nodes[node.id]?.status !== 'revoked';
	if (!isThere || hasLost(mesh.events, node.name)) return [];
	const { deleted } = ledger.of(project.id);
	const open = new Set(node.reporting.map(({ item }) => item));
	const busy = new Set(node.attempts.map(({ item }) => item));
	const reached = [project.repository, ...project.former].map(reachable);
	const told = new Set(eventsOf(mesh.events, 'agentEnded').map(({ item, token }) => `${item}/${token.join('.')}`));
	return node.made.flatMap(({ project: of, item, token, commit, base }) => {
		// What stands on a commit that is not main's is refused, and stays where it was made.
		if (strange.has(commit) || !ledger.of(project.id).isOnMain(base)) return [];
		if (of !== project.id || deleted.has(item) || open.has(item) || busy.has(item)) return [];
		if (!told.has(`${item}/${token.join('.')}`) || reached.some((commits) => commits.has(commit))) return [];
		return [`${commit}, made at ${node.name} for ${item}/${token.join('.')}, is reachable from no ref`];
	});
}

function reachable({ objects, refs, main }: SeenRepository): ReadonlySet<CommitId> {
	const all = new Set<CommitId>();
	for (const tip of [...refs.values(), ...(main === null ? [] : [main])]) {
		if (!all.has(tip)) for (const commit of objects.ancestry(tip)) all.add(commit);
	}
	return all;
}
