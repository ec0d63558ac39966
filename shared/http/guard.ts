/**
 * Who may speak to the API at all. It listens on loopback, but every web page that a person visits can send requests
 * there: a foreign name in Host is DNS rebinding, a foreign Origin is a page, and whoever has no token is nobody.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { type GanglineError, ganglineError } from '../ports/errors.ts';

/** A name below `localhost` is this machine too, and its cookies are not sent to other programs on it. */
const loopbackNames = /^(?:(?:[a-z0-9-]+\.)?localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])$/i;
const hostHeader = /^([^:@/\s]+|\[[0-9a-f:]+\])(?::[0-9]{1,5})?$/i;

/**
 * Null when the request may have come from a program or page of this machine, or from a page of ours under one of
 * `origins`, where this process is shown to others.
 */
export function wrongOrigin(headers: IncomingHttpHeaders, origins: readonly string[] = []): GanglineError | null {
	const host = headers.host ?? '';
	const name = hostHeader.exec(host)?.[1];
	const isHere = name !== undefined && loopbackNames.test(name);
	if (!isHere && !origins.some((one) => one.slice(one.indexOf('//') + 2) === host.toLowerCase())) {
		return refusal(`the request's Host is ${quote(host)}: expected ${expected(['localhost', ...origins])}`);
	}
	const origin = headers.origin;
	if (origin !== undefined && !origins.includes(origin) && !(isHere && origin === `http://${host}`)) {
		const own = isHere ? [`http://${host}`] : [];
		return refusal(`the request's Origin is ${quote(origin)}: expected none or ${expected([...own, ...origins])}`);
	}
	const site = headers['sec-fetch-site'];
	if (site !== undefined && site !== 'same-origin' && site !== 'none' && !isVisit(headers)) {
		return refusal(`a page of another site sent the request (Sec-Fetch-Site is ${quote(String(site))})`);
	}
	return null;
}

/** Somebody followed a link from another site: what is shown holds nothing, and the strict cookie did not come along. */
function isVisit(headers: IncomingHttpHeaders): boolean {
	return headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
}

/**
 * Null when a request that a browser's cookie vouches for comes from a page of ours. Browsers name the page's origin in
 * whatever may change something; `wrongOrigin` has compared it, so here it only must be there.
 */
export function withoutOrigin(headers: IncomingHttpHeaders): GanglineError | null {
	if (headers.origin !== undefined) return null;
	return refusal('a request with a login of a browser names no Origin: expected the page that sends it');
}

/** The token that the request carries, null where it carries none. */
export function bearerOf(headers: IncomingHttpHeaders): string | null {
	return /^Bearer ([\x21-\x7e]{1,512})$/i.exec(headers.authorization ?? '')?.[1] ?? null;
}

/** What is told to who has no token that counts. */
export function unauthenticated(headers: IncomingHttpHeaders): GanglineError {
	const what =
		headers.authorization === undefined ? 'no token was sent' : 'the token that was sent is not one that counts here';
	return ganglineError('UNAUTHENTICATED', `${what}: expected \`Authorization: Bearer <token>\``, {
		hint: 'it is in api.json in the state folder of whoever runs this; others get one with: gangline person token <name>',
	});
}

/** Hashes first, so that neither content nor length shows in the time it takes. */
export function isToken(a: string, b: string): boolean {
	return timingSafeEqual(digest(a), digest(b));
}

function digest(text: string): Buffer {
	return createHash('sha256').update(text).digest();
}

function refusal(message: string): GanglineError {
	return ganglineError('WRONG_ORIGIN', message, {
		hint: 'use the address that `gangline ps` prints, or `gangline board` for a page',
	});
}

function expected(names: readonly string[]): string {
	return names.join(' or ');
}

function quote(text: string): string {
	return JSON.stringify(text.slice(0, 80));
}
