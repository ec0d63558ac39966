/** A port of 127.0.0.1 that is free now and was given to nobody else. */
import { createServer } from 'node:net';
import { ganglineError } from '../ports/index.ts';

const first = 22_200;
const last = 23_199;

/** Whether nobody listens at that port of 127.0.0.1. */
export type PortProbe = (port: number) => Promise<boolean>;

/** @throws GanglineError UNSUITABLE_MACHINE where none is left */
export async function freePort(taken: ReadonlySet<number>, isFree: PortProbe): Promise<number> {
	for (let port = first; port <= last; port += 1) if (!taken.has(port) && (await isFree(port))) return port;
	throw ganglineError('UNSUITABLE_MACHINE', `no port from ${first} to ${last} is free on 127.0.0.1`, {
		hint: 'delete projects in containers that are not needed: gangline containers',
	});
}

/** `port` while it is free, else another one: what was chosen minutes ago may be somebody else's by now. */
export async function keptOrFree(port: number, taken: ReadonlySet<number>, isFree: PortProbe): Promise<number> {
	return (await isFree(port)) ? port : freePort(new Set([...taken, port]), isFree);
}

/** By listening there for a moment. */
export const isPortFree: PortProbe = (port) =>
	new Promise((resolve) => {
		const server = createServer();
		server.once('error', () => resolve(false));
		server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
	});
