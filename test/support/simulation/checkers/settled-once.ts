/**
 * [I14] Every intent is applied or refused exactly once, visibly: what a person was told agrees with the history, and
 * when all is calm each wish is settled and each refusal is shown where it was said.
 */
import type { HistoryEntry, IntentId } from '../../../../shared/pipeline/index.ts';
import type { Checker, SeenMesh, SeenProject } from '../types.ts';
import { eventsOf, hasLost, ledgerChecker } from './checker.ts';
import type { Ledger } from './ledger.ts';
import { orderHolds } from './order.ts';

export function settledOnce(ledger: Ledger): Checker {
	const order = orderHolds();
	const step = (mesh: SeenMesh): readonly string[] => [
		...order(mesh),
		...mesh.projects.flatMap((project) => notWaiting(mesh, project)),
		...mesh.projects.flatMap((project) => {
			const wishes = eventsOf(mesh.fresh, 'wish').filter(
				(wish) => wish.project === project.id && wish.as !== 'tentative',
			);
			if (wishes.length === 0) return [];
			const outcomes = outcomesOf(project);
			return wishes.flatMap(({ id, as, node }) => {
				const outcome = outcomes.get(id);
				if (outcome === undefined || (outcome === 'applied') === (as === 'applied')) return [];
				return [`${node} was told that ${id} is ${as}, the home says ${outcome}`];
			});
		}),
	];
	const end = async (mesh: SeenMesh): Promise<readonly string[]> => {
		const kept = await Promise.all(mesh.projects.map((project) => keptTwice(mesh, project)));
		return [...mesh.projects.flatMap((project) => openWishes(mesh, project)), ...kept.flat()];
	};
	return ledgerChecker(ledger, [14, 'settled once'], { step, end });
}

/** What a home has still to answer is shown as waiting where it was said. */
function notWaiting({ nodes, events }: SeenMesh, { id, name }: SeenProject): readonly string[] {
	return nodes.flatMap(({ name: where, id: node, replicas }) => {
		const replica = replicas.get(id);
		if (!replica || hasLost(events, where)) return [];
		const open = new Set(replica.unsettled);
		const { acceptedUpTo } = replica.facts;
		return replica.pending.flatMap(({ author, n, event }) => {
			const isOwn = author.startsWith(`${node}.`) && author.endsWith('.edge') && Object.hasOwn(acceptedUpTo, author);
			if (!isOwn || event === 'void' || open.has(`${author}#${n}`)) return [];
			return [`${author}#${n} (${event}) waits for the home of ${name}, and ${where} does not show it as waiting`];
		});
	});
}

function openWishes(mesh: SeenMesh, project: SeenProject): readonly string[] {
	const outcomes = outcomesOf(project);
	const told = new Set(eventsOf(mesh.events, 'refusalTold').map(({ node, id }) => `${node} ${id}`));
	return eventsOf(mesh.events, 'wish').flatMap(({ project: of, id, node, as, at, event, item }) => {
		if (of !== project.id || hasLost(mesh.events, node, at)) return [];
		const seen = mesh.nodes.find(({ name }) => name === node);
		if (!seen?.isUp || mesh.registry.nodes[seen.id]?.status === 'revoked') return [];
		const outcome = outcomes.get(id);
		const named = `${id} (${event} of ${item}, said at ${node})`;
		if (outcome === undefined) return isForgotten(mesh, project) ? [] : [`${named} was never settled`];
		const isShown = told.has(`${node} ${id}`) || seen.replicas.get(project.id)?.refusals.includes(id);
		// Who waited for the answer at the time has it already; a home answers its own people at once.
		if (outcome === 'applied' || as === 'refused' || isShown || project.homeName === node) return [];
		return [`${named} was refused, and nobody there was told`];
	});
}

/** What people read of the past at a home: what was applied there raised the revision, once each. */
async function keptTwice(mesh: SeenMesh, project: SeenProject): Promise<readonly string[]> {
	if (!project.home || isForgotten(mesh, project)) return [];
	const applied = (await project.home.history()).filter(({ outcome }) => outcome === 'applied');
	return [...lacking(mesh, project, new Set(applied.map(({ revision }) => revision ?? 0)))].concat(
		applied.flatMap(({ revision, event, item }, at) => {
			const before = applied[at - 1];
			if (!before || (revision ?? 0) > (before.revision ?? 0)) return [];
			const named = `${event} of ${item} (revision ${revision})`;
			return [`the history at ${project.homeName} has ${named} after the revision ${before.revision}`];
		}),
	);
}

/** Each home keeps what it accepted itself. */
function lacking({ events }: SeenMesh, { id, homeName }: SeenProject, kept: ReadonlySet<number>): readonly string[] {
	const own = eventsOf(events, 'published').filter(({ project, node }) => project === id && node === homeName);
	return own.flatMap(({ history }) =>
		history.flatMap(({ event, item, outcome, revision }) =>
			outcome !== 'applied' || kept.has(revision)
				? []
				: [`the history at ${homeName} lacks ${event} of ${item} (revision ${revision})`],
		),
	);
}

/** A home that was put back, or is lost for good, knows less than it said. */
function isForgotten({ events }: SeenMesh, { id, homeName, former }: SeenProject): boolean {
	const homes = [homeName, ...former.map(({ node }) => node)];
	const isMoved = eventsOf(events, 'homeMoved').some(({ project, how }) => project === id && how === 'lost');
	return isMoved || homes.some((home) => hasLost(events, home));
}

function outcomesOf({ history }: SeenProject): ReadonlyMap<IntentId, HistoryEntry['outcome']> {
	return new Map(history.map(({ id, outcome }) => [id, outcome]));
}
