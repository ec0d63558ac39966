/**
 * What a seed's faults are: a random subset of the kinds, each at a time and for a while that the seed draws. Each run
 * has some crashes and one partition that outlives two leases, because a run without them says little.
 */
import type { SimRandom } from '../../../shared/ports/sim/index.ts';
import { diskFaults } from './faults-disk.ts';
import { gitFaults } from './faults-git.ts';
import { hostileFaults } from './faults-hostile.ts';
import { meshFaults } from './faults-mesh.ts';
import { networkFaults } from './faults-network.ts';
import { processFaults } from './faults-process.ts';
import { type Fault, type FaultKind, faultKinds } from './types.ts';
import { busyMs } from './workload.ts';
import type { World } from './world.ts';

/** A kind: how long it lasts, and how it is made anew for each time. */
export interface FaultMaker {
	readonly forMs: readonly [number, number];
	readonly make: () => Omit<Fault<World>, 'kind'>;
}

export type Makers = { readonly [Kind in FaultKind]?: FaultMaker };

export interface PlannedFault {
	readonly fault: Fault<World>;
	readonly atMs: number;
	readonly forMs: number;
	readonly random: SimRandom;
	state: 'coming' | 'on' | 'over';
}

const makers: Makers = {
	...networkFaults,
	...processFaults,
	...diskFaults,
	...gitFaults,
	...meshFaults,
	...hostileFaults,
};
/** In nearly every run. */
const usual: readonly FaultKind[] = ['longPartition', 'crashProcess', 'crashHome', 'crashAtStep'];
/** In every second one, where others are in every fourth. */
const likely: ReadonlySet<FaultKind> = new Set(['forgery', 'personRevoked', 'crashInLanding']);

/** All that will go wrong, in order of time. */
export function drawFaults(random: SimRandom, only?: readonly FaultKind[]): PlannedFault[] {
	const isDrawn = (kind: FaultKind): boolean => random.below(likely.has(kind) ? 2 : 4) === 0;
	const kinds = only ?? [...usual, ...faultKinds.filter((kind) => !usual.includes(kind) && isDrawn(kind))];
	const planned = kinds.flatMap((kind) => {
		const own = random.fork(kind);
		const times = only === undefined && usual.includes(kind) ? 1 : 1 + own.below(2);
		return Array.from({ length: times }, (_, n) => plan(kind, own.fork(`${n}`)));
	});
	return planned.flatMap((one) => one ?? []).sort((a, b) => a.atMs - b.atMs || (a.fault.kind < b.fault.kind ? -1 : 1));
}

function plan(kind: FaultKind, random: SimRandom): PlannedFault | null {
	const maker = makers[kind];
	if (!maker) return null;
	const [least, most] = maker.forMs;
	const forMs = least + random.below(most - least + 1);
	const atMs = 4_000 + random.below(Math.max(1, busyMs - 4_000 - Math.min(forMs, busyMs / 2)));
	return { fault: { kind, ...maker.make() }, atMs, forMs, random: random.fork('begin'), state: 'coming' };
}
