/**
 * Under which addresses people see the board, and what follows from the one that a request came to: the origin to
 * compare with, the path that the page stands below, whether cookies are for https alone. What a proxy says of itself
 * (X-Forwarded-*) is believed only where a person has said that there is one.
 */
import type { IncomingHttpHeaders } from 'node:http';

export interface BoardSettings {
	/** Where a reverse proxy shows the board, with the path in front of it; null: nowhere. */
	readonly publicUrl: string | null;
	/** Whether the proxy's X-Forwarded-For names who asks. */
	readonly behindProxy: boolean;
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

/** Which door a request came through; `url` is what was asked, prefix included. */
export function doorOf(settings: BoardSettings, headers: IncomingHttpHeaders, url: string): Door {
	const { publicUrl } = settings;
	if (publicUrl === null) return { basePath: '/', isHttps: false };
	const { host, protocol, origin } = new URL(publicUrl);
	const isPublic =
		headers.origin === origin ||
		headers.host?.toLowerCase() === host ||
		isForwarded(settings, headers) ||
		(basePathOf(settings) !== '/' && withoutBase(settings, url) !== url);
	return isPublic
		? { basePath: basePathOf(settings), isHttps: protocol === 'https:' }
		: { basePath: '/', isHttps: false };
}

/** Who asks: the last address that the proxy added, where there is one; a client may write any before it. */
export function addressOf(settings: BoardSettings, headers: IncomingHttpHeaders, socket: string): string {
	if (!isForwarded(settings, headers)) return socket;
	return String(headers['x-forwarded-for']).split(',').at(-1)?.trim().slice(0, 64) || socket;
}

function isForwarded({ behindProxy }: BoardSettings, headers: IncomingHttpHeaders): boolean {
	return behindProxy && headers['x-forwarded-for'] !== undefined;
}
