/** Which part of a long list is shown: page and size stand in the address, and a page that cannot be offers a jump. */
export const pageSizes = [10, 25, 50, 100] as const;
export type PageSize = (typeof pageSizes)[number];
const usualSize: PageSize = 25;

export interface Paging {
	/** 1 is first. */
	readonly page: number;
	readonly size: PageSize;
}

export interface Page<T> {
	readonly items: readonly T[];
	readonly page: number;
	readonly pages: number;
	readonly total: number;
	/** Of an impossible page: the nearest that is there. */
	readonly instead: number | null;
	/** Numbers of the first and the last of them, from 1; 0 where there are none. */
	readonly from: number;
	readonly to: number;
}

export function readPaging(query: Readonly<Record<string, string>>): Paging {
	const page = Number(query.page ?? '1');
	const size = pageSizes.find((one) => String(one) === query.size) ?? usualSize;
	return { page: Number.isInteger(page) && Math.abs(page) <= 1_000_000 ? page : 0, size };
}

export function pageOf<T>(all: readonly T[], { page, size }: Paging): Page<T> {
	const pages = Math.max(1, Math.ceil(all.length / size));
	const instead = page < 1 ? 1 : page > pages ? pages : null;
	const first = (page - 1) * size;
	const items = instead === null ? all.slice(first, first + size) : [];
	const from = items.length === 0 ? 0 : first + 1;
	return { items, page, pages, total: all.length, instead, from, to: first + items.length };
}

/** Pages to offer: the ends, this one and its neighbours; null stands for a gap. */
export function pageLinks(page: number, pages: number): readonly (number | null)[] {
	const wanted = [1, page - 1, page, page + 1, pages].filter((one) => one >= 1 && one <= pages);
	const sorted = [...new Set(wanted)].sort((a, b) => a - b);
	return sorted.flatMap((one, index) => {
		const before = sorted[index - 1];
		return before !== undefined && one - before > 1 ? [null, one] : [one];
	});
}
