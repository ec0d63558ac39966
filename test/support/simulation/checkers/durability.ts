/**
 * [I6] What was acknowledged is there after any crash, and what was sent was stored before. Seen from outside: nobody
 * has more of a home's facts than the home itself, one name never stands for two intents, a wish that a person was told
 * of is settled or on its node's disk, and so is a report that a worker has sent.
 */
import { canonicalJson } from '../../../../shared/log/index.ts';
import type { Intent, IntentId } from '../../../../shared/pipeline/index.ts';
import type { Checker, SeenMesh, SeenNode, SeenProject } from '../types.ts';
import { eventsOf, hasLost, ledgerChecker } from './checker.ts';
import { disturbing } from './contact.ts';
import { grantName, type Ledger } from './ledger.ts';

export function acknowledgedStays(ledger: Ledger): Checker {
	const meanings = { words: new Map<string, string>(), seen: new Set<string>(), read: new Map<string, number>() };
	const published = new Map<string, number>();
	const elsewhere = new Elsewhere();
	const flips = new Flips();
	const begun = new Begun();
	const step = (mesh: SeenMesh): readonly string[] => [
		...flips.read(mesh),
		...mesh.projects.flatMap((project) => [
			...aheadOfHome(mesh, project),
			...forgotPublished(mesh, project, published),
			...twoMeanings(mesh, project, meanings),
			...elsewhere.read(mesh, project),
		]),
		...eventsOf(mesh.fresh, 'boot').flatMap(({ node, failed }) => {
			const seen = mesh.nodes.find(({ name }) => name === node);
			if (failed !== null || !seen?.isUp) return [];
			return mesh.projects.flatMap((project) => lostWishes(mesh, project, seen));
		}),
		...begun.opened(mesh).flatMap(({ project, node }) => lostReports(mesh, project, node, ledger)),
	];
	const end = (mesh: SeenMesh): readonly string[] =>
		mesh.projects.flatMap((project) =>
			mesh.nodes.flatMap((node) => (node.isUp ? lostWishes(mesh, project, node) : [])),
		);
	return ledgerChecker(ledger, [6, 'what was acknowledged stays'], { step, end });
}

/** Who begins on a disk of which a bit has flipped knows that. */
class Flips {
	readonly #flipped = new Set<string>();
	/** What the gateway had of each project at the last look. */
	readonly #known = new Map<string, number>();
	/** Who could not hear the gateway at some time since its process was begun. */
	readonly #apart = new Set<string>();
	/** Faults that are on and may keep anybody from hearing anybody in time. */
	#troubles = 0;

	read(mesh: SeenMesh): readonly string[] {
		const { fresh, nodes } = mesh;
		const gateway = nodes.find(({ kind }) => kind === 'gateway');
		for (const { name, isUp } of nodes) {
			if (!isUp) this.#apart.delete(name);
			else if (!gateway || !mesh.meets(gateway.name, name)) this.#apart.add(name);
		}
		const found = fresh.flatMap((event) => {
			if (event.kind === 'faultBegun' && disturbing.has(event.fault)) this.#troubles += 1;
			if (event.kind === 'faultHealed' && disturbing.has(event.fault)) this.#troubles -= 1;
			if (event.kind === 'diskLost') this.#flipped[event.how === 'flip' ? 'add' : 'delete'](event.node);
			// A start that did not come to its end has set aside what it found.
			if (event.kind === 'crash') this.#flipped.delete(event.node);
			if (event.kind !== 'boot' || !this.#flipped.delete(event.node) || event.failed !== null) return [];
			const lacks = this.#lacks(mesh, event.node);
			const damages = nodes.find(({ name }) => name === event.node)?.damages;
			return [
				...lacks,
				...(damages === 0 ? [`${event.node} began on a disk of which a bit has flipped, and found nothing`] : []),
			];
		});
		for (const [id, { facts }] of gateway?.replicas ?? []) this.#known.set(id, facts.revision);
		return found;
	}

	/** What the gateway has of a home's facts, the home has again when it has begun, where the two could hear each other. */
	#lacks({ nodes, projects, events }: SeenMesh, node: string): readonly string[] {
		const gateway = nodes.find(({ kind }) => kind === 'gateway');
		if (!gateway || this.#troubles > 0 || this.#apart.has(node)) return [];
		const flippedAt = eventsOf(events, 'diskLost').findLast((event) => event.node === node)?.at ?? 0;
		if (events.some((event) => event.kind === 'boot' && event.node === gateway.name && event.at > flippedAt)) return [];
		return projects.flatMap(({ id, name, home, homeName }) => {
			const known = this.#known.get(id) ?? 0;
			if (homeName !== node || !home || home.facts.revision >= known) return [];
			return [`${node} began with revision ${home.facts.revision} of ${name}, and ${gateway.name} had ${known} of it`];
		});
	}
}

/** Which projects a node that has begun works for by now: a disk without room may keep it from one until it begins again. */
class Begun {
	/** Ids of those that it has not opened since its start, by node. */
	readonly #closed = new Map<string, Set<string>>();

	/** Those that were opened since the last look for the first time after a start. */
	opened({ fresh, nodes, projects }: SeenMesh): { readonly project: SeenProject; readonly node: SeenNode }[] {
		for (const event of fresh) {
			if (event.kind === 'crash') this.#closed.delete(event.node);
			if (event.kind === 'boot' && event.failed === null)
				this.#closed.set(event.node, new Set(projects.map(({ id }) => id)));
		}
		return nodes.flatMap((node) => {
			const opened = projects.filter(({ id }) => node.worksFor.has(id) && this.#closed.get(node.name)?.delete(id));
			return opened.map((project) => ({ project, node }));
		});
	}
}

/** What other replicas have on their disks, and what a home's logs may therefore do without. */
class Elsewhere {
	readonly #covered = new Map<string, number>();
	#looks = 0;

	read({ nodes, events }: SeenMesh, { id, name, home, homeName }: SeenProject): readonly string[] {
		// Who has been cut off since may have had them, and said so.
		const others = nodes.filter((node) => node.name !== homeName);
		for (const { replicas } of others) {
			for (const [author, n] of Object.entries(replicas.get(id)?.facts.acceptedUpTo ?? {})) {
				this.#covered.set(`${id} ${author}`, Math.max(n, this.#covered.get(`${id} ${author}`) ?? 0));
			}
		}
		const isMoved = events.some(({ kind }) => kind === 'homeMoved' || kind === 'diskLost');
		if (!home || isMoved || this.#looks++ % 4 > 0) return [];
		// Of an author that came and went between two looks nobody has seen who had what.
		const isKnown = (author: string): boolean => Object.hasOwn(home.facts.acceptedUpTo, author);
		return [...home.trimmed()].flatMap(([author, upTo]) =>
			isKnown(author) && upTo > (this.#covered.get(`${id} ${author}`) ?? 0)
				? [`${homeName} gave up entries of ${author} up to ${upTo} in ${name}, whose facts no other node has`]
				: [],
		);
	}
}

function aheadOfHome({ nodes }: SeenMesh, { id, name, home, homeName }: SeenProject): readonly string[] {
	if (!home) return [];
	return nodes.flatMap(({ name: where, replicas }) => {
		const replica = replicas.get(id);
		if (!replica || replica.generation !== home.generation || where === homeName) return [];
		const ahead = replica.facts.revision - home.facts.revision;
		return ahead > 0 ? [`${where} has ${ahead} revisions of ${name} that its home ${homeName} has not`] : [];
	});
}

/** Of the same generation, what was durable once is there at every start. */
function forgotPublished(
	mesh: SeenMesh,
	{ id, name, home, homeName }: SeenProject,
	published: Map<string, number>,
): string[] {
	const said: string[] = [];
	if (home) {
		const before = published.get(`${id} ${home.generation}`) ?? 0;
		if (before > home.facts.revision) {
			said.push(`${homeName} had published revision ${before} of ${name} and is at ${home.facts.revision}`);
		}
	}
	for (const { project, generation, revision } of eventsOf(mesh.fresh, 'published')) {
		const at = `${project} ${generation}`;
		if (project === id) published.set(at, Math.max(revision, published.get(at) ?? 0));
	}
	return said;
}

/** What a name stands for, by where it was seen: entries are compared once, not at each step. */
function twoMeanings(
	{ nodes }: SeenMesh,
	{ id, home, history, intents }: SeenProject,
	{ words, seen, read }: Meanings,
): string[] {
	const said: string[] = [];
	const look = (intent: Intent, where: string): void => {
		const name = `${intent.author}#${intent.n}`;
		if (seen.has(`${where} ${name}`)) return;
		seen.add(`${where} ${name}`);
		const { item, event, args = {}, who = null, token = null } = intent;
		const text = canonicalJson([item, event, args, who, token]);
		const before = words.get(name) ?? text;
		words.set(name, before);
		if (before !== text && event !== 'void')
			said.push(`${name} means two things, one of them at ${where}: ${before} ${text}`);
	};
	for (const { name, replicas } of nodes) for (const intent of replicas.get(id)?.pending ?? []) look(intent, name);
	for (const intent of home?.pending ?? []) look(intent, 'its home');
	for (const entry of history.slice(read.get(id) ?? 0)) {
		const intent = intents.get(entry.id);
		if (intent) look(intent, 'the history');
	}
	read.set(id, history.length);
	return said;
}

interface Meanings {
	readonly words: Map<string, string>;
	readonly seen: Set<string>;
	/** Entries of the history that were looked at, by project. */
	readonly read: Map<string, number>;
}

function lostWishes(mesh: SeenMesh, project: SeenProject, node: SeenNode): readonly string[] {
	const settled = new Set<IntentId>(project.history.map(({ id }) => id));
	const { facts, pending = [] } = project.home ?? {};
	const vain = eventsOf(mesh.events, 'publishedInVain').filter((one) => one.project === project.id);
	const replica = node.replicas.get(project.id);
	if (!replica && project.homeName !== node.name) return [];
	const here = new Set<IntentId>([
		...(replica?.unsettled ?? []),
		...[...(replica?.pending ?? []), ...pending].map(({ author, n }): IntentId => `${author}#${n}`),
	]);
	return eventsOf(mesh.events, 'wish').flatMap(({ id, at, node: from, project: of, event, item }) => {
		if (of !== project.id || from !== node.name || settled.has(id) || here.has(id)) return [];
		if (hasLost(mesh.events, node.name, at)) return [];
		const split = id.lastIndexOf('#');
		// The facts that are here cover it, which the history will say when its home is back.
		const { acceptedUpTo = {} } = replica?.facts ?? facts ?? {};
		if ((acceptedUpTo[id.slice(0, split)] ?? 0) >= Number(id.slice(split + 1))) return [];
		// A home that was given up and does not know it settles what is lost with it; the next may never have heard its author.
		const isHeard = Object.hasOwn(acceptedUpTo, id.slice(0, split));
		if (!isHeard && vain.some(({ history }) => history.some((done) => done.id === id))) return [];
		return [`the wish ${id} (${event} of ${item}), acknowledged at ${from}, is nowhere`];
	});
}

function lostReports(mesh: SeenMesh, project: SeenProject, node: SeenNode, ledger: Ledger): readonly string[] {
	const isOf = (one: { readonly node: string; readonly project: string }): boolean =>
		one.node === node.name && one.project === project.id;
	const open = new Set(node.reporting.map(({ item, token }) => grantName(item, token)));
	const over = new Set(
		eventsOf(mesh.events, 'reportSettled')
			.filter(isOf)
			.map(({ item, token }) => grantName(item, token)),
	);
	for (const entry of project.history) {
		const token = project.intents.get(entry.id)?.token;
		if (token) over.add(grantName(entry.item, token));
		// Given back, or given to another since: what was said of it needed no intent under the token.
		if (!['release', 'delete', 'grant', 'abandon', 'defer', 'start'].includes(entry.event)) continue;
		for (const [name, { revision }] of ledger.of(project.id).granted) {
			if (name.startsWith(`${entry.item}/`) && revision < entry.revision) over.add(name);
		}
	}
	return eventsOf(mesh.events, 'reportSent').flatMap((event) => {
		const name = grantName(event.item, event.token);
		if (!isOf(event) || open.has(name) || over.has(name) || hasLost(mesh.events, node.name, event.at)) return [];
		return [`${node.name} sent how ${name} ended and knows nothing of it after its start`];
	});
}
