/**
 * [I4] Nothing under another token than the item's, or by another than its holder, is accepted; a spent token is never
 * valid again. [I5] At most one grant of an item role; at most one live process tree for it on a node, whose end is
 * shown before anything is said of it; nobody loses an item while it is heard of. Most is in the ledger; here is what
 * only the order of events shows.
 */
import type { Checker, SeenMesh, SeenNode, SimEvent } from '../types.ts';
import { eventsOf, ledgerChecker } from './checker.ts';
import { Contact } from './contact.ts';
import { grantName, type Ledger } from './ledger.ts';

export function tokensHold(ledger: Ledger): Checker {
	const words = new Words();
	const step = (mesh: SeenMesh): readonly string[] => [
		...words.read(mesh, ledger),
		...mesh.projects.flatMap((project) =>
			project.repository.chain.slice(0, 3).flatMap(({ commit, landing }) => {
				if (!landing || ledger.of(project.id).losses > 0) return [];
				const isGranted = ledger.of(project.id).granted.has(grantName(landing.item, landing.token));
				const token = landing.token.join('.');
				return isGranted ? [] : [`${commit} landed under ${token}, which was never given for ${landing.item}`];
			}),
		),
	];
	return ledgerChecker(ledger, [4, 'tokens hold'], { step: once(step) });
}

const verdictOf: Readonly<Record<string, string>> = { qaPassed: 'pass', qaFailed: 'fail' };

/** What is accepted of a grant was said by the node that holds it, whatever the home writes down. */
class Words {
	readonly #said = new Set<string>();
	/** What QA said under a grant. */
	readonly #verdicts = new Set<string>();

	read(mesh: SeenMesh, ledger: Ledger): readonly string[] {
		for (const { project, item, token, verdict } of eventsOf(mesh.fresh, 'judged')) {
			this.#verdicts.add(`${project}/${grantName(item, token)} ${verdict}`);
		}
		for (const { node, project, item, token } of eventsOf(mesh.fresh, 'reportSent')) {
			this.#said.add(`${node} ${project}/${grantName(item, token)}`);
		}
		return eventsOf(mesh.fresh, 'published').flatMap(({ project, history }) => {
			const intents = mesh.projects.find(({ id }) => id === project)?.intents;
			return history.flatMap(({ id, item, event, by, outcome }) => {
				const token = intents?.get(id)?.token;
				if (outcome !== 'applied' || !token || (by !== 'gates' && by !== 'agent')) return [];
				const holder = ledger.of(project).granted.get(grantName(item, token))?.holder;
				const node = mesh.nodes.find((one) => holder?.startsWith(`${one.id}.`))?.name;
				const grant = `${project}/${grantName(item, token)}`;
				if (!node) return [];
				if (!this.#said.has(`${node} ${grant}`))
					return [`${event} of ${item} was accepted for ${node}, which never said so`];
				const verdict = verdictOf[event];
				return verdict === undefined || this.#verdicts.has(`${grant} ${verdict}`)
					? []
					: [`${event} of ${item} was accepted, and ${node} said something else of it`];
			});
		});
	}
}

export function oneAtWork(ledger: Ledger): Checker {
	const order = new Order();
	const contact = new Contact();
	const lost = new Lost();
	const look = (mesh: SeenMesh): readonly string[] => [
		...mesh.nodes.flatMap(({ name, attempts }) => {
			const live = attempts.filter(({ isLive }) => isLive).map(({ project, item }) => `${project}/${item}`);
			const twice = new Set(live.filter((one, i) => live.indexOf(one) !== i));
			return [...twice].map(
				(item) => `${name} has ${live.filter((one) => one === item).length} live trees for ${item}`,
			);
		}),
		...mesh.nodes.flatMap(begunOverReport),
		...order.read(mesh, ledger),
		...takenFromHeard(mesh, ledger, contact),
		...lost.read(mesh, contact),
	];
	const step = (mesh: SeenMesh): readonly string[] => {
		contact.read(mesh);
		return look(mesh);
	};
	return ledgerChecker(ledger, [5, 'one at work'], { step: once(step) });
}

/** Whoever still has to say how an item's last run ended begins none: what it says may end the item. */
function begunOverReport({ name, attempts, reporting }: SeenNode): readonly string[] {
	return attempts.flatMap(({ isLive, project, item, token }) => {
		const before = reporting.find(
			(one) => one.project === project && one.item === item && one.token.join('.') !== token.join('.'),
		);
		if (!isLive || before === undefined) return [];
		return [`${name} works on ${grantName(item, token)} while its report about ${grantName(item, before.token)} waits`];
	});
}

/** What must come before what: the grant, the agent, its end, the report. */
class Order {
	/** Grants that were durable at the end of the last step, or were published since. */
	readonly #durable = new Set<string>();
	/** Trees that began and have not ended, by node and grant. */
	readonly #live = new Set<string>();
	/** Of those that are over: what could not be ended lives, by node and item. */
	readonly #survivors = new Set<string>();
	/** Settled, and nobody works under it any more: a frozen item keeps who works, and goes on. */
	readonly #over = new Set<string>();

	read(mesh: SeenMesh, ledger: Ledger): readonly string[] {
		const said = mesh.fresh.flatMap((event) => this.#note(event, ledger));
		for (const event of eventsOf(mesh.fresh, 'reportSettled')) {
			const item = mesh.projects.find(({ id }) => id === event.project)?.home?.facts.items[event.item];
			const isOver = item && (item.role === null || item.token?.join('.') !== event.token.join('.'));
			if (isOver) this.#over.add(this.#nameOf(event));
		}
		for (const { id } of mesh.projects) {
			for (const name of ledger.of(id).granted.keys()) this.#durable.add(`${id}/${name}`);
		}
		return said;
	}

	#note(event: SimEvent, ledger: Ledger): readonly string[] {
		switch (event.kind) {
			case 'published':
			case 'publishedInVain':
				for (const { item, event: what, outcome, revision } of event.history) {
					if (what !== 'grant' || outcome !== 'applied') continue;
					this.#durable.add(`${event.project}/${grantName(item, [event.term, revision])}`);
				}
				return [];
			case 'crash':
				for (const names of [this.#live, this.#survivors]) {
					for (const name of names) if (name.startsWith(`${event.node} `)) names.delete(name);
				}
				return [];
			case 'agentSurvives':
				this.#live.delete(this.#nameOf(event));
				this.#survivors.add(`${event.node} ${event.project}/${event.item}`);
				return [];
			case 'agentEnded':
				this.#live.delete(this.#nameOf(event));
				this.#survivors.delete(`${event.node} ${event.project}/${event.item}`);
				return [];
			case 'agentStarted': {
				const name = this.#nameOf(event);
				const isTwice = this.#live.has(name);
				this.#live.add(name);
				const grant = `${event.project}/${grantName(event.item, event.token)}`;
				if (this.#survivors.has(`${event.node} ${event.project}/${event.item}`)) {
					return [`${name} was begun beside what lives of the one before`];
				}
				if (isTwice) return [`${name} was begun while it runs`];
				if (this.#over.has(name)) return [`${name} was begun though it had been settled and is over`];
				if (this.#durable.has(grant) || ledger.of(event.project).losses > 0) return [];
				return [`${name} was begun before its grant was a fact`];
			}
			case 'reportSent':
				return this.#live.has(this.#nameOf(event)) ? [`${this.#nameOf(event)} was reported while its tree lives`] : [];
			default:
				return [];
		}
	}

	#nameOf({
		node,
		project,
		item,
		token,
	}: Pick<Extract<SimEvent, { kind: 'agentStarted' }>, 'node' | 'project' | 'item' | 'token'>): string {
		return `${node} ${project}/${grantName(item, token)}`;
	}
}

/**
 * Who could not be reached is dialled again each half minute, and says that it lives each five seconds: one whose time is
 * up within this of being in reach again may have been silent all that time.
 */
const heardMs = 36_000;

/** Nobody loses an item as silent whom its home could hear. */
function takenFromHeard(mesh: SeenMesh, ledger: Ledger, contact: Contact): readonly string[] {
	return eventsOf(mesh.fresh, 'published').flatMap(({ project, node, history }) =>
		history.flatMap(({ item, event, outcome, reason, revision }) => {
			if (event !== 'release' || outcome !== 'applied' || !reason?.includes('not heard of')) return [];
			const grant = [...ledger.of(project).granted].findLast(
				([name, { revision: given }]) => name.startsWith(`${item}/`) && given < revision,
			);
			const holder = mesh.nodes.find(({ id }) => grant?.[1].holder.startsWith(`${id}.`))?.name;
			const metMs = contact.metMs(holder ?? '', node, mesh.nowMs);
			return metMs > heardMs ? [`${holder} lost ${item} as silent, though it met ${node} for ${metMs} ms`] : [];
		}),
	);
}

/** Who has lost an item and meets its home hears of it, and stops; to whom was revoked nobody speaks any more. */
class Lost {
	readonly #since = new Map<string, number>();

	read(mesh: SeenMesh, contact: Contact): readonly string[] {
		const over = mesh.nodes.flatMap(({ name, id: node, attempts }) =>
			attempts.flatMap(({ isLive, project: id, item, token }) => {
				const project = mesh.projects.find((one) => one.id === id);
				if (!project?.home || !isLive || mesh.registry.nodes[node]?.status === 'revoked') return [];
				if (project.home.facts.items[item]?.token?.join('.') === token.join('.')) return [];
				const attempt = `${name} ${id}/${grantName(item, token)}`;
				const since = this.#since.get(attempt) ?? mesh.nowMs;
				return [{ attempt, since, metMs: contact.metMs(name, project.homeName, mesh.nowMs) }];
			}),
		);
		this.#since.clear();
		for (const { attempt, since } of over) this.#since.set(attempt, since);
		return over
			.filter(({ since, metMs }) => Math.min(mesh.nowMs - since, metMs) > toldMs)
			.map(({ attempt }) => `${attempt} goes on though its grant is over and its home could say so`);
	}
}

/** Within this the two have found each other, a home has told it, whoever else it asks first in vain, and an agent has ended. */
const toldMs = heardMs + 11_000;

/** What stays wrong is said once. */
function once(step: (mesh: SeenMesh) => readonly string[]): (mesh: SeenMesh) => readonly string[] {
	const said = new Set<string>();
	return (mesh) =>
		step(mesh).filter((words) => {
			const isNew = !said.has(words);
			said.add(words);
			return isNew;
		});
}
