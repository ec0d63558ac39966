/**
 * Addresses of the page, below whatever path it is served at. Everything that a person looks at has one: a view, an item
 * and its part, filters, a page of the archive. What is not understood is said, not guessed.
 */
export const itemParts = ['overview', 'diff', 'log', 'history'] as const;
export type ItemPart = (typeof itemParts)[number];
const plainViews = ['nodes', 'projects', 'cost', 'people'] as const;
type PlainView = (typeof plainViews)[number];

export type Place =
	| { readonly view: 'board'; readonly project: string | null }
	| { readonly view: 'item'; readonly project: string; readonly item: string; readonly part: ItemPart }
	| { readonly view: 'new'; readonly project: string | null }
	| { readonly view: 'archive'; readonly project: string | null }
	| { readonly view: PlainView }
	| { readonly view: 'nowhere'; readonly path: string };

export interface Route {
	readonly place: Place;
	readonly query: Readonly<Record<string, string>>;
}

/** `path` is what comes after the base path, without a leading slash. */
export function readRoute(path: string, search: string): Route {
	const query = Object.fromEntries(new URLSearchParams(search));
	const parts = path.split('/').filter(Boolean).map(decode);
	return { place: placeOf(parts, path), query };
}

/** The address relative to the base. */
export function writeRoute(place: Place, query: Readonly<Record<string, string>> = {}): string {
	const search = new URLSearchParams(query).toString();
	return `${pathOf(place)}${search === '' ? '' : `?${search}`}`;
}

/** As people call it: `#12`, or a provisional name. */
export function nameOf(inAddress: string): string {
	return /^\d+$/.test(inAddress) ? `#${inAddress}` : inAddress;
}

/** As in an address: a number without its `#`, which would end the path. */
export function itemInAddress(name: string): string {
	return name.replace(/^#/, '');
}

function placeOf(parts: readonly string[], path: string): Place {
	const [first, second, third, fourth] = parts;
	if (first === undefined) return { view: 'board', project: null };
	if (parts.length === 1 && isPlain(first)) return { view: first };
	if (parts.length === 1 && (first === 'archive' || first === 'new')) return { view: first, project: null };
	if (first !== 'p' || second === undefined || parts.length > 4) return { view: 'nowhere', path };
	if (third === undefined) return { view: 'board', project: second };
	if (third === 'archive' || third === 'new') return { view: third, project: second };
	const part = itemParts.find((one) => one === (fourth ?? 'overview'));
	return part === undefined ? { view: 'nowhere', path } : { view: 'item', project: second, item: third, part };
}

function pathOf(place: Place): string {
	switch (place.view) {
		case 'board':
			return place.project === null ? './' : `p/${encodeURIComponent(place.project)}`;
		case 'item': {
			const base = `p/${encodeURIComponent(place.project)}/${encodeURIComponent(place.item)}`;
			return place.part === 'overview' ? base : `${base}/${place.part}`;
		}
		case 'new':
		case 'archive':
			return place.project === null ? place.view : `p/${encodeURIComponent(place.project)}/${place.view}`;
		case 'nowhere':
			return place.path;
		default:
			return place.view;
	}
}

function isPlain(text: string): text is PlainView {
	return plainViews.some((view) => view === text);
}

function decode(part: string): string {
	try {
		return decodeURIComponent(part);
	} catch {
		return part;
	}
}
