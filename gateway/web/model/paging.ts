/** Which page of a long list is shown: page and size stand in the address, and a page that cannot be offers a jump. */
import { archivePageDefault, archivePageSizes } from '../../../shared/operations/limits.ts';

export const pageSizes = archivePageSizes;
export type PageSize = (typeof pageSizes)[number];

export interface Paging {
	/** 1 is first; 0 where the address names none that could be. */
	readonly page: number;
	readonly size: PageSize;
}

export interface Page {
	readonly pages: number;
	/** Of an impossible page: the nearest that is there. */
	readonly instead: number | null;
	/** Numbers of the first and the last of its items, from 1; 0 where there are none. */
	readonly from: number;
	readonly to: number;
}

export function readPaging(query: Readonly<Record<string, string>>): Paging {
	const page = Number(query.page ?? '1');
	const size = pageSizes.find((one) => String(one) === query.size) ?? archivePageDefault;
	return { page: Number.isInteger(page) && page >= 1 && page <= 1_000_000 ? page : 0, size };
}

/** Where a page lies in a list of `total`. */
export function pageIn(total: number, { page, size }: Paging): Page {
	const pages = Math.max(1, Math.ceil(total / size));
	const instead = page < 1 ? 1 : page > pages ? pages : null;
	const first = (page - 1) * size;
	const shown = instead === null ? Math.min(size, total - first) : 0;
	return { pages, instead, from: shown === 0 ? 0 : first + 1, to: shown === 0 ? 0 : first + shown };
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
