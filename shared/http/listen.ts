/** Takes the address and leaves the note; says in words why it cannot. */
import type { FastifyInstance } from 'fastify';
import { type GanglineError, ganglineError } from '../ports/errors.ts';
import { ownIdentity, removeNote, writeNote } from './api-note.ts';
import type { ApiOptions, ListenOptions } from './create-api.ts';
import { portHolder } from './port-holder.ts';

interface Listening {
	readonly url: string;
	readonly removeNote: () => Promise<void>;
}

export async function listenOn(
	app: FastifyInstance,
	api: Pick<ApiOptions, 'token' | 'clock' | 'version'>,
	options: ListenOptions,
): Promise<Listening> {
	const { host = '127.0.0.1', port, noteAt } = options;
	const url = await app.listen({ host, port }).catch(async (error: unknown) => {
		throw await addressError(error, host, port);
	});
	if (noteAt === undefined) return { url, removeNote: async () => {} };
	const { token, version } = api;
	await writeNote(noteAt, { url, token, ...(await ownIdentity()), startedAt: api.clock.now(), version });
	return { url, removeNote: () => removeNote(noteAt, { token }) };
}

async function addressError(error: unknown, host: string, port: number): Promise<GanglineError> {
	const code = error instanceof Error && 'code' in error ? error.code : undefined;
	const details = { data: { host, port }, cause: error };
	if (code === 'EADDRINUSE') {
		const holder = await portHolder(port);
		const who = holder === null ? 'another program has it' : `${holder} has it`;
		return ganglineError('PORT_IN_USE', `cannot listen on ${host} port ${port}: ${who}`, {
			...details,
			hint: 'choose another with `gangline start --port <number>`, 0 takes any free one',
		});
	}
	return ganglineError('INVALID_CONFIG', `cannot listen on ${host} port ${port}: ${String(error)}`, {
		...details,
		hint: 'expected an address of this machine and a port from 1024 to 65535, or 0',
	});
}
