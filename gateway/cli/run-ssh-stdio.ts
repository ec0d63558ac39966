/**
 * `gangline ssh --stdio`: this process as a line between OpenSSH's client, whose `ProxyCommand` it is, and the sshd of a
 * project in a container, wherever that is. What is said on stdout is the sshd's alone.
 */
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tunnelKeyHeader, tunnelUpgrade } from '../../shared/http/tunnel-words.ts';
import { bridge, streamEnd } from '../../shared/mesh/tunnel/byte-end.ts';
import { ganglineError } from '../../shared/ports/errors.ts';
import { errorFrom, json, type NodeClient } from './client.ts';
import type { Session } from './session.ts';
import { personKey } from './ssh-key.ts';

/** Whoever uses us gives signs of life much oftener; an sshd of ours does too. */
const idleMsMax = 60 * 60_000;
/** A container that sleeps is started first. */
const answerMsMax = 90_000;

export async function sshOverMesh(session: Session, name: string): Promise<number> {
	const client = await session.gateway();
	const line = await openLine(session, client, { name, key: await personKey(session) });
	const { input, output } = session.context.streams();
	const over = new AbortController();
	const here = streamEnd(input, output);
	const ended = async (): Promise<void> => {
		// The sshd has said its last word. OpenSSH waits for our end before it ends its own half, so we do not wait for that.
		await new Promise<void>((resolve) => output.write('', () => resolve()));
		over.abort();
	};
	const { clock } = session.context;
	try {
		await bridge(streamEnd(line), { ...here, end: ended }, { clock, idleMsMax, signal: over.signal });
	} catch (cause) {
		if (!over.signal.aborted) {
			throw ganglineError('PEER_GONE', `the way to ${name} broke: the ${client.who} or its container is gone`, {
				hint: `look how it is: gangline containers ${name}`,
				cause,
			});
		}
	}
	return 0;
}

interface Wanted {
	readonly name: string;
	readonly key: string;
}

function openLine({ context }: Session, { note, who }: NodeClient, { name, key }: Wanted): Promise<Socket> {
	const { hostname: host, port } = new URL(note.url);
	const asked = request(`${note.url}/ssh/${encodeURIComponent(name)}`, {
		headers: {
			authorization: `Bearer ${note.token}`,
			connection: 'Upgrade',
			upgrade: tunnelUpgrade,
			[tunnelKeyHeader]: key,
		},
		// Each half ends by itself.
		createConnection: () => connect({ host, port: Number(port), allowHalfOpen: true }),
	});
	const { promise, resolve, reject } = Promise.withResolvers<Socket>();
	asked.on('upgrade', (_response, socket: Socket, head) => {
		if (head.length > 0) socket.unshift(head);
		resolve(socket);
	});
	asked.on('response', (response) => {
		let text = '';
		response.setEncoding('utf8');
		response.on('data', (piece: string) => {
			text += piece;
		});
		response.on('error', reject);
		response.on('end', () => reject(errorFrom(json(text), response.statusCode ?? 0, 'ssh')));
	});
	const late = () => void asked.destroy(new Error(`no word for ${answerMsMax / 1000} s`));
	const cancel = context.clock.after(answerMsMax, late);
	asked.on('error', (cause) =>
		reject(
			ganglineError('NOT_RUNNING', `the ${who} at ${note.url} does not answer: ${cause.message}`, {
				hint: 'see what it does: gangline ps; start it: gangline start',
				cause,
			}),
		),
	);
	asked.end();
	return promise.finally(cancel);
}
