/**
 * In which order intents are judged, and how they are dated: of those that a home folds at once each author's next one
 * waits, and the oldest of these goes first; what a node wants now is later than what it wanted before; and a clock that
 * is far ahead dates nothing into the future.
 */
import type { Intent } from '../../../../shared/pipeline/index.ts';
import type { SeenMesh, SimEvent } from '../types.ts';
import { eventsOf } from './checker.ts';

type Published = Extract<SimEvent, { readonly kind: 'published' }>;
type At = Intent['at'];

/** So far a home lets other clocks be ahead of its own. */
const aheadMsMax = 60_000;

export function orderHolds(): (mesh: SeenMesh) => readonly string[] {
	const dated = new Dates();
	let jumpedAt = Number.NEGATIVE_INFINITY;
	return (mesh) => {
		if (mesh.fresh.some(isClockFault)) jumpedAt = mesh.step;
		const published = eventsOf(mesh.fresh, 'published');
		return [
			...published.flatMap((event) => (event.isOneFold ? outOfTurn(event) : [])),
			...(mesh.step - jumpedAt < 3 ? [] : published.flatMap((event) => tooEarly(event, mesh))),
			...dated.read(mesh),
		];
	};
}

const isClockFault = (event: SimEvent): boolean =>
	(event.kind === 'faultBegun' || event.kind === 'faultHealed') && event.fault.startsWith('clock');

/** The fold, done again over what it said that it folded. */
function outOfTurn({ history, intents, node }: Published): readonly string[] {
	const byId = new Map(intents.map((intent) => [`${intent.author}#${intent.n}`, intent]));
	const all = history.flatMap(({ id }) => byId.get(id) ?? []);
	if (all.length !== history.length) return [];
	const queues = new Map<string, Intent[]>();
	for (const intent of all) queues.set(intent.author, [...(queues.get(intent.author) ?? []), intent]);
	for (const intent of all) {
		const heads = [...queues.values()].flatMap(([head]) => head ?? []);
		const first = heads.reduce((oldest, one) => (isBefore(one, oldest) ? one : oldest));
		if (first !== intent) {
			return [`${node} judged ${intent.author}#${intent.n} before ${first.author}#${first.n}, which is older`];
		}
		queues.get(intent.author)?.shift();
	}
	return [];
}

function isBefore(a: Intent, b: Intent): boolean {
	const difference = a.at[0] - b.at[0] || a.at[1] - b.at[1];
	return difference < 0 || (difference === 0 && a.author < b.author);
}

/** A home's own clock may have been ahead when it wrote. */
function tooEarly({ intents, node, wallMs }: Published, { nodes }: SeenMesh): readonly string[] {
	const home = nodes.find(({ name }) => name === node)?.id;
	return intents.flatMap(({ author, n, at }) => {
		const aheadMs = at[0] - wallMs;
		const isOwn = author.startsWith(`${home}.`);
		return isOwn || aheadMs <= aheadMsMax
			? []
			: [`${author}#${n} was accepted at ${node} ${aheadMs} ms before its time`];
	});
}

/** When each author said what it wants, as its log has it: a home dates what is far ahead back. */
class Dates {
	readonly #dates = new Map<string, Map<number, At>>();

	read({ nodes, fresh }: SeenMesh): readonly string[] {
		const own = eventsOf(fresh, 'published').flatMap(({ project, node, intents }) => {
			const home = nodes.find(({ name }) => name === node)?.id;
			return intents.flatMap((intent) => (intent.author.startsWith(`${home}.`) ? this.#note(project, intent) : []));
		});
		const theirs = nodes.flatMap(({ replicas }) =>
			[...replicas].flatMap(([project, { pending }]) => pending.flatMap((intent) => this.#note(project, intent))),
		);
		return [...own, ...theirs];
	}

	#note(project: string, { author, n, at, event }: Intent): readonly string[] {
		if (event === 'void') return [];
		const name = `${project} ${author}`;
		const known = this.#dates.get(name) ?? new Map<number, At>();
		this.#dates.set(name, known);
		if (known.has(n)) return [];
		known.set(n, at);
		const [before, after] = [known.get(n - 1), known.get(n + 1)];
		const isWrong = (before && !isLater(at, before)) || (after && !isLater(after, at));
		return isWrong ? [`${author}#${n} is dated ${at.join('.')}, which is not between its neighbours`] : [];
	}
}

const isLater = (a: At, b: At): boolean => a[0] > b[0] || (a[0] === b[0] && a[1] > b[1]);
