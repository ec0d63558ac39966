/**
 * What is known of projects in containers on other machines, and the way to ask about one: each answer is read, kept as
 * what was seen last, and shown with what this side knows. A machine speaks of its own containers alone [I13].
 */
import type { Caller, ContainerView } from '../../shared/operations/index.ts';
import { operations } from '../../shared/operations/index.ts';
import { type Clock, GanglineError, type Log, type NodeId } from '../../shared/ports/index.ts';
import { type ProvisionOperation, provisionMethod } from '../../shared/protocol/provision.ts';
import { isConfined, type RegistryFacts } from '../../shared/registry/index.ts';
import type { MachineLine } from './machine-line.ts';
import {
	awayView,
	isChanged,
	notMember,
	readMachineView,
	type SeenHere,
	shownHere,
	untoldView,
} from './machine-views.ts';
import type { Place, Places } from './places.ts';

export interface ThereOptions {
	readonly line: MachineLine;
	readonly places: Places;
	readonly facts: () => RegistryFacts;
	/** Projects in containers of this machine: what they are called, and whose project one is. */
	readonly here: { has(name: string): boolean; nameOf(project: string): string | null };
	readonly forgetToken: (id: string) => Promise<void>;
	readonly publish: (view: ContainerView) => void;
	readonly clock: Clock;
	readonly log: Log;
}

export interface Question {
	readonly operation: ProvisionOperation;
	/** As a person wrote them. */
	readonly args: Readonly<Record<string, unknown>>;
	readonly caller: Pick<Caller, 'person'>;
	/** With which its node is to join. */
	readonly token?: string | null;
}

/** Who only looks waits no longer. */
export const lookMsMax = 5_000;

export class There {
	readonly #options: ThereOptions;

	constructor(options: ThereOptions) {
		this.#options = options;
	}

	/** Who asks where no person does: an owner, whom the registry has. */
	get own(): Caller {
		const owner = Object.values(this.#options.facts().people).find(({ access }) => access === 'owner');
		return { person: owner?.id ?? '', access: 'owner' };
	}

	/** Asks the machine of a place. @throws GanglineError REFUSED, PEER_GONE, or what it answers */
	async ask(place: Place, { operation, args, caller, token = null }: Question): Promise<unknown> {
		const { line } = this.#options;
		if (!line.isMember(place.node)) throw notMember(line.nameOf(place.node), place.name);
		// As JSON has it: what is undefined is not there.
		const plain = JSON.parse(JSON.stringify(args));
		const question = { operation, args: plain, person: caller.person, token };
		return line.ask(place.node, provisionMethod, question);
	}

	/** As it is there now, under the name that it has there. */
	async showThere(place: Place, name: string): Promise<ContainerView> {
		const answer = await this.ask(place, { operation: 'container.show', args: { name }, caller: this.own });
		return operations['container.show'].result.parse(answer).container;
	}

	/** Keeps what is new of it; answers it as people see it here. @throws GanglineError MALFORMED */
	async heard(name: string, said: unknown): Promise<ContainerView> {
		const { places, line, forgetToken } = this.#options;
		const known = places.get(name);
		const view = this.#believed(known, readMachineView(said, line.nameOf(known.node)));
		const spent = view.state === 'running' ? known.token : null;
		// No await before it is kept: it may be called something else by then.
		const place = { ...known, seen: view, token: spent === null ? known.token : null };
		if (spent !== null || isChanged(known.seen, view)) await places.put(place);
		else places.note(place);
		if (spent !== null) await forgetToken(spent);
		return shownHere(place, view, this.#seenHere(place));
	}

	/** What a machine tells by itself. */
	async heardFrom(node: NodeId, view: ContainerView): Promise<void> {
		const place = this.#options.places.all().find((one) => one.node === node && one.name === view.name);
		// Told again what is known, as after each look: nobody has to look again.
		if (place === undefined || JSON.stringify(place.seen) === JSON.stringify(view)) return;
		this.#options.publish(await this.heard(place.name, view));
	}

	/** Its machine is gone: nobody knows how they are until it is back. */
	tellAway(node: NodeId): void {
		const { places, publish } = this.#options;
		for (const place of places.all()) if (place.node === node) publish(this.away(place));
	}

	/** How all of a machine are now; nothing where it cannot be asked. */
	async learn(node: NodeId, person: string): Promise<void> {
		const { line, log } = this.#options;
		if (!line.isMember(node) || !line.isLinked(node)) return;
		try {
			const question = { operation: 'container.list', args: {}, person, token: null } as const;
			const answer = await line.ask(node, provisionMethod, question, lookMsMax);
			const { containers } = operations['container.list'].result.parse(answer);
			for (const view of containers) await this.heardFrom(node, view);
		} catch (error) {
			log.info('machine.notAsked', { node, why: error instanceof Error ? error.message : String(error) });
		}
	}

	/** As it was seen last. */
	lately(place: Place): ContainerView {
		const { line } = this.#options;
		if (place.seen === null || !line.isLinked(place.node)) return this.away(place);
		return shownHere(place, place.seen, this.#seenHere(place));
	}

	away(place: Place): ContainerView {
		return awayView(place, this.#seenHere(place), this.#options.clock.now());
	}

	/** Its machine is there and knows nothing of it. */
	untold(place: Place): ContainerView {
		return untoldView(place, this.#seenHere(place), this.#options.clock.now());
	}

	/** Of a project in the registry; null for none. */
	homeOf(project: string | null): string | null {
		const { projects } = this.#options.facts();
		return project !== null && Object.hasOwn(projects, project) ? (projects[project]?.home ?? null) : null;
	}

	/** Of the project of another container, or of one that is in none, a machine may say nothing. */
	#believed(place: Place, view: ContainerView): ContainerView {
		const { here, places, facts } = this.#options;
		const { project } = view;
		if (project === null) return view;
		const others = places.all().some((one) => one.name !== place.name && one.seen?.project === project);
		const home = this.homeOf(project);
		const isItsOwn = home === null || isConfined(facts().nodes[home]);
		return isItsOwn && !others && here.nameOf(project) === null ? view : { ...view, project: null };
	}

	#seenHere(place: Place): SeenHere {
		const { line } = this.#options;
		const home = this.homeOf(place.seen?.project ?? null);
		return {
			machine: { node: place.node, name: line.nameOf(place.node) },
			connected: home !== null && line.isLinked(home),
		};
	}
}

export function isNothing(error: unknown): boolean {
	return error instanceof GanglineError && error.code === 'NOTHING_TO_SHOW';
}
