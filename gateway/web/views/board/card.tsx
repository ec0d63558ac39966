/** One item on the board: what it is, what happens with it, who does it and where, or why nobody does. */
import { draggable } from '@atlaskit/pragmatic-drag-and-drop/element/adapter';
import { memo, useEffect, useRef, useState } from 'react';
import type { ItemAnswer } from '../../../../shared/operations/index.ts';
import { ownQuestion } from '../../../../shared/protocol/asks.ts';
import { linkTo } from '../../browser/address.ts';
import { displayOf } from '../../model/display-state.ts';
import { itemInAddress } from '../../model/route.ts';
import { plainWords, span, usd } from '../../model/words.ts';
import { Icon } from '../../ui/icon.tsx';
import type { ItemActions } from '../../ui/item-actions.tsx';
import { MenuButton } from '../../ui/menu.tsx';
import { StateChip, TentativeChip, TypeIcon } from '../../ui/pieces.tsx';

export interface CardProps {
	readonly item: ItemAnswer;
	/** Of more than one project: whose item it is. */
	readonly project: string | null;
	readonly headMerges: boolean;
	readonly now: number;
	readonly actions: ItemActions;
}

export const Card = memo(DrawnCard, (a, b) => {
	// What the actions are made of changes with the view, not with the card.
	return (
		a.item === b.item &&
		a.project === b.project &&
		a.headMerges === b.headMerges &&
		a.now === b.now &&
		a.actions.mayChange === b.actions.mayChange
	);
});

function DrawnCard({ item, project, headMerges, now, actions }: CardProps) {
	const card = useRef<HTMLElement>(null);
	const [dragging, setDragging] = useState(false);
	const { mayChange } = actions;
	useEffect(() => {
		const element = card.current;
		if (!element || !mayChange) return;
		return draggable({
			element,
			getInitialData: () => ({ key: item.key, project: item.project }),
			onDragStart: () => setDragging(true),
			onDrop: () => setDragging(false),
		});
	}, [mayChange, item.key, item.project]);
	return (
		<article
			ref={card}
			className="card"
			data-key={item.key}
			data-tentative={item.tentative || undefined}
			data-dragging={dragging || undefined}
			aria-label={`${item.name} ${item.title}`}
		>
			<div className="top">
				<span className="name">
					<TypeIcon type={item.type} />
					{project !== null && <span className="clip">{project}</span>}
					{item.name}
				</span>
				<StateChip state={displayOf(item, headMerges)} />
				{item.tentative && <TentativeChip />}
				<span className="push" />
				<MenuButton
					label={`What to do with ${item.name}`}
					className="button quiet tiny icon-only menu-button"
					entries={() => actions.menu(item)}
				>
					<Icon name="more" />
				</MenuButton>
			</div>
			<a
				className="title"
				draggable={false}
				href={linkTo({
					view: 'item',
					project: item.project,
					item: itemInAddress(item.name),
					part: item.stage === 'reviewHold' ? 'diff' : 'overview',
				})}
			>
				{item.title}
			</a>
			<div className="foot">
				<Foot item={item} now={now} />
				{item.costUsd > 0 && <span className="faint">{usd(item.costUsd)}</span>}
			</div>
		</article>
	);
}

function Foot({ item, now }: Pick<CardProps, 'item' | 'now'>) {
	const { holder } = item;
	if (holder && item.asks === null) {
		return (
			<span className="clip" title={`${holder.role} on ${holder.node}`}>
				{`${holder.agent ?? holder.role} on ${holder.node} · ${span(now - holder.since)}`}
			</span>
		);
	}
	return (
		<span className="clip" title={whyOf(item) ?? undefined}>
			{whyOf(item) ?? labelsOf(item) ?? `${span(now - item.changedAt)} ago`}
		</span>
	);
}

/** Why it stands where it stands, without the command that a shell would be told. */
function whyOf(item: ItemAnswer): string | null {
	if (item.stage === 'done') return item.landed?.commit ? `as ${item.landed.commit.slice(0, 10)}` : null;
	if (item.asks !== null) return `asks: ${ownQuestion(item.asks) ?? item.asks}`;
	return item.stageReason ?? plainWords(item.waitsBecause);
}

function labelsOf({ labels }: ItemAnswer): string | null {
	return labels.length > 0 ? labels.join(', ') : null;
}
