/** What the keyboard does, in one table that is also the help. Keys are not heard while somebody writes. */
import { useEffect, useState } from 'react';
import { tinykeys } from 'tinykeys';
import { goTo } from '../browser/address.ts';
import { Dialog } from './dialog.tsx';

interface Key {
	/** As tinykeys reads it. */
	readonly keys: string;
	readonly shown: readonly string[];
	readonly words: string;
	readonly run: () => void;
}

const goes: readonly Key[] = [
	{ keys: 'c', shown: ['c'], words: 'New item', run: () => goTo({ view: 'new', project: null }) },
	{ keys: 'g b', shown: ['g', 'b'], words: 'Board', run: () => goTo({ view: 'board', project: null }) },
	{ keys: 'g a', shown: ['g', 'a'], words: 'Archive', run: () => goTo({ view: 'archive', project: null }) },
	{ keys: 'g n', shown: ['g', 'n'], words: 'Nodes', run: () => goTo({ view: 'nodes' }) },
	{ keys: 'g p', shown: ['g', 'p'], words: 'Projects', run: () => goTo({ view: 'projects' }) },
	{ keys: 'g c', shown: ['g', 'c'], words: 'Cost', run: () => goTo({ view: 'cost' }) },
	{ keys: 'g u', shown: ['g', 'u'], words: 'People', run: () => goTo({ view: 'people' }) },
	{ keys: '/', shown: ['/'], words: 'Search', run: focusSearch },
];

/** Heard elsewhere; here for the help. */
const others: readonly Pick<Key, 'shown' | 'words'>[] = [
	{ shown: ['j', 'k'], words: 'Next and previous card of a lane (or arrow keys)' },
	{ shown: ['h', 'l'], words: 'Lane to the left and right (or arrow keys)' },
	{ shown: ['Enter'], words: 'Open the card' },
	{ shown: ['m'], words: 'Menu of the card: move, hold, delete' },
	{ shown: ['Ctrl', 'Enter'], words: 'Send what you are writing' },
	{ shown: ['Esc'], words: 'Close, or back to the board' },
	{ shown: ['?'], words: 'This help' },
];

export function useKeys(): { readonly shown: boolean; readonly close: () => void } {
	const [shown, setShown] = useState(false);
	useEffect(() => {
		const table: Record<string, (event: KeyboardEvent) => void> = {
			'Shift+?': (event) => unlessWriting(event, () => setShown(true)),
			'?': (event) => unlessWriting(event, () => setShown(true)),
		};
		for (const { keys, run } of goes) table[keys] = (event) => unlessWriting(event, run);
		return tinykeys(window, table, { timeout: 700 });
	}, []);
	return { shown, close: () => setShown(false) };
}

export function unlessWriting(event: KeyboardEvent, run: () => void): void {
	const { target } = event;
	const isField =
		target instanceof HTMLElement && (target.matches('input, textarea, select') || target.isContentEditable);
	if (isField || document.querySelector('dialog[open], [role="menu"]') || event.defaultPrevented) return;
	event.preventDefault();
	run();
}

/** With the key that leads there, where there are likely to be keys. */
export function withKey(words: string, key: string): string {
	return window.matchMedia('(hover: hover)').matches ? `${words}   ${key}` : words;
}

export function KeysDialog({ onClose }: { readonly onClose: () => void }) {
	return (
		<Dialog title="Keyboard" onClose={onClose}>
			<dl className="keys">
				{[...others, ...goes].map(({ shown, words }) => (
					<div key={words} className="row">
						<dt className="row" style={{ width: 110 }}>
							{shown.map((key) => (
								<kbd key={key}>{key}</kbd>
							))}
						</dt>
						<dd>{words}</dd>
					</div>
				))}
			</dl>
		</Dialog>
	);
}

function focusSearch(): void {
	const field = document.querySelector<HTMLInputElement>('input[type="search"]');
	if (field) field.focus();
	else goTo({ view: 'board', project: null });
}
