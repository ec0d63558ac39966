/**
 * One reader of the event stream (server-sent events). Its buffer is bounded: a reader that is too slow loses events,
 * is told how many, and reads again; one that takes nothing for half a minute is cut off. It never slows the node.
 */
import type { ServerResponse } from 'node:http';
import type { Args, ChangeEvent } from '../operations/index.ts';
import type { Clock } from '../ports/clock.ts';

/** Where changes come from. The listener must be quick and must not throw. */
export interface EventSource {
	subscribe(listener: (event: ChangeEvent) => void, followed?: FollowedLog | null): () => void;
}

/** The log of one item that a person follows. */
export interface FollowedLog {
	readonly project: string;
	readonly item: NonNullable<EventFilter['item']>;
	readonly person: string;
}

export type EventFilter = Omit<Args<'events'>, 'project'> & { readonly projectId: string | null };

/** Bytes that may wait for one reader: a screen of log lines, times some. */
const bufferBytesMax = 1024 * 1024;
const heartbeatMs = 15_000;
const stalledMsMax = 30_000;

/** Whether a reader with this filter wants to see the event. What concerns the whole stream always passes. */
function wants(filter: EventFilter, event: ChangeEvent): boolean {
	if (event.kind === 'hello' || event.kind === 'dropped' || event.kind === 'alive' || event.kind === 'stopping')
		return true;
	if (filter.kinds !== undefined && !filter.kinds.includes(event.kind)) return false;
	const projectId = event.kind === 'project' ? event.project.id : event.project;
	if (filter.projectId !== null && projectId !== null && projectId !== filter.projectId) return false;
	return filter.item === undefined || concernsItem(filter.item, event);
}

function concernsItem(ref: NonNullable<EventFilter['item']>, event: ChangeEvent): boolean {
	const item = event.kind === 'item' ? event.item : event.kind === 'log' || event.kind === 'itemGone' ? event : null;
	if (item === null) return true;
	if (ref.kind === 'key') return item.key === ref.key;
	if (ref.kind === 'number') return item.name === `#${ref.number}`;
	return item.name === ref.alias || ('alias' in item && item.alias === ref.alias);
}

function followedBy({ projectId, item, kinds }: EventFilter, person: string): FollowedLog | null {
	if (projectId === null || item === undefined || !kinds?.includes('log')) return null;
	return { project: projectId, item, person };
}

/** Serves one reader until either side ends it. The returned function ends it from our side. */
export function serveEvents(options: {
	readonly response: ServerResponse;
	readonly events: EventSource;
	readonly filter: EventFilter;
	readonly person: string;
	readonly clock: Clock;
	readonly version: string;
	readonly onEnd: () => void;
}): () => void {
	const { response, events, filter, clock } = options;
	let id = 0;
	let dropped = 0;
	let ended = false;
	let cancelHeartbeat = (): void => {};
	let cancelStall = (): void => {};

	const write = (event: ChangeEvent): void => {
		id += 1;
		response.write(`id: ${id}\nevent: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`);
	};
	const offer = (event: ChangeEvent): void => {
		if (ended || !wants(filter, event)) return;
		// Once something was dropped nothing follows until the reader has been told so.
		if (dropped === 0 && response.writableLength <= bufferBytesMax) {
			write(event);
			return;
		}
		if (dropped === 0) cancelStall = clock.after(stalledMsMax, () => response.destroy());
		dropped += 1;
	};
	const onDrain = (): void => {
		if (dropped === 0) return;
		cancelStall();
		const events = dropped;
		dropped = 0;
		write({ kind: 'dropped', at: clock.now(), events });
	};
	const beat = (): void => {
		// An event and no comment: browsers do not tell a page of comments, and a dead line looks like a quiet one.
		if (dropped === 0 && response.writableLength <= bufferBytesMax) write({ kind: 'alive', at: clock.now() });
		cancelHeartbeat = clock.after(heartbeatMs, beat);
	};
	const end = (): void => {
		if (ended) return;
		ended = true;
		unsubscribe();
		cancelHeartbeat();
		cancelStall();
		options.onEnd();
	};

	response.writeHead(200, {
		'content-type': 'text/event-stream; charset=utf-8',
		'cache-control': 'no-store',
		'x-accel-buffering': 'no',
	});
	response.on('drain', onDrain);
	response.on('close', end);
	response.on('error', end);
	const unsubscribe = events.subscribe(offer, followedBy(filter, options.person));
	write({ kind: 'hello', at: clock.now(), version: options.version });
	cancelHeartbeat = clock.after(heartbeatMs, beat);
	return () => {
		if (!ended) write({ kind: 'stopping', at: clock.now() });
		end();
		response.end();
	};
}
