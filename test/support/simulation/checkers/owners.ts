/**
 * What owners set for a project as a whole holds: while it is paused its home begins nothing and lands nothing, also
 * after a crash, and neither does the home to which it is handed over; and all that one home grants costs no more than the budget, whoever is cut off, dies or reports twice.
 */
import type { SeenMesh, SimEvent } from '../types.ts';
import { eventsOf } from './checker.ts';
import { grantName } from './ledger.ts';

/** What was on its way when a project was paused is over within this: offers that nobody answers, gates. */
const underWayMs = 20_000;

export class Pauses {
	/** Since when a project is paused, and where. */
	readonly #since = new Map<string, { readonly node: string; readonly atMs: number }>();

	read({ fresh }: SeenMesh): readonly string[] {
		return fresh.flatMap((event) => {
			if (event.kind === 'pausing') {
				if (event.paused) this.#since.set(event.project, { node: event.node, atMs: event.at });
				else this.#since.delete(event.project);
			}
			if (event.kind === 'homeMoved') this.#moved(event);
			const isWork = event.kind === 'grant' || (event.kind === 'mainMoved' && event.by === 'landing');
			const paused = isWork ? this.#since.get(event.project) : undefined;
			if (!isWork || paused?.node !== event.node || event.at - paused.atMs < underWayMs) return [];
			const what = event.kind === 'grant' ? `gave ${event.item} to ${event.holder}` : `landed ${event.to}`;
			return [`${event.node} ${what}, though the project is paused for ${event.at - paused.atMs} ms`];
		});
	}

	/** Whoever takes over from a home that is lost knows nothing of it. */
	#moved({ project, how, to: node }: Move): void {
		const paused = this.#since.get(project);
		if (paused && how === 'sealed') this.#since.set(project, { ...paused, node });
		else this.#since.delete(project);
	}
}

type Move = Extract<SimEvent, { readonly kind: 'homeMoved' }>;

/** A cent is what adding up may be wrong by. */
const slackUsd = 0.01;

export class Budgets {
	/** Whose grant a run is, by project and grant. */
	readonly #homes = new Map<string, string>();
	/** What runs have cost, by the home that granted them and project. */
	readonly #spent = new Map<string, number>();

	read({ fresh, projects }: SeenMesh): readonly string[] {
		for (const { node, project, item, token } of eventsOf(fresh, 'grant')) {
			this.#homes.set(`${project}/${grantName(item, token)}`, node);
		}
		return eventsOf(fresh, 'agentStarted').flatMap(({ project, item, token, costUsd }) => {
			const home = this.#homes.get(`${project}/${grantName(item, token)}`);
			const budgetUsd = projects.find(({ id }) => id === project)?.budgetUsd ?? null;
			if (home === undefined || budgetUsd === null) return [];
			const spent = (this.#spent.get(`${home} ${project}`) ?? 0) + costUsd;
			this.#spent.set(`${home} ${project}`, spent);
			return spent > budgetUsd + slackUsd
				? [`what ${home} has granted costs ${spent.toFixed(2)} USD, and the budget is ${budgetUsd}`]
				: [];
		});
	}
}
