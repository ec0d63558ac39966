/**
 * What is done, closed or long gone: by pages that stand in the address, and by words over everything that ever was. A
 * page that cannot be is said, with the one that can.
 */
import { useEffect, useState } from 'react';
import type { ItemAnswer, SearchHit } from '../../../shared/operations/index.ts';
import type { GanglineError } from '../../../shared/ports/errors.ts';
import { goTo, linkTo } from '../browser/address.ts';
import { displayOf } from '../model/display-state.ts';
import { pageLinks, pageOf, pageSizes, readPaging } from '../model/paging.ts';
import { itemInAddress } from '../model/route.ts';
import { count } from '../model/words.ts';
import { asError, useApp, useBoards, useRoute } from '../ui/app.ts';
import { Icon } from '../ui/icon.tsx';
import { Empty, Failure, Loading, StateChip, Time, TypeIcon } from '../ui/pieces.tsx';

interface Row {
	readonly project: string;
	readonly key: string;
	readonly name: string;
	readonly title: string;
	readonly type: ItemAnswer['type'];
	readonly state: ReturnType<typeof displayOf>;
	readonly changedAt: number;
	readonly snippet: string | null;
}

type Found =
	| { readonly kind: 'asking' }
	| { readonly kind: 'found'; readonly rows: readonly Row[]; readonly more: boolean }
	| { readonly kind: 'failed'; readonly error: GanglineError };

export function ArchiveView({ project }: { readonly project: string | null }) {
	const { place, query } = useRoute();
	const words = query.q ?? '';
	const [text, setText] = useState(words);
	const paging = readPaging(query);
	const [found, again] = useArchive(project, words);
	const go = (next: Record<string, string>): void =>
		goTo(place, { query: { ...query, ...next }, replace: 'q' in next });
	return (
		<div className="view">
			<div className="view-head">
				<h1>Archive</h1>
				<span className="push" />
				<search className="filters">
					<form
						className="search"
						onSubmit={(event) => {
							event.preventDefault();
							go({ q: text, page: '1' });
						}}
					>
						<Icon name="search" />
						<input
							type="search"
							className="input"
							placeholder="Words, Enter   /"
							aria-label="Search everything that ever was"
							value={text}
							onChange={(event) => {
								setText(event.target.value);
								if (event.target.value === '') go({ q: '', page: '1' });
							}}
						/>
					</form>
				</search>
				<select
					className="input"
					aria-label="Items on a page"
					value={paging.size}
					onChange={(event) => go({ size: event.target.value, page: '1' })}
				>
					{pageSizes.map((size) => (
						<option key={size} value={size}>{`${size} a page`}</option>
					))}
				</select>
			</div>
			<div className="view-body">
				{found.kind === 'asking' && <Loading what="the archive" />}
				{found.kind === 'failed' && <Failure error={found.error} retry={again} />}
				{found.kind === 'found' && <Pages rows={found.rows} more={found.more} words={words} />}
			</div>
		</div>
	);
}

function Pages({
	rows,
	more,
	words,
}: {
	readonly rows: readonly Row[];
	readonly more: boolean;
	readonly words: string;
}) {
	const { place, query } = useRoute();
	const page = pageOf(rows, readPaging(query));
	const toPage = (n: number): string => linkTo(place, { ...query, page: String(n) });
	if (rows.length === 0) {
		return (
			<Empty title={words === '' ? 'Nothing is done yet' : `Nothing has the words ${words}`}>
				<p>
					{words === ''
						? 'What has landed, was given up or replaced is listed here, newest first.'
						: 'Search looks at titles, descriptions, labels and what people asked for, also of items that left the board long ago.'}
				</p>
			</Empty>
		);
	}
	if (page.instead !== null) {
		return (
			<Empty title={`There is no page ${query.page ?? ''}`}>
				<p>{`${count(rows.length, 'item')} fill ${count(page.pages, 'page')}.`}</p>
				<a className="button primary" href={toPage(page.instead)}>
					{`To page ${page.instead}`}
				</a>
			</Empty>
		);
	}
	return (
		<>
			<div className="scroll-x">
				<table>
					<thead>
						<tr>
							<th scope="col">Item</th>
							<th scope="col">State</th>
							<th scope="col">When</th>
						</tr>
					</thead>
					<tbody>
						{page.items.map((row) => (
							<tr key={row.key}>
								<td className="grow">
									<span className="row">
										<TypeIcon type={row.type} />
										<a
											className="clip"
											href={linkTo({
												view: 'item',
												project: row.project,
												item: itemInAddress(row.name),
												part: 'overview',
											})}
										>
											<span className="faint">{row.name}</span> {row.title}
										</a>
									</span>
									{row.snippet !== null && <span className="soft small">{row.snippet}</span>}
								</td>
								<td>
									<StateChip state={row.state} />
								</td>
								<td>
									<Time at={row.changedAt} />
								</td>
							</tr>
						))}
					</tbody>
				</table>
			</div>
			<nav className="pages" aria-label="Pages">
				<span className="soft small">{`${page.from} to ${page.to} of ${rows.length.toLocaleString('en')}${more ? ' or more' : ''}`}</span>
				<span className="push" />
				{pageLinks(page.page, page.pages).map((n, index) =>
					n === null ? (
						// biome-ignore lint/suspicious/noArrayIndexKey: a gap has nothing else
						<span key={`gap ${index}`} className="faint">
							…
						</span>
					) : (
						<a key={n} className="button tiny" href={toPage(n)} aria-current={n === page.page ? 'page' : undefined}>
							{n}
						</a>
					),
				)}
			</nav>
		</>
	);
}

function useArchive(project: string | null, words: string): readonly [Found, () => void] {
	const { ask } = useApp();
	const boards = useBoards(project);
	const ids = boards.map((board) => board.project.id).join(' ');
	const [found, setFound] = useState<Found>({ kind: 'asking' });
	const [round, setRound] = useState(0);
	// biome-ignore lint/correctness/useExhaustiveDependencies: `round` asks again
	useEffect(() => {
		if (ids === '') return;
		const leaving = new AbortController();
		const one = async (id: string): Promise<{ rows: readonly Row[]; more: boolean }> => {
			if (words.trim() === '') {
				const { items } = await ask(
					'item.list',
					{ project: id, columns: ['done', 'closed', 'archived'] },
					leaving.signal,
				);
				return { rows: items.map(rowOf), more: false };
			}
			const { hits, more } = await ask('item.search', { project: id, words, limit: 200 }, leaving.signal);
			return { rows: hits.map(rowOfHit), more };
		};
		Promise.all(ids.split(' ').map(one))
			.then((all) => {
				const rows = all.flatMap((part) => part.rows);
				const sorted = words.trim() === '' ? rows.sort((a, b) => b.changedAt - a.changedAt) : rows;
				setFound({ kind: 'found', rows: sorted, more: all.some(({ more }) => more) });
			})
			.catch((thrown: unknown) => {
				if (!leaving.signal.aborted) setFound({ kind: 'failed', error: asError(thrown) });
			});
		return () => leaving.abort();
	}, [ask, ids, words, round]);
	return [found, () => setRound((n) => n + 1)];
}

function rowOf(item: ItemAnswer): Row {
	const { project, key, name, title, type, changedAt } = item;
	return { project, key, name, title, type, changedAt, state: displayOf(item), snippet: null };
}

function rowOfHit({ project, key, name, title, type, stage, archived, changedAt, snippet }: SearchHit): Row {
	const shown = { stage: archived ? ('archived' as const) : stage, resumeTo: null, holder: null, waitsBecause: null };
	const nothing = { queuePosition: null, lastFailure: null, dependsOn: [], held: false, labels: [], type };
	return { project, key, name, title, type, changedAt, snippet, state: displayOf({ ...shown, ...nothing }) };
}
