/**
 * All replicas of one process, gateway or node: one for each project of the registry that it may have and whose home is
 * elsewhere. `review` makes it so again whenever the registry has changed; what it closes stays on disk.
 */

import type { Identity } from '../log/index.ts';
import type { Mesh } from '../mesh/open-mesh.ts';
import { type ChangeEvent, type ProjectRef, type ProjectView, projectViewSchema } from '../operations/index.ts';
import {
	type Clock,
	ganglineError,
	type Log,
	type NodeId,
	parseNodeId,
	type Random,
	type Store,
} from '../ports/index.ts';
import { readAs } from '../ports/read-as.ts';
import type { PresentPerson } from '../protocol/people.ts';
import { type CoveredArgs, coveredMethod } from '../protocol/replica.ts';
import { type MeshProject, mayHave, type RegistryFacts, rightsOfAuthor } from '../registry/index.ts';
import { CoverageTeller } from './coverage-teller.ts';
import { followReplica } from './follow-replica.ts';
import { HomeContact, LinkBook } from './home-contact.ts';
import { dropWhenMadeAnew } from './made-anew.ts';
import { ProjectReplica } from './project-replica.ts';
import type { ReplicaSeat } from './seat.ts';

export interface ReplicaSetOptions {
	readonly mesh: Pick<Mesh, 'self' | 'network' | 'rpc' | 'sync' | 'facts'>;
	readonly store: Store;
	readonly clock: Clock;
	readonly random: Random;
	readonly identity: Identity;
	readonly log: Log;
	/** Who passes questions on to a home that cannot be reached directly; null at the gateway itself. */
	readonly gateway: () => NodeId | null;
	/** Results of this node's agents that the home of a project has not settled. */
	readonly resultsWaiting: (project: string) => number;
	/** Who has something of a project open now; default: not known. */
	readonly people?: (project: string) => readonly PresentPerson[];
	/** Where a person of this machine has a project checked out; default: nowhere. */
	readonly checkout?: (project: string) => string | null;
	/** Where changes of what is seen here go. */
	readonly publish: (event: ChangeEvent) => void;
}

interface Held {
	readonly seat: ReplicaSeat;
	/** When the registry had taken the project in. */
	readonly addedAt: number;
	readonly teller: CoverageTeller;
	readonly stop: () => Promise<void>;
}

export class ReplicaSet implements AsyncDisposable {
	readonly #options: ReplicaSetOptions;
	readonly links: LinkBook;
	readonly #held = new Map<string, Held>();
	readonly #unsubscribe: () => void;
	#reviewing: Promise<void> = Promise.resolve();
	#isRestored = false;
	#isClosed = false;

	constructor(options: ReplicaSetOptions) {
		this.#options = options;
		const { network } = options.mesh;
		this.links = new LinkBook(network, options.clock);
		this.#unsubscribe = network.subscribe(({ kind, peer }) => {
			this.#met(peer.node);
			if (kind === 'up') for (const { teller } of this.#held.values()) teller.again();
		});
	}

	/** By the names that the registry has now. */
	seats(): readonly ReplicaSeat[] {
		return [...this.#held.values()].map(({ seat }) => seat);
	}

	/** Undefined where this process has no replica of that project. */
	find(ref: ProjectRef): ReplicaSeat | undefined {
		return this.seats().find(({ replica }) => (ref.kind === 'id' ? replica.id === ref.id : replica.name === ref.name));
	}

	/** Opens what is missing and closes what is no longer to be here; resolves when it is so. */
	review(): Promise<void> {
		const review = this.#reviewing.then(() => this.#review());
		// One that fails is its caller's to hear of, and no reason not to try the next.
		this.#reviewing = review.catch(() => undefined);
		return review;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.#isClosed = true;
		this.#unsubscribe();
		await this.#reviewing;
		for (const { stop } of this.#held.values()) await stop();
		this.#held.clear();
	}

	async #review(): Promise<void> {
		if (this.#isClosed) return;
		const { mesh, log } = this.#options;
		await this.#restoreLinks();
		const facts = mesh.facts();
		const wanted = Object.values(facts.projects).filter((project) => isReplicaOf(facts, mesh.self, project));
		const added = new Map<string, number>(wanted.map(({ id, addedAt }) => [id, addedAt]));
		for (const [id, { stop, addedAt }] of [...this.#held]) {
			// One that was removed and added again between two looks is another.
			if (added.get(id) === addedAt) continue;
			this.#held.delete(id);
			await stop();
			log.info('replica.closed', { project: id });
		}
		for (const { seat } of this.#held.values()) seat.replica.reviewRights();
		for (const { id, name } of wanted) {
			if (this.#held.has(id)) continue;
			try {
				this.#held.set(id, await this.#open(id));
				log.info('replica.opened', { project: id, name });
			} catch (error) {
				log.error('replica.failed', { project: id, name, error });
			}
		}
	}

	async #open(id: string): Promise<Held> {
		const { mesh, clock, log, store, random } = this.#options;
		const project = this.#lookUp(id)();
		const { addedAt } = project;
		if (await dropWhenMadeAnew({ store, random, project }))
			log.warn('replica.dropped', { project: id, name: project.name });
		const seat = await this.#seat(id);
		const { replica } = seat;
		mesh.sync.add(replica);
		const tell = (covered: CoveredArgs): Promise<unknown> => this.#tellHome(id, covered);
		const teller = new CoverageTeller({ replica, node: mesh.self, tell, clock, log });
		const unfollow = followReplica(seat, this.#options.publish);
		const stop = async (): Promise<void> => {
			unfollow();
			teller.stop();
			mesh.sync.remove(id);
			await replica[Symbol.asyncDispose]();
		};
		return { seat, addedAt, teller, stop };
	}

	async #seat(id: string): Promise<ReplicaSeat> {
		const { mesh, store, clock, random, identity, log, gateway, resultsWaiting } = this.#options;
		const project = this.#lookUp(id);
		const nodeName = (node: string): string => nameIn(mesh.facts(), node);
		const home = (): NodeId => project().home;
		const replica = await ProjectReplica.open({
			...{ store, clock, random, identity, nodeName },
			log: log.child({ project: project().name }),
			project: id,
			name: () => project().name,
			home: () => ({ node: project().home, key: project().homeKey }),
			rightsOf: (author) => rightsOfAuthor(mesh.facts(), author, id),
		});
		const contact = new HomeContact({
			...{ links: this.links, rpc: mesh.rpc, home, gateway, nodeName },
			project: () => project().name,
		});
		let view = await keptView(store, id);
		return {
			...{ replica, contact, clock, random, project, nodeName },
			self: mesh.self,
			people: () => this.#options.people?.(id) ?? [],
			resultsWaiting: () => resultsWaiting(id),
			checkout: () => this.#options.checkout?.(id) ?? null,
			homePerson: () => mesh.facts().nodes[home()]?.person ?? null,
			lastView: () => view,
			remember: (next) => {
				const isSame = JSON.stringify(next) === JSON.stringify(view);
				view = next;
				const failed = (error: unknown): void => log.error('replica.failed', { project: id, error });
				if (!isSame) store.write([{ kind: 'put', key: viewRecord(id), value: { ...next } }]).catch(failed);
			},
		};
	}

	/** What the registry says of it, or said last: names and homes are asked for also while it is being closed. */
	#lookUp(id: string): () => MeshProject {
		let last: MeshProject | undefined;
		return () => {
			const { projects } = this.#options.mesh.facts();
			last = Object.hasOwn(projects, id) ? projects[id] : last;
			if (!last) throw ganglineError('UNKNOWN_PROJECT', `the registry has no project ${id}`);
			return last;
		};
	}

	/** Directly, else through the gateway. */
	async #tellHome(id: string, covered: CoveredArgs): Promise<void> {
		const { mesh, gateway } = this.#options;
		const { home } = this.#lookUp(id)();
		const through = this.links.isUp(home) ? home : gateway();
		if (through === null) throw ganglineError('PEER_GONE', `${nameIn(mesh.facts(), home)} is not connected`);
		await mesh.rpc.ask(through, coveredMethod, covered);
		if (through === home) this.#met(home);
	}

	/** Kept, so that a process that starts while a home is away can say since when. */
	#met(node: NodeId): void {
		const { store, clock, log } = this.#options;
		const kept = store.write([{ kind: 'put', key: `${metPrefix}${node}`, value: clock.now() }]);
		kept.catch((error: unknown) => log.error('replica.failed', { node, error }));
	}

	async #restoreLinks(): Promise<void> {
		if (this.#isRestored) return;
		this.#isRestored = true;
		for (const { key, value } of await this.#options.store.list(metPrefix)) {
			if (typeof value === 'number') this.links.restore(parseNodeId(key.slice(metPrefix.length)), value);
		}
	}
}

function isReplicaOf(facts: RegistryFacts, self: NodeId, project: MeshProject): boolean {
	return project.home !== self && mayHave(facts, self, project.id) !== 'none';
}

/** What people call a node; its id where the registry does not know it. */
function nameIn({ nodes }: RegistryFacts, node: string): string {
	return (Object.hasOwn(nodes, node) && nodes[node]?.name) || node;
}

/** When a member was connected, lost or spoken to last. */
const metPrefix = 'met/';

const viewRecord = (project: string): string => `replica/${project}/view`;

async function keptView(store: Store, project: string): Promise<ProjectView | null> {
	return readAs(projectViewSchema, await store.get(viewRecord(project))).data ?? null;
}
