/**
 * What the ledger alone shows: [I2] every accepted transition is a row of the table; [I8] nothing starts before what it
 * depends on; [I10] an epic is done whole or not at all; [I11] counters of tries are reset by people and landings only,
 * and no loop goes past its cap.
 */
import type { Checker, SeenMesh } from '../types.ts';
import { eventsOf, ledgerChecker } from './checker.ts';
import { grantName, type Ledger } from './ledger.ts';
import { caps } from './rulebook.ts';

export function transitionsAreRows(ledger: Ledger): Checker {
	return ledgerChecker(ledger, [2, 'transitions are rows']);
}

export function startsAfterDependencies(ledger: Ledger): Checker {
	return ledgerChecker(ledger, [8, 'starts after dependencies']);
}

export function groupsAreWhole(ledger: Ledger): Checker {
	return ledgerChecker(ledger, [10, 'groups are whole']);
}

/** Counted from the events too: whatever the item says, agents were started only so often since a person spoke. */
export function countersStay(ledger: Ledger): Checker {
	const started = new Map<string, number>();
	const resets: ReadonlySet<string> = new Set([
		'unblock',
		'requestChanges',
		'reopen',
		'landed',
		'foundOnMain',
		'delete',
	]);
	const givenBack = new Set<string>();
	const step = (mesh: SeenMesh): readonly string[] => {
		const paid = costOfNothing(mesh, givenBack);
		for (const { project, history } of eventsOf(mesh.fresh, 'published')) {
			for (const { item, event, outcome } of history) {
				if (outcome !== 'applied') continue;
				const name = `${project} ${item}`;
				if (resets.has(event)) started.delete(name);
				else if (event === 'grant') started.set(name, (started.get(name) ?? 0) + 1);
			}
		}
		const tooOften = [...started].flatMap(([name, count]) => {
			const isOver = count > caps.totalAttempts && mesh.projects.every(({ id }) => ledger.of(id).losses === 0);
			if (!isOver) return [];
			started.delete(name);
			return [`${name} was granted ${count} times, at most ${caps.totalAttempts} may be without a person`];
		});
		return [...paid, ...tooOften];
	};
	return ledgerChecker(ledger, [11, 'counters stay'], { step });
}

/**
 * What only gives an item back (a limit of an account, a stop) costs it no try. `givenBack`: such grants; one of a frozen
 * item may go on.
 */
function costOfNothing({ fresh, projects }: SeenMesh, givenBack: Set<string>): readonly string[] {
	return fresh.flatMap((event) => {
		if (event.kind === 'agentStarted') givenBack.delete(`${event.project} ${grantName(event.item, event.token)}`);
		if (event.kind === 'reportSent' && (event.report === 'rateLimited' || event.report === 'stopped')) {
			givenBack.add(`${event.project} ${grantName(event.item, event.token)}`);
		}
		if (event.kind !== 'published') return [];
		const intents = projects.find(({ id }) => id === event.project)?.intents;
		return event.history.flatMap(({ id, item, event: what, outcome }) => {
			const token = intents?.get(id)?.token;
			if (what !== 'attemptFailed' || outcome !== 'applied' || !token) return [];
			const name = grantName(item, token);
			return givenBack.has(`${event.project} ${name}`) ? [`${name} counts as failed, and was only given back`] : [];
		});
	});
}
