/**
 * What the ledger alone shows: [I2] every accepted transition is a row of the table; [I8] nothing starts before what it
 * depends on; [I10] an epic is done whole or not at all; [I11] counters of tries are reset by people and landings only,
 * and no loop goes past its cap.
 */
import type { Checker, SeenMesh } from '../types.ts';
import { eventsOf, ledgerChecker } from './checker.ts';
import type { Ledger } from './ledger.ts';
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
	const step = (mesh: SeenMesh): readonly string[] => {
		for (const { project, history } of eventsOf(mesh.fresh, 'published')) {
			for (const { item, event, outcome } of history) {
				if (outcome !== 'applied') continue;
				const name = `${project} ${item}`;
				if (resets.has(event)) started.delete(name);
				else if (event === 'grant') started.set(name, (started.get(name) ?? 0) + 1);
			}
		}
		return [...started].flatMap(([name, count]) => {
			const isOver = count > caps.totalAttempts && mesh.projects.every(({ id }) => ledger.of(id).losses === 0);
			if (!isOver) return [];
			started.delete(name);
			return [`${name} was granted ${count} times, at most ${caps.totalAttempts} may be without a person`];
		});
	};
	return ledgerChecker(ledger, [11, 'counters stay'], { step });
}
