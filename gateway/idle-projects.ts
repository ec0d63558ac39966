/** What projects in containers have to do, read from their replicas at the gateway: for whoever puts them to sleep. */

import type { Doing } from '../shared/provision/index.ts';
import { type ReplicaSet, seenItems } from '../shared/replica/index.ts';

/** Stages that a home goes on from by itself. */
const active: ReadonlySet<string> = new Set(['backlog', 'coding', 'qa', 'merge', 'mergeFailure']);

export function doingIn(replicas: Pick<ReplicaSet, 'find'>, project: string): Doing {
	const seat = replicas.find({ kind: 'id', id: project });
	if (seat === undefined) return 'unknown';
	if (seat.replica.waitsForHome) return 'wished';
	const views = seat.replica.views();
	let doing: Doing = 'nothing';
	for (const { key, stage, held, needsYou, tentative } of seenItems(seat)) {
		if (tentative) return 'wished';
		const waits = held || needsYou !== null || (stage === 'backlog' && (views.get(key)?.unmet.length ?? 0) > 0);
		if (active.has(stage) && !waits) doing = 'work';
	}
	return doing;
}
