/**
 * The small HTTP door for machines that join: GET (or HEAD) /build/<sha256>.tgz with ranges, and nothing else. There is
 * no secret behind it, and who fetches checks the hash, so it needs no name and no encryption; it is bounded, because
 * strangers may knock. It opens only while somebody is expected.
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ganglineError } from '../../shared/ports/errors.ts';
import type { Log } from '../../shared/ports/log.ts';

export interface DoorAddress {
	/** A numeric address of this machine. */
	readonly host: string;
	/** 0 takes any that is free. */
	readonly port: number;
}

export interface BuildDoor {
	/** `http://192.0.2.7:7432`, one for each address. */
	readonly urls: readonly string[];
	close(): Promise<void>;
}

export interface DoorOptions {
	readonly folder: string;
	readonly addresses: readonly DoorAddress[];
	readonly log: Log;
	readonly isOpen: () => boolean;
}

/** A house full of machines joins at once; more wait outside. */
const connectionsMax = 64;
/** A client that takes nothing for so long is gone. */
const idleMsMax = 60_000;

/** Serves the builds in `folder` at all of the addresses, or at none. */
export async function openDoor({ folder, addresses, log, isOpen }: DoorOptions): Promise<BuildDoor> {
	const servers: Server[] = [];
	const close = async (): Promise<void> => {
		await Promise.all(servers.map(closed));
	};
	try {
		const urls: string[] = [];
		for (const address of addresses) {
			const server = newServer({ folder, log, isOpen });
			servers.push(server);
			urls.push(await listening(server, address));
		}
		return { urls, close };
	} catch (error) {
		await close();
		throw error;
	}
}

function newServer(options: Pick<DoorOptions, 'folder' | 'log' | 'isOpen'>): Server {
	const server = createServer({ headersTimeout: 5_000, requestTimeout: 10_000, keepAliveTimeout: 5_000 });
	server.maxConnections = connectionsMax;
	server.timeout = idleMsMax;
	server.on('request', (request: IncomingMessage, response: ServerResponse) => {
		answer(options, request, response).catch((error: unknown) => {
			options.log.warn('build.notSent', { error: error instanceof Error ? error.message : String(error) });
			response.destroy();
		});
	});
	return server;
}

async function answer(
	{ folder, log, isOpen }: Pick<DoorOptions, 'folder' | 'log' | 'isOpen'>,
	request: IncomingMessage,
	response: ServerResponse,
): Promise<void> {
	if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405, 'only GET');
	const hash = /^\/build\/([0-9a-f]{64})\.tgz$/.exec(request.url ?? '')?.[1];
	if (hash === undefined) return refuse(response, 404, 'nothing here');
	if (!isOpen()) return refuse(response, 410, 'no join token is open: gangline token new');
	const path = join(folder, `${hash}.tgz`);
	const found = await stat(path).catch(() => null);
	if (!found?.isFile())
		return refuse(response, 404, 'no such build: it was replaced by a newer one; gangline token new');
	const range = readRange(request.headers.range, found.size);
	if (range === 'none') return refuse(response, 416, 'no such range', { 'content-range': `bytes */${found.size}` });
	const { start, end, whole } = range;
	response.writeHead(whole ? 200 : 206, {
		'content-type': 'application/gzip',
		'content-length': end - start + 1,
		'accept-ranges': 'bytes',
		etag: `"${hash}"`,
		...(whole ? {} : { 'content-range': `bytes ${start}-${end}/${found.size}` }),
		...safe,
	});
	if (request.method === 'HEAD') return void response.end();
	log.info('build.fetched', { sha256: hash, from: request.socket.remoteAddress, start });
	// Whoever hangs up in the middle comes again with a range.
	await pipeline(createReadStream(path, { start, end }), response).catch(() => response.destroy());
}

const safe = { 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' } as const;

function refuse(response: ServerResponse, status: number, words: string, headers: Record<string, string> = {}): void {
	response.writeHead(status, { 'content-type': 'text/plain', ...safe, ...headers }).end(`${words}\n`);
}

interface Range {
	readonly start: number;
	readonly end: number;
	readonly whole: boolean;
}

/** `bytes=100-`, `bytes=100-199`, `bytes=-100`; several at once are answered whole, as the standard allows. */
export function readRange(header: string | undefined, size: number): Range | 'none' {
	const whole = { start: 0, end: size - 1, whole: true };
	const match = /^bytes=([0-9]{0,15})-([0-9]{0,15})$/.exec(header ?? '');
	const [, from = '', to = ''] = match ?? [];
	if (match === null || (from === '' && to === '')) return whole;
	const start = from === '' ? Math.max(0, size - Number(to)) : Number(from);
	const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
	return start > end || start >= size ? 'none' : { start, end, whole: false };
}

function listening(server: Server, { host, port }: DoorAddress): Promise<string> {
	return new Promise((resolve, reject) => {
		// It stays: a connection that cannot be taken later, for want of descriptors, must not end the gateway.
		server.on('error', (cause: NodeJS.ErrnoException) => reject(cannotListen(cause, host, port)));
		server.listen(port, host, () => {
			const address = server.address();
			const bound = typeof address === 'object' && address !== null ? address.port : port;
			resolve(`http://${host.includes(':') ? `[${host}]` : host}:${bound}`);
		});
	});
}

function cannotListen(cause: NodeJS.ErrnoException, host: string, port: number): Error {
	if (cause.code === 'EADDRINUSE') {
		return ganglineError('PORT_IN_USE', `cannot serve builds on ${host} port ${port}: another program has it`, {
			hint: 'choose another with GANGLINE_BUILDS_PORT, 0 takes any free one',
			cause,
		});
	}
	return ganglineError('INVALID_CONFIG', `cannot serve builds on ${host} port ${port}: ${cause.message}`, {
		hint: 'expected an address of this machine; `ip -brief address` lists them',
		cause,
	});
}

function closed(server: Server): Promise<void> {
	return new Promise((resolve) => {
		server.close(() => resolve());
		server.closeAllConnections();
	});
}
