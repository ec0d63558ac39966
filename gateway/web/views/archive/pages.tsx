/** One page of a list with the way to the others; a page that cannot be is said, with the one that can. */
import type { ReactNode } from 'react';
import { linkTo } from '../../browser/address.ts';
import { type Paging, pageIn, pageLinks } from '../../model/paging.ts';
import { count } from '../../model/words.ts';
import { useRoute } from '../../ui/app.ts';
import { Empty } from '../../ui/pieces.tsx';

export interface PagesProps {
	readonly total: number;
	readonly paging: Paging;
	readonly children: ReactNode;
}

export function Pages({ total, paging, children }: PagesProps) {
	const { place, query } = useRoute();
	const { pages, instead, from, to } = pageIn(total, paging);
	const toPage = (n: number): string => linkTo(place, { ...query, page: String(n) });
	if (instead !== null) {
		return (
			<Empty title={`There is no page ${query.page ?? ''}`}>
				<p>{`${count(total, 'item')} fill ${count(pages, 'page')}.`}</p>
				<a className="button primary" href={toPage(instead)}>
					{`To page ${instead}`}
				</a>
			</Empty>
		);
	}
	return (
		<>
			{children}
			<nav className="pages" aria-label="Pages">
				<span className="soft small">{`${from} to ${to} of ${total.toLocaleString('en')}`}</span>
				<span className="push" />
				{pageLinks(paging.page, pages).map((n, index) =>
					n === null ? (
						// biome-ignore lint/suspicious/noArrayIndexKey: a gap has nothing else
						<span key={`gap ${index}`} className="faint">
							…
						</span>
					) : (
						<a
							key={n}
							className="button tiny"
							href={toPage(n)}
							aria-label={`Page ${n}`}
							aria-current={n === paging.page ? 'page' : undefined}
						>
							{n}
						</a>
					),
				)}
			</nav>
		</>
	);
}
