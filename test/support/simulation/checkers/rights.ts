/**
 * [I13] Nobody does what their rights do not allow. What is accepted is in the ledger; here: who has no right to a
 * project any more learns nothing new of it, who may not work for it does not begin to, what was forged is taken by nobody.
 */
import type { Checker, SeenMesh, SimEvent } from '../types.ts';
import { eventsOf, ledgerChecker } from './checker.ts';
import type { Ledger } from './ledger.ts';
import { BarredLines } from './texts.ts';

export function rightsHold(ledger: Ledger): Checker {
	const barred = new Map<string, number>();
	const said = new Set<string>();
	const lines = new BarredLines();
	const forged = new Set<string>();
	const deposed = new Deposed();
	const step = (mesh: SeenMesh): readonly string[] => {
		const found = [
			...newToStrangers(mesh, ledger, barred),
			...newWork(mesh, ledger),
			...lines.step(mesh, ledger.rights),
			...forgeries(mesh, forged),
			...deposed.read(mesh),
			...eventsOf(mesh.fresh, 'strangerMet').map(({ node, protocol }) => `${node} let a stranger speak ${protocol}`),
		];
		return found.filter((words) => {
			const isNew = !said.has(words);
			said.add(words);
			return isNew;
		});
	};
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

/** What a node that stops being a home may take to do so: what it had begun, also with who does not answer, is published. */
const ceaseMsMax = 11_000;

/** A node that knows that another is the home decides nothing any more. */
class Deposed {
	/** Since when a node has known the registry that is in force, by its name. */
	readonly #since = new Map<string, { readonly revision: number; readonly atMs: number }>();
	/** Who has handed a project over itself, and which term began then. */
	readonly #handedOver = new Map<string, { readonly node: string; readonly term: number }>();
	/** The highest term that a home has begun, by project. */
	readonly #terms = new Map<string, number>();

	read(mesh: SeenMesh): readonly string[] {
		const { nodes, registry, fresh, nowMs } = mesh;
		const late = fresh.flatMap((event) => [...this.#begunAgain(event), ...this.#afterItsWord(event)]);
		const found = eventsOf(fresh, 'publishedInVain').flatMap(({ node, project, history }) => {
			const known = this.#since.get(node);
			const id = nodes.find(({ name }) => name === node)?.id;
			const isHome = registry.projects[project]?.home === id;
			if (isHome || known?.revision !== registry.revision || nowMs - known.atMs < ceaseMsMax) return [];
			return [`${node} decided ${history.length} things about ${project}, and knows that another node is its home`];
		});
		for (const { name, knows } of nodes) {
			if (knows === null) this.#since.delete(name);
			else if (this.#since.get(name)?.revision !== knows) this.#since.set(name, { revision: knows, atMs: nowMs });
		}
		return [...late, ...found];
	}

	/** What tells the words of two homes from each other. */
	#begunAgain(event: SimEvent): readonly string[] {
		if (event.kind !== 'homeMoved') return [];
		const { project, term, to } = event;
		const last = this.#terms.get(project) ?? 1;
		this.#terms.set(project, Math.max(last, term));
		return term > last ? [] : [`${to} began the term ${term} of ${project}, which had been begun`];
	}

	/** Who has handed over needs nobody to tell it so. */
	#afterItsWord(event: SimEvent): readonly string[] {
		if (event.kind === 'homeMoved') {
			if (event.how === 'sealed') this.#handedOver.set(event.project, { node: event.from, term: event.term });
			else this.#handedOver.delete(event.project);
		}
		if (event.kind !== 'publishedInVain' || event.history.length === 0) return [];
		const over = this.#handedOver.get(event.project);
		if (over?.node !== event.node || event.term >= over.term) return [];
		return [`${event.node} decided ${event.history.length} things about ${event.project}, which it has handed over`];
	}
}

/** What nobody has signed leaves no trace: it is not accepted, not refused, and at no node. */
function forgeries({ fresh, nodes, projects }: SeenMesh, forged: Set<string>): readonly string[] {
	for (const { id } of eventsOf(fresh, 'forged')) forged.add(id);
	if (forged.size === 0) return [];
	return [
		...nodes.flatMap(({ name, replicas }) =>
			[...replicas.values()].flatMap(({ pending }) =>
				pending.flatMap(({ author, n }) =>
					forged.has(`${author}#${n}`) ? [`${name} has ${author}#${n}, which its author never signed`] : [],
				),
			),
		),
		...projects.flatMap(({ history, homeName }) =>
			history.flatMap(({ id, event, item }) =>
				forged.has(id) ? [`${homeName} settled ${id} (${event} of ${item}), which its author never signed`] : [],
			),
		),
	];
}
