/** What of a board is shown: by words, type, label and agent. In the address, so that it can be sent on. */
import type { ItemAnswer } from '../../../shared/operations/index.ts';

export interface Filters {
	readonly words: string;
	readonly type: string | null;
	readonly label: string | null;
	readonly agent: string | null;
}

export const noFilters: Filters = { words: '', type: null, label: null, agent: null };

export function readFilters(query: Readonly<Record<string, string>>): Filters {
	return {
		words: query.q ?? '',
		type: query.type ?? null,
		label: query.label ?? null,
		agent: query.agent ?? null,
	};
}

export function writeFilters(filters: Filters): Readonly<Record<string, string>> {
	return {
		...(filters.words.trim() !== '' && { q: filters.words }),
		...(filters.type !== null && { type: filters.type }),
		...(filters.label !== null && { label: filters.label }),
		...(filters.agent !== null && { agent: filters.agent }),
	};
}

export function isFiltered(filters: Filters): boolean {
	return Object.keys(writeFilters(filters)).length > 0;
}

/** Every word must be somewhere; `#12` and `12` find the number. */
export function filtered(items: readonly ItemAnswer[], filters: Filters): readonly ItemAnswer[] {
	if (!isFiltered(filters)) return items;
	const words = fold(filters.words).split(/\s+/).filter(Boolean);
	return items.filter((item) => matches(item, filters) && words.every((word) => has(item, word)));
}

function matches(item: ItemAnswer, { type, label, agent }: Filters): boolean {
	if (type !== null && item.type !== type) return false;
	if (label !== null && !item.labels.includes(label)) return false;
	return agent === null || (item.holder?.agent ?? item.agent) === agent;
}

function has(item: ItemAnswer, word: string): boolean {
	if (/^#[1-9]\d*$/.test(word)) return item.name === word;
	return String(item.number) === word || placesOf(item).includes(word);
}

/** What words are looked for in. An item is a value, and is searched anew with each key that is pressed. */
const places = new WeakMap<ItemAnswer, string>();

function placesOf(item: ItemAnswer): string {
	const known = places.get(item);
	if (known !== undefined) return known;
	const { title, name, type, holder, agent, labels } = item;
	const made = fold([title, name, type, holder?.node ?? '', holder?.agent ?? agent ?? '', ...labels].join('\n'));
	places.set(item, made);
	return made;
}

/** Without case and accents. */
function fold(text: string): string {
	return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}
