/**
 * What is done, closed or long gone: of one project by pages that stand in the address, and by words over every project.
 * The home answers a page at a time, so nothing here grows with what was ever done.
 */
import { useEffect, useState } from 'react';
import type { SearchHit } from '../../../../shared/operations/index.ts';
import type { GanglineError } from '../../../../shared/ports/errors.ts';
import { goTo, linkTo } from '../../browser/address.ts';
import type { ProjectBoard } from '../../model/board-state.ts';
import { pageSizes, readPaging } from '../../model/paging.ts';
import { count } from '../../model/words.ts';
import { asError, knownOf, useAnswer, useApp, useBoardState, useBoards, useRoute } from '../../ui/app.ts';
import { Icon } from '../../ui/icon.tsx';
import { withKey } from '../../ui/keys.tsx';
import { Empty, Failure, Loading } from '../../ui/pieces.tsx';
import { HitTable } from './hit-table.tsx';
import { Pages } from './pages.tsx';

const hitsMax = 200;

export function ArchiveView({ project }: { readonly project: string | null }) {
	const { place, query } = useRoute();
	const { boards: known } = useBoardState();
	const boards = useBoards(null);
	const chosen = useBoards(project);
	const one = chosen.length === 1 ? chosen[0] : undefined;
	const words = (query.q ?? '').trim();
	return (
		<div className="view">
			<div className="view-head">
				<h1>Archive</h1>
				{boards.length > 1 && (
					<select
						className="input"
						aria-label="Project"
						value={one?.project.name ?? ''}
						onChange={({ target: { value } }) =>
							goTo({ view: 'archive', project: value || null }, { query: kept(query) })
						}
					>
						<option value="">All projects</option>
						{boards.map(({ project: { id, name } }) => (
							<option key={id} value={name}>
								{name}
							</option>
						))}
					</select>
				)}
				<span className="push" />
				<Search key={words} words={words} />
				{words === '' && one && (
					<select
						className="input"
						aria-label="Items on a page"
						value={readPaging(query).size}
						onChange={({ target: { value } }) => goTo(place, { query: { ...query, size: value, page: '1' } })}
					>
						{pageSizes.map((size) => (
							<option key={size} value={size}>{`${size} a page`}</option>
						))}
					</select>
				)}
			</div>
			<div className="view-body">
				{known === null ? (
					<Loading what="the projects" />
				) : chosen.length === 0 ? (
					<Empty title={project === null ? 'No project yet' : `There is no project ${project}`}>
						<p>What a project has finished is listed here.</p>
					</Empty>
				) : words !== '' ? (
					<Hits key={words} boards={chosen} words={words} />
				) : one ? (
					<Leafed board={one} />
				) : (
					<Choice boards={boards} />
				)}
			</div>
		</div>
	);
}

/** The size stays as it was chosen; another project begins at its first page. */
function kept({ size, q }: Readonly<Record<string, string>>): Record<string, string> {
	return { ...(size !== undefined && { size }), ...(q !== undefined && { q }) };
}

function Search({ words }: { readonly words: string }) {
	const { place, query } = useRoute();
	const [text, setText] = useState(words);
	const search = (q: string): void => {
		const { q: _before, page: _page, ...rest } = query;
		goTo(place, { query: q === '' ? rest : { ...rest, q }, replace: true });
	};
	return (
		<search className="filters">
			<form
				className="search"
				onSubmit={(event) => {
					event.preventDefault();
					search(text.trim());
				}}
			>
				<Icon name="search" />
				<input
					type="search"
					className="input"
					placeholder={withKey('Words, Enter', '/')}
					aria-label="Search everything that ever was"
					value={text}
					onChange={({ target: { value } }) => {
						setText(value);
						if (value === '' && words !== '') search('');
					}}
				/>
			</form>
		</search>
	);
}

/** Pages are those of one project: each home knows its own. */
function Choice({ boards }: { readonly boards: readonly ProjectBoard[] }) {
	return (
		<Empty title="Of which project?">
			<p>Pages are of one project at a time; words are looked for in all of them.</p>
			<div className="row wrap">
				{boards.map(({ project: { id, name }, whole }) => {
					const { done = 0, closed = 0, archived = 0 } = whole?.counts ?? {};
					return (
						<a key={id} className="button" href={linkTo({ view: 'archive', project: name })}>
							{name} <span className="faint">{done + closed + archived}</span>
						</a>
					);
				})}
			</div>
		</Empty>
	);
}

function Leafed({ board: { project, items } }: { readonly board: ProjectBoard }) {
	const { query } = useRoute();
	const paging = readPaging(query);
	const asked = { project: project.id, page: Math.max(1, paging.page), size: paging.size };
	// What is finished meanwhile belongs on the first page.
	const done = [...items.values()].filter(({ column }) => column === 'done').length;
	const [found, again] = useAnswer('item.archive', asked, done);
	const page = knownOf(found);
	if (found.kind === 'failed') return <Failure error={found.error} retry={again} />;
	if (page === null) return <Loading what="the archive" />;
	if (page.total === 0) {
		return (
			<Empty title="Nothing is done yet">
				<p>What has landed, was given up or replaced is listed here, newest first.</p>
			</Empty>
		);
	}
	return (
		<>
			{page.partial !== null && (
				<div className="banner" data-tone="needs">
					<Icon name="info" />
					<div className="words">{page.partial}</div>
				</div>
			)}
			<Pages total={page.total} paging={paging}>
				<HitTable hits={page.items} />
			</Pages>
		</>
	);
}

type Found =
	| { readonly kind: 'asking' }
	| { readonly kind: 'found'; readonly hits: readonly SearchHit[]; readonly more: boolean }
	| { readonly kind: 'failed'; readonly error: GanglineError };

function Hits({ boards, words }: { readonly boards: readonly ProjectBoard[]; readonly words: string }) {
	const [found, again] = useHits(boards, words);
	if (found.kind === 'asking') return <Loading what="everything that ever was" />;
	if (found.kind === 'failed') return <Failure error={found.error} retry={again} />;
	if (found.hits.length === 0) {
		return (
			<Empty title={`Nothing has the words ${words}`}>
				<p>
					Titles, descriptions, labels and what people asked for are searched, also of what left the board long ago.
				</p>
			</Empty>
		);
	}
	return (
		<>
			<p className="soft pad-bottom" role="status">
				{found.more
					? `The best ${count(found.hits.length, 'item')} of more that have the words ${words}`
					: `${count(found.hits.length, 'item')} with the words ${words}, best first`}
			</p>
			<HitTable hits={found.hits} />
		</>
	);
}

function useHits(boards: readonly ProjectBoard[], words: string): readonly [Found, () => void] {
	const { ask } = useApp();
	const ids = boards.map((board) => board.project.id).join(' ');
	const [found, setFound] = useState<Found>({ kind: 'asking' });
	const [round, setRound] = useState(0);
	// biome-ignore lint/correctness/useExhaustiveDependencies: `round` asks again
	useEffect(() => {
		const leaving = new AbortController();
		Promise.all(ids.split(' ').map((project) => ask('item.search', { project, words, limit: hitsMax }, leaving.signal)))
			.then((all) => {
				const hits = all.flatMap((part) => part.hits);
				setFound({ kind: 'found', hits, more: all.some(({ more }) => more) });
			})
			.catch((thrown: unknown) => {
				if (!leaving.signal.aborted) setFound({ kind: 'failed', error: asError(thrown) });
			});
		return () => leaving.abort();
	}, [ask, ids, words, round]);
	return [found, () => setRound((n) => n + 1)];
}
