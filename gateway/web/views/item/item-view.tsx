/**
 * One item: its address names it and the part that is open. What it is and what a person can do stand above; overview,
 * change, log and history are parts of their own, and the heavy ones load when they are opened.
 */
import { lazy, type ReactNode, Suspense, useEffect } from 'react';
import { tinykeys } from 'tinykeys';
import type { ItemAnswer, ItemDetail } from '../../../../shared/operations/index.ts';
import type { ErrorCode } from '../../../../shared/ports/errors.ts';
import { goTo, linkTo } from '../../browser/address.ts';
import { displayOf, isMerging } from '../../model/display-state.ts';
import { moveBy, movesOf } from '../../model/moves.ts';
import { itemNamed } from '../../model/named-item.ts';
import { type ItemPart, itemParts, nameOf } from '../../model/route.ts';
import { plainWords } from '../../model/words.ts';
import { knownOf, useAnswer, useBoards } from '../../ui/app.ts';
import { Icon } from '../../ui/icon.tsx';
import { useItemActions } from '../../ui/item-actions.tsx';
import { unlessWriting } from '../../ui/keys.tsx';
import { MenuButton } from '../../ui/menu.tsx';
import { PeopleHere } from '../../ui/people-here.tsx';
import { Empty, Failure, Loading, StateChip, TentativeChip, TypeIcon } from '../../ui/pieces.tsx';
import { History } from './history.tsx';
import { Overview } from './overview.tsx';
import { TitleField } from './title-field.tsx';

const DiffPart = lazy(() => import('./diff-part.tsx').then(({ DiffPart }) => ({ default: DiffPart })));
const LogPart = lazy(() => import('./log-part.tsx').then(({ LogPart }) => ({ default: LogPart })));

export interface ItemViewProps {
	readonly project: string;
	readonly item: string;
	readonly part: ItemPart;
}

const partNames: Readonly<Record<ItemPart, string>> = {
	overview: 'Overview',
	diff: 'Change',
	log: 'Log',
	history: 'History',
};

/** Asking again does not help: it is not there. Everything else may be over in a moment. */
const isGone: ReadonlySet<ErrorCode> = new Set(['UNKNOWN_ITEM', 'UNKNOWN_PROJECT', 'INVALID_ID', 'INVALID_ARGUMENT']);

export function ItemView({ project, item, part }: ItemViewProps) {
	const [board] = useBoards(project);
	const live = board && itemNamed(board.items.values(), item);
	// Whatever is told of the item makes the whole of it be read again.
	const [asked, again] = useAnswer('item.show', { project, item }, live);
	const detail = knownOf(asked)?.item ?? null;
	useBackKey(project);
	if (detail === null) {
		return (
			<div className="view-body">
				{asked.kind !== 'failed' ? (
					<Loading what={nameOf(item)} />
				) : isGone.has(asked.error.code) ? (
					<Gone error={asked.error.message} project={project} />
				) : (
					<Failure error={asked.error} retry={again} />
				)}
			</div>
		);
	}
	const now: ItemAnswer = live ?? detail;
	return (
		<div className="view">
			<Head
				project={project}
				item={now}
				people={detail.people}
				headMerges={[...(board?.items.values() ?? [])].some(isMerging)}
			/>
			<nav className="parts" aria-label="Parts of the item">
				{itemParts.map((one) => (
					<a
						key={one}
						href={linkTo({ view: 'item', project, item, part: one })}
						aria-current={one === part ? 'page' : undefined}
					>
						{partNames[one]}
						{one === 'diff' && detail.change && <span className="faint small"> {detail.change.stat.files}</span>}
					</a>
				))}
			</nav>
			{asked.kind === 'failed' && (
				<div style={{ padding: '8px 20px 0' }}>
					<Failure error={asked.error} retry={again} />
				</div>
			)}
			<Suspense
				fallback={
					<div className="view-body">
						<Loading what={partNames[part].toLowerCase()} />
					</div>
				}
			>
				<Part part={part} detail={detail} item={now} />
			</Suspense>
		</div>
	);
}

function Part({
	part,
	detail,
	item,
}: {
	readonly part: ItemPart;
	readonly detail: ItemDetail;
	readonly item: ItemAnswer;
}): ReactNode {
	switch (part) {
		case 'overview':
			return <Overview detail={detail} />;
		case 'diff':
			return <DiffPart item={item} />;
		case 'log':
			return <LogPart item={item} runs={detail.runs} />;
		case 'history':
			return <History detail={detail} />;
	}
}

interface HeadProps {
	/** As the address names it. */
	readonly project: string;
	readonly item: ItemAnswer;
	readonly people: readonly string[];
	readonly headMerges: boolean;
}

function Head({ project, item, people, headMerges }: HeadProps) {
	const actions = useItemActions();
	// The one thing that a person most likely came for; the rest is in the menu.
	const first = movesOf(item).find(({ event }) =>
		[...(item.asks === null ? ['unblock'] : []), 'unfreeze', 'retryMerge', 'accept', 'start', 'reopen'].includes(event),
	);
	const freeze = moveBy('freeze');
	const mayFreeze = freeze && movesOf(item).includes(freeze);
	return (
		<header className="item-head">
			<a className="button quiet icon-only" href={linkTo({ view: 'board', project })} aria-label="Back to the board">
				<Icon name="back" />
			</a>
			<div className="item-title">
				<div className="row wrap small soft">
					<TypeIcon type={item.type} />
					<span>{item.name}</span>
					<StateChip state={displayOf(item, headMerges)} />
					{item.tentative && <TentativeChip />}
					{item.labels.map((label) => (
						<span key={label} className="chip plain" title={label}>
							{label}
						</span>
					))}
					<PeopleHere people={people.map((person) => ({ person, item: null }))} />
				</div>
				<TitleField item={item} />
			</div>
			{actions.mayChange && (
				<div className="row">
					{first && (
						<button
							type="button"
							className={item.needsYou === null ? 'button' : 'button primary'}
							onClick={() => actions.move(item, first)}
						>
							{first.label}
						</button>
					)}
					{mayFreeze && item.holder && (
						<button type="button" className="button" onClick={() => actions.move(item, freeze)}>
							<Icon name="pause" />
							Freeze
						</button>
					)}
					<MenuButton
						label={`What to do with ${item.name}`}
						className="button icon-only"
						entries={() => actions.menu(item)}
					>
						<Icon name="more" />
					</MenuButton>
				</div>
			)}
			{actions.question}
		</header>
	);
}

function Gone({ error, project }: { readonly error: string; readonly project: string }) {
	return (
		<Empty whole title="This item cannot be shown">
			<p>{plainWords(error)}</p>
			<p>It may have been deleted, or have left the board long ago: search finds it in the archive.</p>
			<div className="row">
				<a className="button primary" href={linkTo({ view: 'board', project })}>
					To the board
				</a>
				<a className="button" href={linkTo({ view: 'archive', project })}>
					Archive
				</a>
			</div>
		</Empty>
	);
}

function useBackKey(project: string): void {
	useEffect(
		() =>
			tinykeys(window, {
				Escape: (event) => unlessWriting(event, () => goTo({ view: 'board', project })),
			}),
		[project],
	);
}
