/** A button with a menu: arrows move, Escape closes and gives the focus back, a click elsewhere closes. */
import { type KeyboardEvent, type ReactNode, useEffect, useId, useLayoutEffect, useRef, useState } from 'react';
import { createPortal } from 'react-dom';

export interface MenuEntry {
	readonly label: string;
	readonly icon?: ReactNode;
	readonly danger?: boolean;
	readonly run: () => void;
}

export interface MenuProps {
	readonly label: string;
	readonly className: string;
	readonly children: ReactNode;
	/** Groups are divided by a line. Asked for when the menu opens. */
	readonly entries: () => readonly (readonly MenuEntry[])[];
}

export function MenuButton({ label, className, children, entries }: MenuProps) {
	const [groups, setGroups] = useState<readonly (readonly MenuEntry[])[] | null>(null);
	const button = useRef<HTMLButtonElement>(null);
	const id = useId();
	const close = (refocus: boolean): void => {
		setGroups(null);
		if (refocus) button.current?.focus();
	};
	return (
		<>
			<button
				ref={button}
				type="button"
				className={className}
				aria-label={label}
				aria-haspopup="menu"
				aria-expanded={groups !== null}
				aria-controls={groups === null ? undefined : id}
				onClick={() => setGroups(groups === null ? entries() : null)}
			>
				{children}
			</button>
			{groups !== null &&
				createPortal(
					<MenuList id={id} label={label} groups={groups} anchor={button.current} onClose={close} />,
					document.body,
				)}
		</>
	);
}

interface MenuListProps {
	readonly id: string;
	readonly label: string;
	readonly groups: readonly (readonly MenuEntry[])[];
	readonly anchor: HTMLElement | null;
	readonly onClose: (refocus: boolean) => void;
}

function MenuList({ id, label, groups, anchor, onClose }: MenuListProps) {
	const list = useRef<HTMLDivElement>(null);
	useLayoutEffect(() => {
		const menu = list.current;
		if (!menu || !anchor) return;
		const at = anchor.getBoundingClientRect();
		const { offsetWidth, offsetHeight } = menu;
		const below = at.bottom + 4 + offsetHeight <= window.innerHeight - 8;
		menu.style.left = `${Math.max(8, Math.min(at.right - offsetWidth, window.innerWidth - offsetWidth - 8))}px`;
		menu.style.top = `${Math.max(8, below ? at.bottom + 4 : at.top - offsetHeight - 4)}px`;
		menu.querySelector<HTMLElement>('[role="menuitem"]')?.focus();
	}, [anchor]);
	useEffect(() => {
		const onPointer = (event: PointerEvent): void => {
			const { target } = event;
			if (target instanceof Node && !list.current?.contains(target) && !anchor?.contains(target)) onClose(false);
		};
		document.addEventListener('pointerdown', onPointer, true);
		return () => document.removeEventListener('pointerdown', onPointer, true);
	}, [anchor, onClose]);
	const onKeyDown = (event: KeyboardEvent): void => {
		const items = [...(list.current?.querySelectorAll<HTMLElement>('[role="menuitem"]') ?? [])];
		const at = items.findIndex((item) => item.matches(':focus'));
		const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
		if (to !== undefined) items.at(to % Math.max(1, items.length))?.focus();
		else if (event.key === 'Escape') onClose(true);
		else if (event.key === 'Tab') {
			onClose(true);
			return;
		} else return;
		event.preventDefault();
		event.stopPropagation();
	};
	return (
		<div ref={list} id={id} className="menu" role="menu" aria-label={label} tabIndex={-1} onKeyDown={onKeyDown}>
			{groups
				.filter((group) => group.length > 0)
				.map((group, index) => (
					<div key={group[0]?.label} role="none">
						{index > 0 && <hr />}
						{group.map((entry) => (
							<button
								key={entry.label}
								type="button"
								role="menuitem"
								tabIndex={-1}
								className={entry.danger ? 'danger' : undefined}
								onClick={() => {
									onClose(true);
									entry.run();
								}}
							>
								{entry.icon}
								{entry.label}
							</button>
						))}
					</div>
				))}
		</div>
	);
}
