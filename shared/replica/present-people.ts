/**
 * Who has the board or an item open now, anywhere in the mesh, as far as it is known here: who looks through this
 * process, and what others say. Memory alone. A node is believed about the person who sits there and nobody else, the
 * gateway about all; each member is told only of projects that it may have [I13].
 */
import type { Mesh } from '../mesh/open-mesh.ts';
import type { Board } from '../operations/index.ts';
import { goneItem, type ItemView } from '../pipeline/index.ts';
import type { NodeId } from '../ports/index.ts';
import { type PresentPerson, peopleKind, peoplePresenceSchema, peopleToldMax } from '../protocol/people.ts';
import { gatewayOf, mayHave, memberOf } from '../registry/index.ts';

export interface PresentPeopleOptions {
	readonly mesh: Pick<Mesh, 'self' | 'sync' | 'facts' | 'onFacts'>;
}

export class PresentPeople implements Disposable {
	readonly #mesh: PresentPeopleOptions['mesh'];
	/** One for each thing that is open here; the same person may have several. */
	readonly #here = new Set<PresentPerson>();
	readonly #unsubscribe: () => void;

	constructor({ mesh }: PresentPeopleOptions) {
		this.#mesh = mesh;
		const ends = [
			mesh.sync.onPresence(({ kind }) => {
				if (kind === peopleKind && this.#isGateway(mesh.self)) this.#tell();
			}),
			mesh.onFacts(() => this.#tell()),
		];
		this.#unsubscribe = () => {
			for (const end of ends) end();
		};
	}

	/** Somebody opened it here; the returned function says that it is closed. */
	enter(present: PresentPerson): () => void {
		const entry = { ...present };
		this.#here.add(entry);
		this.#tell();
		return () => {
			if (this.#here.delete(entry)) this.#tell();
		};
	}

	/** Everyone who is there now in a project, each once for the board and once for each item. */
	in(project: string): readonly PresentPerson[] {
		const all = [...this.#here, ...this.#heard()].filter((one) => one.project === project);
		return distinct(all).sort((a, b) => (placed(a) < placed(b) ? -1 : 1));
	}

	[Symbol.dispose](): void {
		this.#unsubscribe();
		this.#here.clear();
	}

	#tell(): void {
		const { self, sync } = this.#mesh;
		const isQuiet = this.#here.size === 0 && (!this.#isGateway(self) || this.#heard().length === 0);
		sync.setPresence(peopleKind, isQuiet ? undefined : (peer) => [...this.#toldTo(peer)]);
	}

	/** What a peer said itself is not said back to it. */
	#toldTo(peer: NodeId): readonly PresentPerson[] {
		const { self, facts } = this.#mesh;
		const passedOn = this.#isGateway(self) ? this.#heard(peer) : [];
		const known = facts();
		const may = ({ project }: PresentPerson): boolean =>
			Object.hasOwn(known.projects, project) && mayHave(known, peer, project) !== 'none';
		return distinct([...this.#here, ...passedOn].filter(may)).slice(-peopleToldMax);
	}

	#heard(except?: NodeId): readonly PresentPerson[] {
		return this.#mesh.sync.presence(peopleKind).flatMap(({ node, value, isConnected }) => {
			const said = isConnected && node !== except ? peoplePresenceSchema.safeParse(value) : null;
			if (!said?.success) return [];
			const own = memberOf(this.#mesh.facts(), node)?.person;
			return said.data.filter(({ person }) => this.#isGateway(node) || person === own);
		});
	}

	#isGateway(node: NodeId): boolean {
		return gatewayOf(this.#mesh.facts())?.id === node;
	}
}

/** As a board shows them. */
export function present(people: readonly PresentPerson[], views: ReadonlyMap<string, ItemView>): Board['people'] {
	return people.map(({ person, item }) => ({ person, item: item && (views.get(item)?.name ?? goneItem) }));
}

/** Who has one item open. */
export function openers(people: readonly PresentPerson[], key: string): string[] {
	return people.filter(({ item }) => item === key).map(({ person }) => person);
}

const placed = ({ person, item }: PresentPerson): string => `${item ?? ''} ${person}`;

function distinct(people: readonly PresentPerson[]): PresentPerson[] {
	return [...new Map(people.map((one) => [`${one.project} ${placed(one)}`, one])).values()];
}
