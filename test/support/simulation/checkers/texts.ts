/**
 * Lines that people write at items: what was written once is there once for as long as the item is, wherever it was
 * written and whoever wrote beside it; and what somebody writes who may only look stays where it was written.
 */
import type { SeenMesh } from '../types.ts';
import { eventsOf } from './checker.ts';
import type { RightsBook } from './rights-book.ts';

/** As people of a simulation write: who, and a number of its own. */
const linePattern = /^(ann|bob) \d+$/;
const writers: readonly string[] = ['ann', 'bob'];
const stepsBetween = 4;

interface Line {
	readonly project: string;
	readonly item: string;
	readonly text: string;
	/** Whose machine it was written at, by the name of both. */
	readonly writer: string;
}

/** [I1]: nothing twice, and in the end nothing lost. */
export class Lines {
	readonly #seen = new Map<string, Line>();
	#looks = 0;

	step(mesh: SeenMesh): readonly string[] {
		return this.#looks++ % stepsBetween === 0 ? this.#read(mesh) : [];
	}

	end(mesh: SeenMesh): readonly string[] {
		const twice = this.#read(mesh);
		const lost = [...this.#seen.values()].flatMap(({ project, item, text, writer }) => {
			const home = mesh.projects.find(({ id }) => id === project)?.home;
			const isThere = home && Object.hasOwn(home.facts.items, item);
			// A disk that was put back may have had the only copy, and an item that was added again begins a text of its own.
			const mayBeGone =
				isRevoked(mesh, writer) || mesh.events.some((event) => event.kind === 'diskLost' && event.node === writer);
			if (!isThere || mayBeGone || isDeleted(mesh, item)) return [];
			const lacks = mesh.nodes.filter(({ name, replicas }) => {
				if (isRevoked(mesh, name)) return false;
				const whole = replicas.get(project)?.texts.get(item);
				return whole !== undefined && !whole.split('\n').includes(text);
			});
			return lacks.map(({ name }) => `"${text}", written at ${item}, is not in its text at ${name}`);
		});
		return [...twice, ...lost];
	}

	#read({ nodes }: SeenMesh): readonly string[] {
		return nodes.flatMap(({ name, replicas }) =>
			[...replicas].flatMap(([project, { texts }]) =>
				[...texts].flatMap(([item, whole]) => this.#lines({ project, item, node: name }, whole)),
			),
		);
	}

	#lines({ project, item, node }: { project: string; item: string; node: string }, whole: string): readonly string[] {
		const lines = whole.split('\n').filter((line) => line !== '');
		for (const text of lines) {
			const name = `${project} ${item} ${text}`;
			const writer = linePattern.exec(text)?.[1];
			if (writer && !this.#seen.has(name)) this.#seen.set(name, { project, item, text, writer });
		}
		const twice = lines.filter((line, at) => lines.indexOf(line) !== at);
		return twice.map((line) => `the text of ${item} at ${node} has "${line}" twice`);
	}
}

function isRevoked({ nodes, registry }: SeenMesh, name: string): boolean {
	const id = nodes.find((node) => node.name === name)?.id;
	return id === undefined || registry.nodes[id]?.status === 'revoked';
}

/** Or never came to be, for who wanted it was cut off: its key may be used again here, where keys are few. */
function isDeleted({ events }: SeenMesh, item: string): boolean {
	return eventsOf(events, 'published').some(({ history }) =>
		history.some(({ item: of, event, outcome }) => {
			if (of !== item) return false;
			if (event === 'add') return outcome !== 'applied' && outcome !== 'refused:alreadyExists';
			return event === 'delete' && outcome === 'applied';
		}),
	);
}

interface Sight {
	readonly name: string;
	/** Who sits there. */
	readonly person: string | null;
	readonly item: string;
	readonly text: string;
}

/** [I13]: lines of people who might change nothing when they wrote them, by what every node knew. */
export class BarredLines {
	readonly #known = new Set<string>();
	/** Lines that stay where they were written, with whose they are. */
	readonly #barred = new Map<string, string>();
	/** Who might only look at the last look. */
	#before: ReadonlySet<string> = new Set();
	#looks = 0;

	step(mesh: SeenMesh, rights: RightsBook): readonly string[] {
		if (this.#looks++ % stepsBetween > 0) return [];
		const now = new Set(writers.filter((person) => rights.isBarredEverywhere(person)));
		for (const [line, person] of this.#barred) if (!now.has(person)) this.#barred.delete(line);
		// What is new since the last look was written by who might only look then too.
		const since = new Set([...now].filter((person) => this.#before.has(person)));
		this.#before = now;
		const sights = sightsIn(mesh);
		for (const { item, text } of sights) {
			const line = `${item} ${text}`;
			const by = linePattern.exec(text)?.[1] ?? '';
			if (!this.#known.has(line) && since.has(by)) this.#barred.set(line, by);
			this.#known.add(line);
		}
		return sights.flatMap(({ name, person, item, text }) => {
			const by = this.#barred.get(`${item} ${text}`);
			return by === undefined || by === person
				? []
				: [`"${text}" of ${item} came to ${name} from ${by}, who may only look`];
		});
	}
}

function sightsIn({ nodes }: SeenMesh): readonly Sight[] {
	return nodes.flatMap(({ name, person, replicas }) =>
		[...replicas].flatMap(([project, { texts }]) =>
			[...texts].flatMap(([item, whole]) =>
				whole.split('\n').map((text) => ({ name, person, item: `${project} ${item}`, text })),
			),
		),
	);
}
