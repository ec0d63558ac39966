/**
 * Lines of runs on other machines, brought here while somebody follows an item, and told like those that are written
 * here. One stream for all who follow the same item; after a lost link it goes on where it was.
 */
import type { Rpc } from '../mesh/rpc.ts';
import { type ChangeEvent, findView, type ItemRef, type LogLine, type SeenItems } from '../operations/index.ts';
import type { ItemView } from '../pipeline/index.ts';
import { type Clock, GanglineError, type Log, type NodeId, pause } from '../ports/index.ts';
import { itemLines, type LinePosition } from '../protocol/work-methods.ts';

export interface FollowedItem {
	readonly project: string;
	readonly key: string;
	readonly name: string;
	readonly alias: string | null;
	/** Lines after a position, or from the end of what there is; ends or throws when it can be asked again. */
	readonly lines: (after: LinePosition | null, signal: AbortSignal) => AsyncIterable<readonly LogLine[]>;
}

/** An item of a replica, as its home tells it for a person; null where no such item is seen. */
export function followedAtHome(
	rpc: Pick<Rpc, 'askStream'>,
	{
		replica,
		home,
		item,
		person,
	}: {
		readonly replica: SeenItems & { readonly id: string };
		readonly home: () => NodeId | null;
		readonly item: ItemRef;
		readonly person: string;
	},
): FollowedItem | null {
	const view = viewOf(replica, item);
	if (view === null) return null;
	const project = replica.id;
	return {
		...{ project, key: view.key, name: view.name, alias: view.alias },
		async *lines(after, signal) {
			const node = home();
			if (node === null) return;
			const args = { project, key: view.key, after, person };
			for await (const { lines } of rpc.askStream(node, itemLines, args, { signal })) yield lines;
		},
	};
}

/** Null where nothing has that name; who follows has been told so by what they asked before. */
export function viewOf(items: SeenItems, ref: ItemRef): ItemView | null {
	try {
		return findView(items, ref);
	} catch (error) {
		if (error instanceof GanglineError && error.code === 'UNKNOWN_ITEM') return null;
		throw error;
	}
}

export interface LiveLogsOptions {
	readonly clock: Clock;
	readonly log: Log;
	readonly publish: (event: ChangeEvent) => void;
}

const againMs = 1_000;

export class LiveLogs {
	readonly #options: LiveLogsOptions;
	/** Each reader with a way of its own: one may lose the right to read, and the others go on. */
	readonly #followed = new Map<string, { readonly readers: Set<FollowedItem>; readonly controller: AbortController }>();

	constructor(options: LiveLogsOptions) {
		this.#options = options;
	}

	/** Whether its lines come this way now. */
	follows(project: string, key: string): boolean {
		return this.#followed.has(`${project}/${key}`);
	}

	/** Until the returned function is called by each who follows. */
	follow(item: FollowedItem): () => void {
		const id = `${item.project}/${item.key}`;
		const known = this.#followed.get(id);
		const followed = known ?? { readers: new Set(), controller: new AbortController() };
		const reader = { ...item };
		followed.readers.add(reader);
		if (known === undefined) {
			this.#followed.set(id, followed);
			void this.#run(followed.readers, followed.controller.signal);
		}
		return () => {
			followed.readers.delete(reader);
			if (followed.readers.size > 0 || followed.controller.signal.aborted) return;
			this.#followed.delete(id);
			followed.controller.abort();
		};
	}

	stop(): void {
		for (const { controller } of this.#followed.values()) controller.abort();
		this.#followed.clear();
	}

	async #run(readers: ReadonlySet<FollowedItem>, signal: AbortSignal): Promise<void> {
		const { clock, log, publish } = this.#options;
		const place: { after: LinePosition | null } = { after: null };
		for (let turn = 0; !signal.aborted; turn++) {
			const reader = [...readers][turn % readers.size];
			if (reader === undefined) return;
			const { project, key, name, alias, lines } = reader;
			try {
				for await (const some of lines(place.after, signal)) {
					for (const line of some) {
						if (signal.aborted) return;
						if (line.run === place.after?.run && line.seq <= place.after.seq) continue;
						place.after = { run: line.run, seq: line.seq };
						publish({ kind: 'log', at: line.at, project, key, name, alias, line });
					}
				}
			} catch (error) {
				if (signal.aborted) return;
				const why = error instanceof GanglineError ? { code: error.code, why: error.message } : { error };
				log.info('liveLog.interrupted', { project, item: key, ...why });
			}
			await pause(clock, againMs, signal).catch(() => undefined);
		}
	}
}
