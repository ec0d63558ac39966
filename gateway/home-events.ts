/**
 * What happens at the homes, as part of the gateway's own stream of changes: lines of logs, progress, projects. Items are
 * not taken from there: they come out of the replicas, which are here also while a home is away. A home is followed as
 * long as it is connected; it may speak of its own projects alone [I13].
 */
import type { EventHub } from '../shared/http/index.ts';
import type { Mesh } from '../shared/mesh/index.ts';
import { type ChangeEvent, operations } from '../shared/operations/index.ts';
import { type Clock, GanglineError, type Log, type NodeId } from '../shared/ports/index.ts';
import { eventStream, operationMethod } from '../shared/protocol/mesh.ts';
import type { RegistryFacts } from '../shared/registry/index.ts';
import type { ReplicaSet } from '../shared/replica/index.ts';

export interface HomeEventsOptions {
	readonly mesh: Mesh;
	readonly hub: EventHub;
	readonly replicas: Pick<ReplicaSet, 'find'>;
	readonly clock: Clock;
	readonly log: Log;
	readonly follows: (project: string, key: string) => boolean;
}

/** A home that ends the stream while it is connected is asked again after this. */
const againMs = 3_000;

export class HomeEvents implements Disposable {
	readonly #options: HomeEventsOptions;
	readonly #followed = new Map<NodeId, AbortController>();
	readonly #unsubscribes: readonly (() => void)[];

	constructor(options: HomeEventsOptions) {
		this.#options = options;
		const { mesh } = options;
		this.#unsubscribes = [mesh.network.subscribe(() => this.#review()), mesh.onFacts(() => this.#review())];
		this.#review();
	}

	[Symbol.dispose](): void {
		for (const unsubscribe of this.#unsubscribes) unsubscribe();
		for (const following of this.#followed.values()) following.abort();
		this.#followed.clear();
	}

	#review(): void {
		const { mesh } = this.#options;
		const homes = new Set(Object.values(mesh.facts().projects).map(({ home }) => home));
		const wanted = new Set(mesh.network.links().flatMap(({ node }) => (homes.has(node) ? [node] : [])));
		for (const [node, following] of [...this.#followed]) {
			if (wanted.has(node)) continue;
			this.#followed.delete(node);
			following.abort();
			this.#tellAway(node);
		}
		for (const node of wanted) {
			if (this.#followed.has(node)) continue;
			const following = new AbortController();
			this.#followed.set(node, following);
			void this.#follow(node, following);
		}
	}

	async #follow(node: NodeId, following: AbortController): Promise<void> {
		const { mesh, clock, log } = this.#options;
		const { signal } = following;
		try {
			await this.#learn(node);
			for await (const event of mesh.rpc.askStream(node, eventStream, {}, { signal })) this.#pass(node, event);
		} catch (error) {
			if (signal.aborted) return;
			const words = error instanceof GanglineError ? { code: error.code, why: error.message } : { error };
			log.info('events.ended', { node, ...words });
		}
		if (signal.aborted) return;
		const cancel = clock.after(againMs, () => {
			if (this.#followed.get(node) === following) this.#followed.delete(node);
			this.#review();
		});
		signal.addEventListener('abort', cancel, { once: true });
	}

	/** How its projects are now; changes follow as events. */
	async #learn(node: NodeId): Promise<void> {
		const { mesh, clock } = this.#options;
		const owner = Object.values(mesh.facts().people).find(({ access }) => access === 'owner');
		if (owner === undefined) return;
		const asked = { operation: 'project.list', args: {}, person: owner.id };
		const { projects } = operations['project.list'].result.parse(await mesh.rpc.ask(node, operationMethod, asked));
		for (const project of projects) this.#pass(node, { kind: 'project', at: clock.now(), project });
	}

	/** Whoever looks at one of its projects reads again, and sees that its home is away. */
	#tellAway(node: NodeId): void {
		const { mesh, hub, replicas, clock } = this.#options;
		for (const [id, { home, name }] of Object.entries(mesh.facts().projects)) {
			const view = home === node ? replicas.find({ kind: 'id', id })?.lastView() : null;
			if (view) hub.publish({ kind: 'project', at: clock.now(), project: { ...view, name } });
		}
	}

	#pass(node: NodeId, event: ChangeEvent): void {
		const { mesh, hub, replicas, follows } = this.#options;
		const project = projectOf(event);
		if (project === null || mesh.facts().projects[project]?.home !== node) return;
		if (event.kind === 'project') {
			const view = { ...event.project, name: nameOf(mesh.facts(), project) };
			replicas.find({ kind: 'id', id: project })?.remember(view);
			hub.publish({ ...event, project: view });
		} else if (event.kind === 'progress') hub.publish(event);
		// Of an item that somebody follows every line comes, from wherever it runs, on a way of its own.
		else if (event.kind === 'log' && !follows(project, event.key)) hub.publish(event);
	}
}

function projectOf(event: ChangeEvent): string | null {
	if (event.kind === 'project') return event.project.id;
	return 'project' in event ? event.project : null;
}

function nameOf({ projects }: RegistryFacts, project: string): string {
	return projects[project]?.name ?? project;
}
