/**
 * This node as a member of a mesh: its own projects are kept equal with who may have them, projects of other homes are
 * here as replicas, and others may ask. Everything follows the registry: whatever changes there, `review` makes it so
 * again, and a node that belongs to no mesh has none of it.
 */
import { Hello, type Membership, type Mesh, serveOperations } from '../shared/mesh/index.ts';
import type { AskedOperation, ProjectRef } from '../shared/operations/index.ts';
import { GanglineError, ganglineError, type NodeId, type Peer } from '../shared/ports/index.ts';
import { registerProjectMethod } from '../shared/protocol/mesh.ts';
import { sealMethod, staysMethod, takeMethod, unsealMethod } from '../shared/protocol/rehome.ts';
import { coveredMethod } from '../shared/protocol/replica.ts';
import { gatewayOf, type MeshProject, memberOf } from '../shared/registry/index.ts';
import { type LiveLogs, PresentPeople, type ReplicaSeat, ReplicaSet } from '../shared/replica/index.ts';
import type { NodeParts } from './compose.ts';
import type { OpenedWorkers } from './compose-workers.ts';
import type { Project } from './home/project.ts';
import type { Projects } from './home/projects.ts';
import { bringLogs, serveItemLines } from './live-logs.ts';
import { becomeHome, cedeProject, isSealed, sealProject, takeProject, unsealProject } from './rehome/index.ts';

export interface NodeMeshOptions {
	readonly parts: NodeParts;
	readonly projects: Projects;
	/** Opens the mesh of a membership. */
	readonly open: (membership: Membership) => Promise<Mesh>;
	/** Answers what is asked of this node's own projects and of itself. */
	readonly answer: (asked: AskedOperation) => Promise<unknown>;
	/** Binds homes and workers of this node to those of others; disposing it ends what this node does for them. */
	readonly attach: (mesh: Mesh) => Promise<OpenedWorkers>;
	/** Results of this node's agents that the home of a project has not settled. */
	readonly resultsWaiting: (project: string) => number;
	readonly checkout: (project: string) => string | null;
}

/** While a mesh is open. */
interface Opened {
	readonly mesh: Mesh;
	readonly replicas: ReplicaSet;
	readonly hello: Hello;
	readonly work: OpenedWorkers;
	readonly live: LiveLogs;
	readonly present: PresentPeople;
	/** Own projects that sync keeps equal, each as it was opened when sync was given it. */
	readonly shared: Map<string, Project['exchange']>;
}

const personOf = (mesh: Mesh, node: NodeId): string | null => memberOf(mesh.facts(), node)?.person ?? null;

/** How long a question waits for a project that has no home here at the moment. */
const movingMsMax = 3_000;
/** A sealed project has no home until somebody says which: its old one asks as often. */
const staysMs = 10_000;
/** What cannot be opened is tried again after as long at most. */
const againMsMax = 300_000;

export class NodeMesh {
	readonly #options: NodeMeshOptions;
	#opened: Opened | null = null;
	#reviewing: Promise<void> = Promise.resolve();
	#isStopped = false;
	#cancelAsking: () => void = () => {};
	#againMs = staysMs;

	constructor(options: NodeMeshOptions) {
		this.#options = options;
	}

	/** Null while this node belongs to none. */
	get mesh(): Mesh | null {
		return this.#opened?.mesh ?? null;
	}

	get hello(): Hello | null {
		return this.#opened?.hello ?? null;
	}

	/** Replicas of projects whose homes are elsewhere. */
	seats(): readonly ReplicaSeat[] {
		return this.#opened?.replicas.seats() ?? [];
	}

	/** Undefined where this node has no replica of that project. */
	seat(ref: ProjectRef): ReplicaSeat | undefined {
		return this.#opened?.replicas.find(ref);
	}

	/** Who has something of a project open now, here or elsewhere; nobody is known of where there is no mesh. */
	people(project: string): ReturnType<PresentPeople['in']> {
		return this.#opened?.present.in(project) ?? [];
	}

	/** See `Elsewhere.moving`: waits a little for the registry, and until what it says is so here. */
	moving(ref: ProjectRef): Promise<void> | null {
		const { parts } = this.#options;
		const known = Object.values(this.mesh?.facts().projects ?? {});
		if (!known.some(({ id, name }) => (ref.kind === 'id' ? id === ref.id : name === ref.name))) return null;
		const { promise, resolve } = Promise.withResolvers<void>();
		const unsubscribe = parts.registry.subscribe(resolve);
		const isBusy = this.review().then(() => {
			if (this.#isHere(ref)) resolve();
		});
		const cancel = parts.clock.after(movingMsMax, resolve);
		return Promise.all([promise, isBusy])
			.finally(() => {
				unsubscribe();
				cancel();
			})
			.then(() => this.review());
	}

	#isHere(ref: ProjectRef): boolean {
		const named = ({ id, name }: { id: string; name: string }): boolean =>
			ref.kind === 'id' ? id === ref.id : name === ref.name;
		return this.seat(ref) !== undefined || this.#options.projects.all().some(named);
	}

	/** When a member was connected or gone, wall ms; null where this process never saw it. */
	linkOf(node: NodeId): { readonly isUp: boolean; readonly since: number | null } {
		const links = this.#opened?.replicas.links;
		return { isUp: links?.isUp(node) ?? false, since: links?.since(node) ?? null };
	}

	/** Becomes an acting member. */
	async open(membership: Membership): Promise<Mesh> {
		const mesh = await this.#options.open(membership);
		try {
			await this.#act(mesh, membership);
		} catch (error) {
			// Nobody would ever close it, and a node that could not start would listen on.
			await mesh[Symbol.asyncDispose]();
			throw error;
		}
		await this.review();
		return mesh;
	}

	async #act(mesh: Mesh, membership: Membership): Promise<void> {
		const { parts, answer, attach } = this.#options;
		const { store, clock, random, identity, log, version, hub, registry } = parts;
		const gateway = (): NodeId | null => gatewayOf(mesh.facts())?.id ?? membership.gateway.node;
		const present = new PresentPeople({ mesh });
		const replicas = new ReplicaSet({
			...{ mesh, store, clock, random, identity, log, gateway },
			resultsWaiting: this.#options.resultsWaiting,
			checkout: this.#options.checkout,
			people: (project) => present.in(project),
			publish: (event) => hub.publish(event),
		});
		registry.set(mesh.facts());
		serveOperations({ mesh, clock, answer, events: hub });
		const served = { mesh, clock, projects: () => this.#options.projects.all() };
		serveItemLines(served);
		const live = bringLogs({
			...{ ...served, parts, present },
			seat: (id) => replicas.find({ kind: 'id', id }),
			speaker: () => personOf(mesh, identity.nodeId),
		});
		this.#serveCovered(mesh);
		this.#serveMoves(mesh);
		const work = await attach(mesh);
		const hello = new Hello({ mesh, clock, log, version });
		this.#opened = { mesh, replicas, work, live, present, hello, shared: new Map() };
		mesh.onFacts((facts) => {
			registry.set(facts);
			void this.review();
		});
		mesh.network.subscribe(({ kind, peer }) => {
			if (kind === 'up' && peer.node === gateway()) void this.review();
		});
	}

	/** A person wants the project in the mesh, also when it was taken out of it before. */
	async start(project: string): Promise<void> {
		const { store } = this.#options.parts;
		if (this.mesh && !projectIn(this.mesh, project)) {
			await store.write([{ kind: 'delete', key: registeredRecord(project) }]);
		}
		await this.review();
	}

	/** Makes projects and replicas what the registry says; called when either side changed. */
	review(): Promise<void> {
		this.#reviewing = this.#reviewing.then(() => this.#review());
		return this.#reviewing;
	}

	async stop(): Promise<void> {
		this.#isStopped = true;
		this.#cancelAsking();
		await this.#reviewing;
		const opened = this.#opened;
		if (opened === null) return;
		opened.hello[Symbol.dispose]();
		opened.live.stop();
		opened.present[Symbol.dispose]();
		await opened.work[Symbol.asyncDispose]();
		await opened.replicas[Symbol.asyncDispose]();
		await opened.mesh[Symbol.asyncDispose]();
		this.#opened = null;
	}

	async #review(): Promise<void> {
		const { log } = this.#options.parts;
		const opened = this.#opened;
		if (this.#isStopped || opened === null) return;
		try {
			await this.#cede(opened);
			await opened.replicas.review();
			// Two workers of one project would share one box of reports: what is done for a home elsewhere ends before.
			await opened.work.review();
			const isWhole = await this.#becomeHome(opened);
			await this.#goOn(opened);
			for (const project of this.#options.projects.all()) await this.#share(opened, project);
			if (isWhole) this.#againMs = staysMs;
			else this.#tryAgain();
		} catch (error) {
			log.error('mesh.notReviewed', { error });
			this.#tryAgain();
		}
	}

	/** The registry names another home for a project that is open here: this node becomes a reader. */
	async #cede({ mesh, shared }: Opened): Promise<void> {
		const { parts, projects } = this.#options;
		for (const project of projects.all()) {
			const known = projectIn(mesh, project.id);
			if (known !== undefined && known.home !== mesh.self) await cedeProject(parts, projects, project);
		}
		// What was sealed is kept equal until another node is its home: that one needs the last of it.
		for (const id of [...shared.keys()]) {
			if (projectIn(mesh, id)?.home === mesh.self) continue;
			shared.delete(id);
			mesh.sync.remove(id);
		}
	}

	/** The registry names this node for what is not open here. Answers whether all of it is open now. */
	async #becomeHome({ mesh }: Opened): Promise<boolean> {
		const { parts, projects } = this.#options;
		let isWhole = true;
		for (const { id, home } of Object.values(mesh.facts().projects)) {
			if (home === mesh.self && !projects.isHere(id)) isWhole = (await becomeHome(parts, projects, id)) && isWhole;
		}
		return isWhole;
	}

	/** A move that ended while nobody could tell this node so did not come about: it is the home still [I12]. */
	async #goOn({ mesh }: Opened): Promise<void> {
		const { parts, projects } = this.#options;
		const open = new Set(projects.all().map(({ id }) => id));
		for (const { id, home } of Object.values(mesh.facts().projects)) {
			if (home !== mesh.self || open.has(id) || !(await isSealed(parts, id))) continue;
			if (await this.#stays(mesh, id)) await unsealProject(parts, projects, id);
			else this.#askAgain();
		}
	}

	/** Only the gateway knows whether it is still at it. */
	async #stays(mesh: Mesh, project: MeshProject['id']): Promise<boolean> {
		const gateway = gatewayOf(mesh.facts())?.id;
		if (gateway === undefined || !this.linkOf(gateway).isUp) return false;
		try {
			return (await mesh.rpc.ask(gateway, staysMethod, { project })).stays;
		} catch (error) {
			this.#options.parts.log.warn('project.homeNotKnown', { project, error });
			return false;
		}
	}

	#askAgain(ms = staysMs): void {
		this.#cancelAsking();
		if (this.#isStopped) return;
		this.#cancelAsking = this.#options.parts.clock.after(ms, () => void this.review());
	}

	/** What failed may have been the moment: a full disk, a lock. Less and less often, since it may be for good. */
	#tryAgain(): void {
		this.#askAgain(this.#againMs);
		this.#againMs = Math.min(2 * this.#againMs, againMsMax);
	}

	/** Keeps an own project equal with the others while the registry has it as ours, and asks for that where it has not. */
	async #share({ mesh, shared }: Opened, project: Project): Promise<void> {
		const known = projectIn(mesh, project.id);
		// One that was opened anew is another than sync has, whose facts and logs stand still.
		if (known?.home === mesh.self && shared.get(project.id) !== project.exchange) {
			shared.set(project.id, project.exchange);
			mesh.sync.add(project.exchange);
			const { store } = this.#options.parts;
			await store.write([{ kind: 'put', key: registeredRecord(project.id), value: true }]);
		}
		if (known === undefined) await this.#register(mesh, project);
	}

	async #register(mesh: Mesh, { id, name, record }: Project): Promise<void> {
		const { log, store } = this.#options.parts;
		const facts = mesh.facts();
		const gateway = gatewayOf(facts)?.id;
		// One that was taken out of the mesh comes back only when a person starts it again.
		if ((await store.get(registeredRecord(id))) === true) return;
		if (gateway === undefined || !memberOf(facts, mesh.self)?.duties.includes('home')) return;
		if (!this.linkOf(gateway).isUp) return;
		try {
			await mesh.rpc.ask(gateway, registerProjectMethod, { id: id as MeshProject['id'], name, branch: record.branch });
		} catch (error) {
			// It is asked again at the next connection and with the next registry.
			const why = error instanceof GanglineError ? { code: error.code, why: error.message } : { error };
			log.warn('project.notRegistered', { project: name, ...why });
		}
	}

	/** Moves are the gateway's to order, for an owner who asked it. */
	#serveMoves(mesh: Mesh): void {
		const { parts, projects } = this.#options;
		const requireGateway = ({ node }: Peer): void => {
			if (gatewayOf(mesh.facts())?.id !== node) throw ganglineError('FORBIDDEN', `${node} is not the gateway`);
		};
		mesh.rpc.serve(sealMethod, async (args, peer) => {
			requireGateway(peer);
			// Also where it could not be handed over: it is closed by then, and nobody else opens it again.
			return await this.#alone(() => sealProject(parts, projects, args)).finally(() => this.#askAgain());
		});
		mesh.rpc.serve(unsealMethod, async ({ project }, peer) => {
			requireGateway(peer);
			await this.#alone(() => unsealProject(parts, projects, project));
			await this.review();
			return {};
		});
		mesh.rpc.serve(takeMethod, async ({ project, from, sealed }, peer) => {
			requireGateway(peer);
			const [seat, known] = [this.seat({ kind: 'id', id: project }), projectIn(mesh, project)];
			if (!seat || !known) {
				throw ganglineError('REFUSED', 'this node has no replica of the project, so it cannot become its home', {
					hint: 'join it with the duty home: gangline token new --home-for NAME',
				});
			}
			return this.#alone(() => takeProject(parts, { seat, known, from, sealed }));
		});
	}

	/** Nothing is opened or closed by the registry meanwhile. */
	#alone<T>(step: () => Promise<T>): Promise<T> {
		const result = this.#reviewing.then(step);
		this.#reviewing = result.then(
			() => {},
			() => {},
		);
		return result;
	}

	/** Only the gateway passes on what other nodes say. */
	#serveCovered(mesh: Mesh): void {
		mesh.rpc.serve(coveredMethod, async (covered, peer) => {
			const isGateway = gatewayOf(mesh.facts())?.id === peer.node;
			if (covered.node !== peer.node && !isGateway) {
				throw ganglineError('FORBIDDEN', `${peer.node} says what ${covered.node} has`);
			}
			const project = this.#options.projects.all().find(({ id }) => id === covered.project);
			if (!project) throw ganglineError('UNKNOWN_PROJECT', `project ${covered.project} has its home elsewhere`);
			await project.exchange.told(covered.node, covered);
			return {};
		});
	}
}

/** Whether the registry has had the project as ours. */
const registeredRecord = (project: string): string => `registered/${project}`;

function projectIn(mesh: Mesh, id: string): MeshProject | undefined {
	const { projects } = mesh.facts();
	return Object.hasOwn(projects, id) ? projects[id] : undefined;
}
