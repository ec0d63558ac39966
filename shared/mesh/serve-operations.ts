/**
 * What one member answers another for a person: operations of the registry over rpc, and the stream of changes. Who asks
 * is the person's access in the registry and what the peer may name, never what the message says [I13]. What a process
 * does to itself (stop, back up, join) is for its own machine and is not answered here.
 */
import type { z } from 'zod';
import type { EventSource } from '../http/index.ts';
import { type AskedOperation, type ChangeEvent, operations, parseOperationName } from '../operations/index.ts';
import { type Clock, ganglineError, type Peer } from '../ports/index.ts';
import { eventStream, operationMethod } from '../protocol/mesh.ts';
import { callerFor, memberOf } from '../registry/index.ts';
import type { Mesh } from './open-mesh.ts';

export interface OperationService {
	readonly mesh: Mesh;
	readonly clock: Clock;
	/** Checks the access, parses the arguments, answers (`answerOperation`). */
	readonly answer: (asked: AskedOperation) => Promise<unknown>;
	readonly events: EventSource;
}

/** Events that wait for one reader; what exceeds it is dropped and said. */
const eventsWaitingMax = 2_000;

/** Serves operations to members that speak for a person, and changes to the gateway. */
export function serveOperations({ mesh, clock, answer, events }: OperationService): void {
	mesh.rpc.serve(operationMethod, async ({ operation, args, person }, peer) => {
		const caller = callerFor(mesh.facts(), peer, person);
		const name = parseOperationName(operation);
		if (name === 'events')
			throw ganglineError('INVALID_ARGUMENT', 'events is a stream: it is not asked as an operation');
		const { kind, runsAt } = operations[name];
		if ((runsAt === 'node' && kind === 'command') || name === 'gateway.stop' || name === 'gateway.backup') {
			throw ganglineError('FORBIDDEN', `${name} is asked on the machine itself, not over the mesh`);
		}
		return jsonOf(await answer({ name, input: args, caller }));
	});
	mesh.rpc.serveStream(eventStream, (_args, peer, signal) => {
		refuseOthersThanGateway(mesh, peer);
		return eventsOf(events, clock, signal);
	});
}

function refuseOthersThanGateway(mesh: Mesh, peer: Peer): void {
	if (memberOf(mesh.facts(), peer.node)?.duties.includes('gateway')) return;
	throw ganglineError('FORBIDDEN', `${peer.node} is not the gateway: changes are read from a replica`);
}

/** As JSON has it: what is undefined is not there. */
function jsonOf(result: unknown): z.input<typeof operationMethod.result> {
	return JSON.parse(JSON.stringify(result ?? null));
}

/** Changes from now on, until `signal`; a reader that is too slow is told how many it has missed. */
async function* eventsOf(events: EventSource, clock: Clock, signal: AbortSignal): AsyncGenerator<ChangeEvent> {
	const waiting: ChangeEvent[] = [];
	let dropped = 0;
	let wake = (): void => {};
	const unsubscribe = events.subscribe((event) => {
		if (waiting.length >= eventsWaitingMax) dropped += 1;
		else waiting.push(event);
		wake();
	});
	const onAbort = (): void => wake();
	signal.addEventListener('abort', onAbort, { once: true });
	try {
		while (!signal.aborted) {
			const event = waiting.shift();
			if (event !== undefined) {
				yield event;
				continue;
			}
			if (dropped > 0) {
				const missed = dropped;
				dropped = 0;
				yield { kind: 'dropped', at: clock.now(), events: missed };
				continue;
			}
			await new Promise<void>((resolve) => {
				wake = resolve;
			});
		}
	} finally {
		unsubscribe();
		signal.removeEventListener('abort', onAbort);
	}
}
