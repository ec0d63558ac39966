/** One lane: a virtual list of cards, a place to drop them, and what it is for where it is empty. */
import { dropTargetForElements } from '@atlaskit/pragmatic-drag-and-drop/element/adapter';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { ItemAnswer } from '../../../../shared/operations/index.ts';
import { columnOfLane, type Lane as LaneName, laneTitles } from '../../model/lanes.ts';
import { dropOn } from '../../model/moves.ts';
import type { ItemActions } from '../../ui/item-actions.tsx';
import { Card } from './card.tsx';

export const cardHeight = 114;

const emptyWords: Readonly<Record<LaneName, string>> = {
	needsYou: 'Nothing waits for you. Reviews, blocked items and failed landings come here first.',
	backlog: 'What is wanted: + adds it (or the key c). It starts by itself when what it depends on is done.',
	coding: 'What an agent or script works on now, each in a clone of its own.',
	qa: 'Results that passed the gates and are looked at before they land.',
	merge: 'The landing queue: each is judged once more on main as it is then.',
	done: 'What is on main.',
	closed: 'Given up, replaced or turned down.',
};

export interface LaneProps {
	readonly lane: LaneName;
	readonly items: readonly ItemAnswer[];
	readonly shownOnPhone: boolean;
	readonly projectName: (id: string) => string | null;
	readonly headMerges: boolean;
	readonly now: number;
	readonly actions: ItemActions;
	/** The card that is being dragged; null while none is. */
	readonly dragged: ItemAnswer | null;
	readonly filtered: boolean;
}

export function Lane({
	lane,
	items,
	shownOnPhone,
	projectName,
	headMerges,
	now,
	actions,
	dragged,
	filtered,
}: LaneProps) {
	const list = useRef<HTMLDivElement>(null);
	const section = useRef<HTMLElement>(null);
	const [over, setOver] = useState(false);
	const column = columnOfLane(lane);
	// The same function as long as the items are: another one makes the list measure all of them anew.
	const getItemKey = useCallback((index: number) => items[index]?.key ?? index, [items]);
	const cards = useVirtualizer({
		count: items.length,
		getScrollElement: () => list.current,
		estimateSize: () => cardHeight,
		getItemKey,
		overscan: 4,
	});
	useEffect(() => {
		const element = section.current;
		if (!element || column === null) return;
		return dropTargetForElements({
			element,
			getData: () => ({ column }),
			onDragEnter: () => setOver(true),
			onDragLeave: () => setOver(false),
			onDrop: () => setOver(false),
		});
	}, [column]);
	useEffect(() => {
		const element = list.current;
		if (!element) return;
		const bring = (event: Event): void => {
			if (event instanceof CustomEvent && typeof event.detail === 'number') cards.scrollToIndex(event.detail);
		};
		element.addEventListener('bring', bring);
		return () => element.removeEventListener('bring', bring);
	}, [cards]);
	const heading = `lane-${lane}`;
	return (
		<section
			ref={section}
			className="lane"
			data-lane={lane}
			data-shown={shownOnPhone || undefined}
			data-empty={items.length === 0 || undefined}
			data-drop={dropMark(dragged, lane, over)}
			aria-labelledby={heading}
		>
			<div className="lane-head">
				<h2 id={heading}>{laneTitles[lane]}</h2>
				<span className="number">{items.length.toLocaleString('en')}</span>
			</div>
			<div ref={list} className="lane-list" data-lane-list={lane}>
				{items.length === 0 && (
					<p className="lane-empty">{filtered ? 'Nothing here with these filters.' : emptyWords[lane]}</p>
				)}
				{items.length > 0 && (
					<ul className="lane-space" style={{ height: cards.getTotalSize() }} aria-labelledby={heading}>
						{cards.getVirtualItems().map(({ index, key, start }) => {
							const item = items[index];
							return (
								item && (
									<li
										key={key}
										className="card-slot"
										style={{ transform: `translateY(${start}px)` }}
										data-index={index}
										aria-setsize={items.length}
										aria-posinset={index + 1}
									>
										<Card
											item={item}
											project={projectName(item.project)}
											headMerges={headMerges}
											now={now}
											actions={actions}
										/>
									</li>
								)
							);
						})}
					</ul>
				)}
			</div>
		</section>
	);
}

function dropMark(dragged: ItemAnswer | null, lane: LaneName, over: boolean): 'may' | 'over' | 'no' | undefined {
	if (dragged === null) return undefined;
	const column = columnOfLane(lane);
	const drop = column === null ? null : dropOn(dragged, column);
	if (drop === null || drop.kind === 'refused') return 'no';
	if (drop.kind === 'stays') return undefined;
	return over ? 'over' : 'may';
}
