/**
 * What a person does to an item, the same wherever it is asked for: from a card's menu, a key, a drop or the item's own
 * view. What needs words or a second thought asks for them here; what can be taken back offers that.
 */
import { type ReactNode, useState } from 'react';
import { createPortal } from 'react-dom';
import type { ItemAnswer } from '../../../shared/operations/index.ts';
import { currentRoute, goTo } from '../browser/address.ts';
import { type Move, moveBy, movesOf } from '../model/moves.ts';
import { itemNamed } from '../model/named-item.ts';
import { itemInAddress } from '../model/route.ts';
import { asError, useApp, useChange, useDraft, useMay } from './app.ts';
import { Dialog } from './dialog.tsx';
import { Icon } from './icon.tsx';
import type { MenuEntry } from './menu.tsx';

type Question =
	| { readonly kind: 'move'; readonly move: Move; readonly item: ItemAnswer }
	| { readonly kind: 'delete'; readonly item: ItemAnswer };

export interface ItemActions {
	readonly mayChange: boolean;
	/** Does it, or asks what must be asked first. */
	readonly move: (item: ItemAnswer, move: Move) => void;
	readonly remove: (item: ItemAnswer) => void;
	readonly hold: (item: ItemAnswer, held: boolean) => void;
	readonly menu: (item: ItemAnswer) => readonly (readonly MenuEntry[])[];
	/** The open question, to be drawn somewhere in the view. */
	readonly question: ReactNode;
}

export function useItemActions(): ItemActions {
	const change = useChange();
	const mayChange = useMay('member');
	const [asked, setAsked] = useState<Question | null>(null);

	const doMove = async (
		item: ItemAnswer,
		move: Move,
		more: { reason?: string; by?: string } = {},
	): Promise<boolean> => {
		const { key, project } = item;
		const undo = move.undo === null ? undefined : moveBy(move.undo);
		const takeBack = undo && {
			label: move.undo === 'reopen' ? 'Reopen' : 'Undo',
			run: () =>
				void change('item.move', {
					project,
					item: key,
					to: undo.event,
					...(undo.asks === 'reason' && { reason: 'undone' }),
				}),
		};
		return (await change('item.move', { project, item: key, to: move.event, ...more }, takeBack ?? null)) !== undefined;
	};
	const move = (item: ItemAnswer, wanted: Move): void => {
		if (wanted.asks === 'nothing') void doMove(item, wanted);
		else setAsked({ kind: 'move', item, move: wanted });
	};
	const hold = (item: ItemAnswer, held: boolean): void => {
		const { key, project } = item;
		const undo = { label: 'Undo', run: () => void change('item.edit', { project, item: key, hold: !held }) };
		void change('item.edit', { project, item: key, hold: held }, undo);
	};
	const remove = (item: ItemAnswer): void => setAsked({ kind: 'delete', item });
	const menu = (item: ItemAnswer): readonly (readonly MenuEntry[])[] => {
		const open = (part: 'overview' | 'diff' | 'log') =>
			goTo({ view: 'item', project: item.project, item: itemInAddress(item.name), part });
		const looks: MenuEntry[] = [
			{ label: 'Open', icon: <Icon name="next" />, run: () => open('overview') },
			{ label: 'Look at the change', icon: <Icon name="eye" />, run: () => open('diff') },
			{ label: 'Follow the log', icon: <Icon name="file" />, run: () => open('log') },
		];
		if (!mayChange) return [looks];
		const moves = movesOf(item).map((one): MenuEntry => ({ label: one.label, run: () => move(item, one) }));
		const holds: MenuEntry[] =
			item.stage === 'backlog' || item.stage === 'upcoming'
				? [{ label: item.held ? 'Let it start by itself' : 'Hold', run: () => hold(item, !item.held) }]
				: [];
		const deletes: MenuEntry = { label: 'Delete…', danger: true, run: () => remove(item) };
		return [looks, [...moves, ...holds], [deletes]];
	};
	const close = (): void => setAsked(null);
	const question =
		asked === null
			? null
			: createPortal(
					asked.kind === 'delete' ? (
						<DeleteDialog item={asked.item} onClose={close} />
					) : (
						<MoveDialog
							item={asked.item}
							move={asked.move}
							onClose={close}
							onMove={(more) => doMove(asked.item, asked.move, more)}
						/>
					),
					document.body,
				);
	return { mayChange, move, remove, hold, menu, question };
}

interface MoveDialogProps {
	readonly item: ItemAnswer;
	readonly move: Move;
	/** False where it was refused. */
	readonly onMove: (more: { reason?: string; by?: string }) => Promise<boolean>;
	readonly onClose: () => void;
}

function MoveDialog({ item, move, onMove, onClose }: MoveDialogProps) {
	const [text, setText] = useDraft(move.event, item);
	const asksText = move.asks === 'reason' || move.asks === 'item';
	const label = move.asks === 'item' ? 'Which item replaces it? Its number' : 'Why, in one line';
	const confirm = async (): Promise<void> => {
		const said = text.trim();
		if (!(await onMove(move.asks === 'reason' ? { reason: said } : move.asks === 'item' ? { by: said } : {}))) return;
		setText('');
		onClose();
	};
	return (
		<Dialog
			title={`${move.label.replace('…', '')}: ${item.name} ${item.title}`}
			confirm={move.label.replace('…', '')}
			onConfirm={confirm}
			onClose={onClose}
			disabled={asksText && text.trim() === ''}
		>
			{asksText ? (
				<div className="field">
					<label htmlFor="move-words">{label}</label>
					<input
						id="move-words"
						className="input"
						value={text}
						maxLength={1000}
						onChange={(event) => setText(event.target.value)}
					/>
				</div>
			) : (
				<p className="soft">
					{move.event === 'archive'
						? 'It leaves the board for good; it stays in the history and is found by search.'
						: 'This cannot be taken back.'}
				</p>
			)}
		</Dialog>
	);
}

function DeleteDialog({ item, onClose }: { readonly item: ItemAnswer; readonly onClose: () => void }) {
	const { ask, store, notices } = useApp();
	const remove = async (): Promise<void> => {
		onClose();
		try {
			const { answer, kept } = await ask('item.delete', { project: item.project, item: item.key });
			store.forget(item.project, item.key);
			notices.tell(answer, null, kept[0] ? `Its work is kept at ${kept[0].ref}` : null);
			// It may take a while: whoever went elsewhere meanwhile stays there.
			const { place } = currentRoute();
			if (place.view === 'item' && itemNamed([item], place.item)) goTo({ view: 'board', project: place.project });
		} catch (thrown) {
			notices.fail(asError(thrown));
		}
	};
	return (
		<Dialog
			title={`Delete ${item.name} for good?`}
			confirm="Delete"
			danger
			onConfirm={() => void remove()}
			onClose={onClose}
		>
			<p>{item.title}</p>
			<p className="soft">
				Its agent is stopped, its record is gone and its number is never given again. Work that an agent committed stays
				on a salvage ref. To keep the item, abandon it instead.
			</p>
		</Dialog>
	);
}
