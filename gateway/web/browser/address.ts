/**
 * Where the page is, below the path that it is served at. Every address of the board is made here from `<base>`, so it
 * works at the top of a host and behind a proxy's prefix alike.
 */
import { type Place, type Route, readRoute, writeRoute } from '../model/route.ts';

const base = (): URL => new URL('./', document.baseURI);

/** The address of something that the gateway serves. */
export function addressOf(path: string): URL {
	return new URL(path, base());
}

/** The same for a WebSocket. */
export function socketAddressOf(path: string): string {
	const url = addressOf(path);
	url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
	return url.href;
}

/** For an `href`. */
export function linkTo(place: Place, query: Readonly<Record<string, string>> = {}): string {
	return addressOf(writeRoute(place, query)).href;
}

export function currentRoute(): Route {
	const { pathname, search } = window.location;
	return readRoute(pathname.startsWith(base().pathname) ? pathname.slice(base().pathname.length) : '', search);
}

const listeners = new Set<() => void>();
window.addEventListener('popstate', tell);

/** Whether the page was left with a place to go back to. */
export function goTo(
	place: Place,
	{
		query = {},
		replace = false,
	}: { readonly query?: Readonly<Record<string, string>>; readonly replace?: boolean } = {},
): void {
	const href = linkTo(place, query);
	if (replace) window.history.replaceState(null, '', href);
	else window.history.pushState(null, '', href);
	tell();
}

/** Follows a click on a link of ours without loading the page anew; leaves every other click to the browser. */
export function followLink(event: MouseEvent): void {
	if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
		return;
	const link = event.target instanceof Element ? event.target.closest('a[href]') : null;
	if (!(link instanceof HTMLAnchorElement) || link.target !== '' || link.hasAttribute('download')) return;
	const url = new URL(link.href);
	const isOurs = url.origin === window.location.origin && url.pathname.startsWith(base().pathname);
	if (!isOurs || url.hash !== '') return;
	event.preventDefault();
	if (url.href !== window.location.href) window.history.pushState(null, '', url);
	tell();
}

export function onAddress(listener: () => void): () => void {
	listeners.add(listener);
	return () => listeners.delete(listener);
}

export function toLogin(): void {
	const { pathname, search } = window.location;
	const next = pathname.startsWith(base().pathname) ? pathname.slice(base().pathname.length) + search : '';
	window.location.assign(addressOf(`login?next=${encodeURIComponent(next)}`));
}

function tell(): void {
	for (const listener of [...listeners]) listener();
}
