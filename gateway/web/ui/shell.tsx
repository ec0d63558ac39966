/** The frame around every view: where one can go, how fresh all of it is, who one is. */
import { lazy, type ReactNode, Suspense, useEffect } from 'react';
import { mayAsk } from '../../../shared/operations/define.ts';
import { followLink, linkTo } from '../browser/address.ts';
import { isLost } from '../model/freshness.ts';
import { nameOf, type Place } from '../model/route.ts';
import { BoardView } from '../views/board/board-view.tsx';
import { useBoardState, useRoute } from './app.ts';
import { FreshnessBanner, FreshnessLine } from './freshness.tsx';
import { Brand, Icon, type IconName } from './icon.tsx';
import { KeysDialog, useKeys } from './keys.tsx';
import { Mishap } from './mishap.tsx';
import { NoticeList } from './notice-list.tsx';
import { Empty, Loading } from './pieces.tsx';
import { ThemeButton } from './theme.tsx';

const ItemView = lazy(() => import('../views/item/item-view.tsx').then(({ ItemView }) => ({ default: ItemView })));
const NewItemView = lazy(() => import('../views/new-item.tsx').then(({ NewItemView }) => ({ default: NewItemView })));
const ArchiveView = lazy(() =>
	import('../views/archive/archive-view.tsx').then(({ ArchiveView }) => ({ default: ArchiveView })),
);
const NodesView = lazy(() => import('../views/nodes/nodes-view.tsx').then(({ NodesView }) => ({ default: NodesView })));
const ProjectsView = lazy(() =>
	import('../views/projects/projects-view.tsx').then(({ ProjectsView }) => ({ default: ProjectsView })),
);
const CostView = lazy(() => import('../views/cost/cost-view.tsx').then(({ CostView }) => ({ default: CostView })));
const PeopleView = lazy(() => import('../views/people.tsx').then(({ PeopleView }) => ({ default: PeopleView })));

interface Destination {
	readonly place: Place;
	readonly label: string;
	readonly icon: IconName;
}

const destinations: readonly Destination[] = [
	{ place: { view: 'board', project: null }, label: 'Board', icon: 'board' },
	{ place: { view: 'archive', project: null }, label: 'Archive', icon: 'archive' },
	{ place: { view: 'nodes' }, label: 'Nodes', icon: 'nodes' },
	{ place: { view: 'projects' }, label: 'Projects', icon: 'projects' },
	{ place: { view: 'cost' }, label: 'Cost', icon: 'cost' },
	{ place: { view: 'people' }, label: 'People', icon: 'people' },
];

export function Shell() {
	const { place } = useRoute();
	const keys = useKeys();
	useEffect(() => {
		document.addEventListener('click', followLink);
		return () => document.removeEventListener('click', followLink);
	}, []);
	useTitle(place);
	return (
		<div className="shell">
			<button type="button" className="button skip" onClick={toContent}>
				To the content
			</button>
			<Rail place={place} />
			<main className="main" id="view" tabIndex={-1}>
				<div className="banners">
					<FreshnessBanner />
				</div>
				<Mishap place={JSON.stringify(place)}>
					<Suspense
						fallback={
							<div className="view-body">
								<Loading what="the view" />
							</div>
						}
					>
						<View place={place} />
					</Suspense>
				</Mishap>
				<div className="phone-only">
					<OnlyLooks />
					<FreshnessLine />
				</div>
			</main>
			<PhoneBar place={place} />
			<NoticeList />
			{keys.shown && <KeysDialog onClose={keys.close} />}
		</div>
	);
}

/** No link to `#view`: addresses are below `<base>`, so the browser would leave the page for the board. */
function toContent(): void {
	document.getElementById('view')?.focus();
}

function View({ place }: { readonly place: Place }): ReactNode {
	switch (place.view) {
		case 'board':
			return <BoardView key={place.project} project={place.project} />;
		case 'item':
			return <ItemView key={`${place.project}/${place.item}`} {...place} />;
		case 'new':
			return <NewItemView project={place.project} />;
		case 'archive':
			return <ArchiveView project={place.project} />;
		case 'nodes':
			return <NodesView />;
		case 'projects':
			return <ProjectsView />;
		case 'cost':
			return <CostView />;
		case 'people':
			return <PeopleView />;
		case 'nowhere':
			return (
				<Empty whole title="There is nothing here">
					<p>
						No view has the address <code>{place.path}</code>. An item has one such as <code>p/shop/12</code>.
					</p>
					<a className="button primary" href={linkTo({ view: 'board', project: null })}>
						To the board
					</a>
				</Empty>
			);
	}
}

function Rail({ place }: { readonly place: Place }) {
	const { boards, me } = useBoardState();
	const needs = [...(boards?.values() ?? [])]
		.flatMap(({ items }) => [...items.values()])
		.filter(({ needsYou }) => needsYou !== null);
	return (
		<nav className="rail" aria-label="Views">
			<a className="brand" href={linkTo({ view: 'board', project: null })}>
				<Brand />
				Gangline
			</a>
			{destinations.map(({ place: to, label, icon }) => (
				<a key={label} className="item" href={linkTo(to)} aria-current={isAt(place, to) ? 'page' : undefined}>
					<Icon name={icon} />
					{label}
					{label === 'Board' && needs.length > 0 && (
						<span className="number" data-tone="needs" title={`${needs.length} wait for you`}>
							{needs.length}
							<span className="visually-hidden"> need you</span>
						</span>
					)}
				</a>
			))}
			{boards !== null && boards.size > 1 && (
				<>
					<p className="group">Projects</p>
					{[...boards.values()].map(({ project, items }) => (
						<a
							key={project.id}
							className="item"
							href={linkTo({ view: 'board', project: project.name })}
							aria-current={place.view === 'board' && place.project === project.name ? 'page' : undefined}
						>
							<span className="clip">{project.name}</span>
							<span className="number">{[...items.values()].filter(({ column }) => column !== 'done').length}</span>
						</a>
					))}
				</>
			)}
			<div className="foot">
				<OnlyLooks />
				<FreshnessLine />
				<div className="row">
					<a className="item clip" href={linkTo({ view: 'people' })} style={{ flex: 1 }}>
						<Icon name="person" />
						<span className="clip">{me?.person ?? '…'}</span>
						<span className="number">{me?.access}</span>
					</a>
					<ThemeButton />
				</div>
			</div>
		</nav>
	);
}

/** Said once to who may only look, instead of beside every button that is not there. */
function OnlyLooks() {
	const { me } = useBoardState();
	if (me === null || mayAsk(me.access, 'member')) return null;
	return <p className="soft small only-looks">You may look. To change something, ask an owner to make you a member.</p>;
}

function PhoneBar({ place }: { readonly place: Place }) {
	return (
		<nav className="phone-bar" aria-label="Views">
			{destinations
				.filter(({ label }) => label !== 'Cost' && label !== 'Archive')
				.map(({ place: to, label, icon }) => (
					<a key={label} href={linkTo(to)} aria-current={isAt(place, to) ? 'page' : undefined}>
						<Icon name={icon} />
						{label}
					</a>
				))}
			<a href={linkTo({ view: 'archive', project: null })} aria-current={place.view === 'archive' ? 'page' : undefined}>
				<Icon name="archive" />
				Archive
			</a>
			<a href={linkTo({ view: 'cost' })} aria-current={place.view === 'cost' ? 'page' : undefined}>
				<Icon name="cost" />
				Cost
			</a>
		</nav>
	);
}

function isAt(place: Place, to: Place): boolean {
	if (to.view === 'board') return (place.view === 'board' && place.project === null) || place.view === 'item';
	return place.view === to.view;
}

function useTitle(place: Place): void {
	const { boards, freshness } = useBoardState();
	useEffect(() => {
		const needs = [...(boards?.values() ?? [])]
			.flatMap(({ items }) => [...items.values()])
			.filter(({ needsYou }) => needsYou);
		const where = place.view === 'item' ? `${nameOf(place.item)} · ${place.project}` : 'Gangline';
		const mark = isLost(freshness) ? '(away) ' : needs.length > 0 ? `(${needs.length}) ` : '';
		document.title = `${mark}${where}`;
	}, [boards, freshness, place]);
}
