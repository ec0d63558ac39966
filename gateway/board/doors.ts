/**
 * Under which addresses people see the board, and what follows from the one that a request came to: the origin to
 * compare with, the path that the page stands below, whether cookies are for https alone. What a proxy says of who asks
 * (X-Forwarded-For) is believed only where a person has said that there is one, and from nobody else.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { isTrusted, lastStranger } from './forwarded.ts';

export interface BoardSettings {
	/** Where a reverse proxy shows the board, with the path in front of it; null: nowhere. */
	readonly publicUrl: string | null;
	/** Whether the proxy's X-Forwarded-For names who asks. */
	readonly behindProxy: boolean;
	/** Addresses and networks of proxies that are not on this machine. */
	readonly trustedProxies: readonly string[];
}

export interface CameIn {
	readonly headers: IncomingHttpHeaders;
	/** What was asked, prefix included. */
	readonly url: string;
	/** Of the socket. */
	readonly address: string;
}

export interface Door {
	/** Begins and ends with `/`. */
	readonly basePath: string;
	readonly isHttps: boolean;
}

/** The path of the public address, `/` where there is none; begins and ends with `/`. */
export function basePathOf({ publicUrl }: BoardSettings): string {
	if (publicUrl === null) return '/';
	const { pathname } = new URL(publicUrl);
	return pathname.endsWith('/') ? pathname : `${pathname}/`;
}

/** The URL of a request as if there were no prefix; proxies may take it away or leave it. */
export function withoutBase(settings: BoardSettings, url: string): string {
	const base = basePathOf(settings);
	if (base === '/') return url;
	if (url.startsWith(base)) return url.slice(base.length - 1);
	return url === base.slice(0, -1) ? '/' : url;
}

/** Which door a request came through. */
export function doorOf(settings: BoardSettings, { headers, url, address }: CameIn): Door {
	const { publicUrl } = settings;
	if (publicUrl === null) return { basePath: '/', isHttps: false };
	const { host, protocol, origin } = new URL(publicUrl);
	const isPublic =
		headers.origin === origin ||
		headers.host?.toLowerCase() === host ||
		isForwarded(settings, headers, address) ||
		(basePathOf(settings) !== '/' && withoutBase(settings, url) !== url);
	return isPublic
		? { basePath: basePathOf(settings), isHttps: protocol === 'https:' }
		: { basePath: '/', isHttps: false };
}

/** Who asks: the last address that a proxy added, where there is one; a client may write any before it. */
export function addressOf(settings: BoardSettings, headers: IncomingHttpHeaders, socket: string): string {
	if (!isForwarded(settings, headers, socket)) return socket;
	return lastStranger(String(headers['x-forwarded-for']), settings.trustedProxies) ?? socket;
}

function isForwarded(
	{ behindProxy, trustedProxies }: BoardSettings,
	headers: IncomingHttpHeaders,
	socket: string,
): boolean {
	return behindProxy && headers['x-forwarded-for'] !== undefined && isTrusted(socket, trustedProxies);
}
