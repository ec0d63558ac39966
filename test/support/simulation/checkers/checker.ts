/** How a checker is made: its invariant, its name, and what it looks at after each step and at the end. */
import type { Checker, SeenMesh, SimEvent } from '../types.ts';
import type { Ledger } from './ledger.ts';

export interface Parts {
	readonly step?: (mesh: SeenMesh) => readonly string[];
	readonly end?: (mesh: SeenMesh) => readonly string[] | Promise<readonly string[]>;
}

const nothing = (): readonly string[] => [];

export function checker(
	invariant: Checker['invariant'],
	name: string,
	{ step = nothing, end = nothing }: Parts,
): Checker {
	return { invariant, name, step, end };
}

/** One that says what the ledger found, and `parts` besides. */
export function ledgerChecker(
	ledger: Ledger,
	[invariant, name]: readonly [Checker['invariant'], string],
	parts: Parts = {},
): Checker {
	const read = (mesh: SeenMesh): readonly string[] => {
		ledger.read(mesh);
		return ledger.take(invariant);
	};
	return checker(invariant, name, {
		step: (mesh) => [...read(mesh), ...(parts.step?.(mesh) ?? [])],
		end: async (mesh) => [...read(mesh), ...((await parts.end?.(mesh)) ?? [])],
	});
}

/** Events of one kind in the order in which they came. */
export function eventsOf<Kind extends SimEvent['kind']>(
	events: readonly SimEvent[],
	kind: Kind,
): readonly Extract<SimEvent, { readonly kind: Kind }>[] {
	return events.filter((event): event is Extract<SimEvent, { readonly kind: Kind }> => event.kind === kind);
}

/** Whether the disk of a node was put back, or lost something, at or after `since`. */
export function hasLost(events: readonly SimEvent[], node: string, since = 0): boolean {
	return eventsOf(events, 'diskLost').some((event) => event.node === node && event.at >= since);
}
