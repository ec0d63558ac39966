/** What changes in a replica, as events of the stream: items as they are seen here now, and items that are gone. */
import type { ChangeEvent } from '../operations/index.ts';
import { seenItem } from './replica-answers.ts';
import type { ReplicaSeat } from './seat.ts';

/** Changes within this time are told together. */
const debounceMs = 20;

/** Publishes changes until the returned function is called. */
export function followReplica(seat: ReplicaSeat, publish: (event: ChangeEvent) => void): () => void {
	const { replica, clock } = seat;
	const due = new Set<string>();
	let pending = pendingItems(seat);
	let cancel: (() => void) | undefined;

	const tell = (): void => {
		cancel = undefined;
		const keys = [...due];
		due.clear();
		const at = clock.now();
		for (const key of keys) {
			const item = seenItem(seat, key);
			if (item) publish({ kind: 'item', at, project: replica.id, item, why: item.tentative ? 'tentative' : 'synced' });
			else publish({ kind: 'itemGone', at, project: replica.id, key, name: key });
		}
	};
	const unsubscribe = replica.subscribe(({ items }) => {
		const now = pendingItems(seat);
		for (const key of items ?? []) due.add(key);
		for (const key of [...pending, ...now]) due.add(key);
		pending = now;
		if (due.size > 0) cancel ??= clock.after(debounceMs, tell);
	});
	return () => {
		unsubscribe();
		cancel?.();
	};
}

/** Items that somebody wants something with that is not settled: they look otherwise here than at the home. */
function pendingItems({ replica }: ReplicaSeat): ReadonlySet<string> {
	return new Set(replica.pending().map(({ item }) => item));
}
