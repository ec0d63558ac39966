/**
 * The door for `gangline ssh --stdio` at the address of the API: a request with `Upgrade: gangline-ssh` for `/ssh/<name>`
 * becomes a plain line of bytes to the sshd of that project. By a token alone: no page of a browser can send it.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { bridge, type OpenedTunnel, sshKeySchema, streamEnd, tunnelIdleMsMax } from '../mesh/tunnel/index.ts';
import type { Caller } from '../operations/index.ts';
import type { Clock } from '../ports/clock.ts';
import { ganglineError } from '../ports/errors.ts';
import type { Log } from '../ports/log.ts';
import type { Api } from './create-api.ts';
import { asGanglineError, errorReply } from './replies.ts';
import { tunnelKeyHeader, tunnelUpgrade } from './tunnel-words.ts';

const pathPrefix = '/ssh/';
const tunnelsMax = 64;

export interface TunnelWish {
	/** Id or name. */
	readonly project: string;
	readonly key: string | null;
}

export interface TunnelDoorOptions {
	readonly api: Pick<Api, 'server' | 'callerOf' | 'wrongOrigin'>;
	readonly open: (wish: TunnelWish, caller: Caller) => Promise<OpenedTunnel>;
	/** A request's URL without the prefix at which a reverse proxy shows us; default: as it is. */
	readonly pathOf?: (url: string) => string;
	/** Somebody else answers requests for other upgrades; default: they are refused. */
	readonly isShared?: boolean;
	readonly clock: Clock;
	readonly log: Log;
}

export interface TunnelDoor {
	/** Ends what is open and takes nothing more. Idempotent. */
	stop(): void;
}

/** Whether a request for an upgrade is for this door. */
export function isForTunnel({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
	return headers.upgrade?.toLowerCase() === tunnelUpgrade;
}

export function serveTunnelDoor(options: TunnelDoorOptions): TunnelDoor {
	const { api, isShared = false, log } = options;
	const open = new Set<Duplex>();
	let isStopped = false;
	api.server.on('upgrade', (request, socket, head) => {
		if (isShared && !isForTunnel(request)) return;
		socket.on('error', () => undefined);
		socket.on('close', () => open.delete(socket));
		const isFull = isStopped || open.size >= tunnelsMax;
		open.add(socket);
		// Its first bytes may have come with the request.
		if (head.length > 0) socket.unshift(head);
		void (isFull ? Promise.reject(full(isStopped)) : carry(options, request, socket)).catch((error: unknown) =>
			refuse(socket, error, log),
		);
	});
	return {
		stop: () => {
			isStopped = true;
			for (const socket of open) socket.destroy();
		},
	};
}

async function carry(options: TunnelDoorOptions, request: IncomingMessage, socket: Duplex): Promise<void> {
	const { api, open, clock, log } = options;
	const caller = api.callerOf(request.headers, true);
	if (caller.session !== undefined) throw ganglineError('FORBIDDEN', 'a login of a browser opens no login over ssh');
	const wish = readTunnelWish(request, options.pathOf);
	const opened = await open(wish, caller);
	const { project } = wish;
	socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${tunnelUpgrade}\r\n\r\n`);
	log.info('ssh.opened', { project, person: caller.person });
	try {
		await bridge(streamEnd(socket), opened.end, { ...opened, clock, idleMsMax: tunnelIdleMsMax });
		log.info('ssh.ended', { project, person: caller.person });
	} catch (error) {
		log.info('ssh.broke', {
			project,
			person: caller.person,
			why: error instanceof Error ? error.message : String(error),
		});
	} finally {
		opened.ended?.();
	}
}

/** What a request for an upgrade is for. @throws GanglineError UNKNOWN_OPERATION, INVALID_ARGUMENT */
export function readTunnelWish(
	request: Pick<IncomingMessage, 'url' | 'headers'>,
	pathOf?: (url: string) => string,
): TunnelWish {
	const url = request.url ?? '';
	const path = pathOf?.(url) ?? url;
	const project = /^\/ssh\/([A-Za-z0-9._-]{1,100})$/.exec(path)?.[1];
	if (!isForTunnel(request) || project === undefined) {
		throw ganglineError(
			'UNKNOWN_OPERATION',
			`no upgrade to that is answered here: logins are at ${pathPrefix}<project>`,
		);
	}
	const given = request.headers[tunnelKeyHeader];
	if (given === undefined) return { project, key: null };
	const key = sshKeySchema.safeParse(given);
	if (key.success) return { project, key: key.data };
	throw ganglineError('INVALID_ARGUMENT', `${tunnelKeyHeader} is no public key of ssh-ed25519 without a comment`);
}

function full(isStopping: boolean) {
	if (isStopping) return ganglineError('STOPPING', 'it is stopping and takes nothing more');
	return ganglineError('TOO_LARGE', `${tunnelsMax} logins over ssh are open, more are not taken`);
}

/** As the API answers errors, so that one client reads both. */
function refuse(socket: Duplex, thrown: unknown, log: Log): void {
	const known = asGanglineError(thrown);
	if (known === null) log.error('ssh.failed', { error: thrown });
	const { status, body } = errorReply(known ?? ganglineError('INTERNAL', 'it could not be opened; the log says why'));
	const text = JSON.stringify(body);
	const head = `HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Type: application/json`;
	// Whatever it still says is not read; one that does not end either is ended.
	socket.resume();
	socket.end(`${head}\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`, () => socket.destroy());
}
