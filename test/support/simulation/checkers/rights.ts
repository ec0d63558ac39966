/**
 * [I13] Nobody does what their rights do not allow. What is accepted is in the ledger; here: who has no right to a
 * project any more learns nothing new of it, and who may not work for it does not begin to.
 */
import type { Checker, SeenMesh } from '../types.ts';
import { eventsOf, ledgerChecker } from './checker.ts';
import type { Ledger } from './ledger.ts';

export function rightsHold(ledger: Ledger): Checker {
	const barred = new Map<string, number>();
	const said = new Set<string>();
	const step = (mesh: SeenMesh): readonly string[] =>
		[...newToStrangers(mesh, ledger, barred), ...newWork(mesh, ledger)].filter((words) => {
			const isNew = !said.has(words);
			said.add(words);
			return isNew;
		});
	return ledgerChecker(ledger, [13, 'rights hold'], { step });
}

function newToStrangers(mesh: SeenMesh, { rights }: Ledger, barred: Map<string, number>): readonly string[] {
	return mesh.nodes.flatMap((node) =>
		[...node.replicas].flatMap(([project, { facts }]) => {
			const name = `${node.name} ${project}`;
			if (rights.mayRead(node.id, project)) {
				barred.delete(name);
				return [];
			}
			const before = barred.get(name) ?? facts.revision;
			barred.set(name, before);
			return facts.revision > before ? [`${node.name} may not have ${project} and learns of it all the same`] : [];
		}),
	);
}

function newWork(mesh: SeenMesh, { rights }: Ledger): readonly string[] {
	return eventsOf(mesh.fresh, 'agentStarted').flatMap(({ node, project, item }) => {
		const id = mesh.nodes.find(({ name }) => name === node)?.id;
		return id === undefined || rights.mayWork(id, project) ? [] : [`${node} works on ${item} and may not`];
	});
}
