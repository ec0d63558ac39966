/** The checkers of all invariants, made anew for each seed. They judge from outside and ask nothing of the product. */
import type { Checker } from '../types.ts';
import { boundsHold } from './bounds.ts';
import { countersStay, groupsAreWhole, startsAfterDependencies, transitionsAreRows } from './by-the-table.ts';
import { acknowledgedStays } from './durability.ts';
import { landsOnce, mainMoves } from './landings.ts';
import { Ledger } from './ledger.ts';
import { progressResumes } from './progress.ts';
import { replicasEqual } from './replicas-equal.ts';
import { rightsHold } from './rights.ts';
import { settledOnce } from './settled-once.ts';
import { oneAtWork, tokensHold } from './tokens-and-grants.ts';
import { workKept } from './work-kept.ts';

export function allCheckers(): readonly Checker[] {
	const ledger = new Ledger();
	return [
		replicasEqual(),
		transitionsAreRows(ledger),
		landsOnce(ledger),
		tokensHold(ledger),
		oneAtWork(ledger),
		acknowledgedStays(ledger),
		workKept(ledger),
		startsAfterDependencies(ledger),
		mainMoves(ledger),
		groupsAreWhole(ledger),
		countersStay(ledger),
		progressResumes(ledger),
		rightsHold(ledger),
		settledOnce(ledger),
		boundsHold(ledger),
	];
}
