/**
 * [I4] Nothing under another token than the item's, or by another than its holder, is accepted; a spent token is never
 * valid again. [I5] At most one grant of an item role; at most one live process tree for it on a node, whose end is
 * shown before anything is said of it. Most is in the ledger; here is what only events show.
 */
import type { Checker, SeenMesh } from '../types.ts';
import { eventsOf, ledgerChecker } from './checker.ts';
import { grantName, type Ledger } from './ledger.ts';

export function tokensHold(ledger: Ledger): Checker {
	const step = (mesh: SeenMesh): readonly string[] =>
		mesh.projects.flatMap((project) =>
			project.repository.chain.slice(0, 3).flatMap(({ commit, landing }) => {
				if (!landing || ledger.of(project.id).losses > 0) return [];
				const isGranted = ledger.of(project.id).granted.has(grantName(landing.item, landing.token));
				return isGranted
					? []
					: [`${commit} landed under ${landing.token.join('.')}, which was never given for ${landing.item}`];
			}),
		);
	return ledgerChecker(ledger, [4, 'tokens hold'], { step: once(step) });
}

export function oneAtWork(ledger: Ledger): Checker {
	const step = (mesh: SeenMesh): readonly string[] => [
		...mesh.nodes.flatMap(({ name, attempts }) => {
			const live = attempts.filter(({ isLive }) => isLive).map(({ project, item }) => `${project}/${item}`);
			const twice = new Set(live.filter((one, i) => live.indexOf(one) !== i));
			return [...twice].map(
				(item) => `${name} has ${live.filter((one) => one === item).length} live trees for ${item}`,
			);
		}),
		...eventsOf(mesh.fresh, 'reportSent').flatMap(({ node, project, item, token }) => {
			const { attempts = [] } = mesh.nodes.find(({ name }) => name === node) ?? {};
			const isLive = attempts.some(
				(one) => one.isLive && one.project === project && grantName(one.item, one.token) === grantName(item, token),
			);
			return isLive ? [`${node} says how ${grantName(item, token)} ended while its tree lives`] : [];
		}),
		...eventsOf(mesh.fresh, 'agentStarted').flatMap(({ node, project, item, token }) => {
			const isKnown = mesh.projects.some(({ id }) => id === project);
			if (!isKnown || ledger.of(project).losses > 0) return [];
			const isGranted = ledger.of(project).granted.has(grantName(item, token));
			return isGranted ? [] : [`${node} works on ${grantName(item, token)}, which is granted nowhere`];
		}),
	];
	return ledgerChecker(ledger, [5, 'one at work'], { step: once(step) });
}

/** What stays wrong is said once. */
function once(step: (mesh: SeenMesh) => readonly string[]): (mesh: SeenMesh) => readonly string[] {
	const said = new Set<string>();
	return (mesh) =>
		step(mesh).filter((words) => {
			const isNew = !said.has(words);
			said.add(words);
			return isNew;
		});
}
