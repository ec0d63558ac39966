/** The board: lanes of one project or of all, what needs a person first, and what is out of the ordinary said above. */
import { monitorForElements } from '@atlaskit/pragmatic-drag-and-drop/element/adapter';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { ItemAnswer } from '../../../../shared/operations/index.ts';
import type { Column } from '../../../../shared/pipeline/table.ts';
import { goTo, linkTo } from '../../browser/address.ts';
import { isMerging } from '../../model/display-state.ts';
import { filtered, isFiltered, readFilters } from '../../model/filters.ts';
import { inLanes, type Lane as LaneName, lanes, laneTitles } from '../../model/lanes.ts';
import { dropOn } from '../../model/moves.ts';
import { itemInAddress } from '../../model/route.ts';
import { useApp, useBoardState, useBoards, useMay, useNow, useRoute } from '../../ui/app.ts';
import { Icon } from '../../ui/icon.tsx';
import { type ItemActions, useItemActions } from '../../ui/item-actions.tsx';
import { PeopleHere } from '../../ui/people-here.tsx';
import { Command, Empty, Loading } from '../../ui/pieces.tsx';
import { FilterBar } from './filter-bar.tsx';
import { Lane } from './lane.tsx';
import { useLaneKeys } from './lane-keys.ts';
import { ProjectBanners } from './project-banners.tsx';

export function BoardView({ project }: { readonly project: string | null }) {
	const { boards: known } = useBoardState();
	const boards = useBoards(project);
	const { query } = useRoute();
	const now = useNow(15_000);
	const actions = useItemActions();
	const mayAdd = useMay('member');
	const filters = useMemo(() => readFilters(query), [query]);
	const all = useMemo(() => boards.flatMap(({ items }) => [...items.values()]), [boards]);
	const shown = useMemo(() => filtered(all, filters), [all, filters]);
	const byLane = useMemo(() => inLanes(shown), [shown]);
	const headMerges = useMemo(() => all.some(isMerging), [all]);
	const dragged = useDragging(all, actions);
	const [phoneLane, setPhoneLane] = useState<LaneName | null>(null);
	const view = useRef<HTMLDivElement>(null);
	useLaneKeys(view, byLane);
	if (known === null) {
		return (
			<div className="view-body">
				<Loading what="the board" />
			</div>
		);
	}
	if (known.size === 0) return <NoProjects />;
	if (boards.length === 0) return <NoSuchProject name={project ?? ''} />;
	// An empty lane says that nothing is there: that is not known before the first answer.
	if (boards.every(({ whole, items }) => whole === null && items.size === 0)) {
		return (
			<div className="view-body">
				<Loading what="the board" />
			</div>
		);
	}
	const onPhone = phoneLane ?? (byLane.needsYou.length > 0 ? 'needsYou' : firstFull(byLane));
	const projectName = (id: string): string | null => (boards.length > 1 ? (known.get(id)?.project.name ?? null) : null);
	return (
		<div className="view" ref={view}>
			<div className="view-head board-head">
				<h1>
					{project === null ? (known.size > 1 ? 'All projects' : boards[0]?.project.name) : boards[0]?.project.name}
				</h1>
				<PeopleHere people={boards.flatMap(({ whole }) => whole?.people ?? [])} />
				<span className="push" />
				<FilterBar items={all} filters={filters} />
				{mayAdd && (
					<a
						className="button primary"
						href={linkTo({ view: 'new', project: boards.length === 1 ? (boards[0]?.project.name ?? null) : null })}
					>
						<Icon name="plus" />
						<span className="label-text">New item</span>
					</a>
				)}
			</div>
			<ProjectBanners boards={boards} />
			<fieldset className="lane-tabs" aria-label="Lane" style={{ border: 0, margin: 0 }}>
				{lanes
					.filter((lane) => lane !== 'closed' || byLane.closed.length > 0)
					.map((lane) => (
						<button
							key={lane}
							type="button"
							className="button tiny"
							aria-pressed={lane === onPhone}
							onClick={() => setPhoneLane(lane)}
						>
							{laneTitles[lane]} {byLane[lane].length}
						</button>
					))}
			</fieldset>
			<div className="lanes">
				{lanes
					.filter((lane) => lane !== 'closed' || byLane.closed.length > 0)
					.map((lane) => (
						<Lane
							key={lane}
							lane={lane}
							items={byLane[lane]}
							shownOnPhone={lane === onPhone}
							projectName={projectName}
							headMerges={headMerges}
							now={now}
							actions={actions}
							dragged={dragged}
							filtered={isFiltered(filters)}
						/>
					))}
			</div>
			{actions.question}
		</div>
	);
}

/** Follows a card that is dragged, and does what dropping it means. */
function useDragging(items: readonly ItemAnswer[], actions: ItemActions): ItemAnswer | null {
	const { notices } = useApp();
	const [dragged, setDragged] = useState<ItemAnswer | null>(null);
	const latest = useRef({ items, actions });
	latest.current = { items, actions };
	useEffect(() => {
		const find = (key: unknown): ItemAnswer | null => latest.current.items.find((item) => item.key === key) ?? null;
		return monitorForElements({
			onDragStart: ({ source }) => setDragged(find(source.data.key)),
			onDrop: ({ source, location }) => {
				setDragged(null);
				const item = find(source.data.key);
				const column = location.current.dropTargets[0]?.data.column;
				if (item === null || !isColumn(column)) return;
				const drop = dropOn(item, column);
				if (drop.kind === 'move') latest.current.actions.move(item, drop.move);
				else if (drop.kind === 'refused') notices.tell(`It stays: ${drop.words}`);
				else if (drop.kind === 'review') {
					goTo({ view: 'item', project: item.project, item: itemInAddress(item.name), part: 'diff' });
					notices.tell(drop.words);
				}
			},
		});
	}, [notices]);
	return dragged;
}

function isColumn(value: unknown): value is Column {
	return (
		typeof value === 'string' && ['backlog', 'coding', 'qa', 'merge', 'done', 'closed', 'archived'].includes(value)
	);
}

function firstFull(byLane: Readonly<Record<LaneName, readonly ItemAnswer[]>>): LaneName {
	return lanes.find((lane) => byLane[lane].length > 0) ?? 'backlog';
}

function NoProjects() {
	return (
		<Empty whole title="No project yet">
			<p>
				A project is a git repository with a file that says how its changes are judged. In yours, on the machine where
				it is to live:
			</p>
			<Command line="gangline init && gangline start" />
			<p>
				The first one finds the branch, the set-up and the tests, and runs them once. As soon as the second one runs,
				the project is here.
			</p>
			<a className="button" href={linkTo({ view: 'projects' })}>
				Projects
			</a>
		</Empty>
	);
}

function NoSuchProject({ name }: { readonly name: string }) {
	return (
		<Empty whole title={`There is no project ${name}`}>
			<p>It may have been renamed, or taken out of the mesh.</p>
			<a className="button primary" href={linkTo({ view: 'board', project: null })}>
				All projects
			</a>
		</Empty>
	);
}
