/**
 * What hostile machines do to a mesh and what must come of it: one row for each line of the table in SECURITY.md, which
 * a test holds equal to this list. A row either runs here, against processes over real TCP, or names the test that shows
 * it; that there is such a test is checked too.
 */

import type { HostileMember } from './hostile-member.ts';
import { elsewhere } from './hostile-mesh-elsewhere.ts';
import { frameAttacks } from './hostile-mesh-frames.ts';
import { memberAttacks } from './hostile-mesh-members.ts';
import { strangerAttacks } from './hostile-mesh-strangers.ts';
import { workerAttacks } from './hostile-mesh-workers.ts';
import type { HostileWorld, Standing, Victim } from './hostile-mesh-world.ts';

export interface Scene {
	readonly world: HostileWorld;
	/** Who attacks: as many as the row says, in its order. */
	readonly members: readonly HostileMember[];
	/** The first of them. */
	readonly eve: HostileMember;
}

/** How an attacker is named: in one line of that log, with this event. */
export interface Named {
	readonly by: Victim;
	readonly event: string;
	/** The rules were broken: there is no connection to it any more. */
	readonly isCutOff?: boolean;
}

export interface RunHere {
	readonly kind: 'here';
	/** Runs with all tests only: it waits for a limit of time. */
	readonly isLong?: boolean;
	readonly as: readonly Standing[];
	/** Attacks, and holds what is said to the attacker to what should be. */
	readonly run: (scene: Scene) => Promise<void>;
	/** Lines that name each of the attackers. */
	readonly named: readonly Named[];
	/**
	 * What may be different afterwards: nothing of what is held; or how the home answered (its facts have the refusal);
	 * or items, where the attacker had been given one. Main and the registry never.
	 */
	readonly leaves: 'nothing' | 'an answer' | 'an item that failed' | 'a revoked node';
}

export interface ShownElsewhere {
	readonly kind: 'elsewhere';
	readonly file: string;
	/** A part of the title that only this test has. */
	readonly title: string;
}

export interface MeshAttack {
	readonly name: string;
	readonly who: string;
	readonly what: string;
	readonly outcome: string;
	readonly proof: RunHere | ShownElsewhere;
}

export const meshAttacks = (): readonly MeshAttack[] => [
	...strangerAttacks,
	...memberAttacks,
	...workerAttacks,
	...frameAttacks,
	...elsewhere,
];

/** The table of SECURITY.md. */
export function meshAttackTable(): string {
	const rows = meshAttacks().map(({ who, what, outcome }) => `| ${who} | ${what} | ${outcome} |`);
	return ['| who | tries | and then |', '|---|---|---|', ...rows].join('\n');
}
