/**
 * The session's cookie. Browsers send a cookie to every port of a host, so its name says whose gateway it is of; it is
 * for HTTP alone, for this site alone, and for https alone where the board is shown so.
 */
import type { Door } from './doors.ts';

const secretPattern = /^[A-Za-z0-9_-]{43}$/;

/** `node`: the gateway's id. */
export function cookieName(node: string): string {
	return `gangline-${node.slice(0, 12)}`;
}

/** The value of our cookie; null where the header has none of the right form. */
export function secretIn(header: string | undefined, name: string): string | null {
	for (const pair of (header ?? '').split(';')) {
		const [key, value = ''] = pair.trim().split('=', 2);
		if (key === name && secretPattern.test(value)) return value;
	}
	return null;
}

/** Sets the cookie for `seconds`; 0 takes it away. */
export function setCookie(name: string, secret: string, { basePath, isHttps }: Door, seconds: number): string {
	const parts = [`${name}=${secret}`, `Path=${basePath}`, `Max-Age=${seconds}`, 'HttpOnly', 'SameSite=Strict'];
	return [...parts, ...(isHttps ? ['Secure'] : [])].join('; ');
}
