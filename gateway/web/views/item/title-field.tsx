/** The title, which a click makes a field: Enter keeps it, Escape leaves it as it was. */
import { useState } from 'react';
import type { ItemAnswer } from '../../../../shared/operations/index.ts';
import { useChange, useMay } from '../../ui/app.ts';

export function TitleField({ item }: { readonly item: ItemAnswer }) {
	const change = useChange();
	const may = useMay('member');
	const [text, setText] = useState<string | null>(null);
	if (text === null || !may) {
		return (
			<h1 className="title-text">
				{item.title}
				{may && (
					<button type="button" className="button quiet tiny" onClick={() => setText(item.title)}>
						Edit<span className="visually-hidden"> the title</span>
					</button>
				)}
			</h1>
		);
	}
	const save = async (): Promise<void> => {
		setText(null);
		const title = text.trim();
		if (title === '' || title === item.title) return;
		const { project, key } = item;
		const told = await change(
			'item.edit',
			{ project, item: key, title },
			{
				label: 'Undo',
				run: () => void change('item.edit', { project, item: key, title: item.title }),
			},
		);
		// Refused, it is there to be tried again.
		if (!told) setText((now) => now ?? text);
	};
	return (
		<input
			className="input"
			aria-label="Title"
			// biome-ignore lint/a11y/noAutofocus: it replaces what the person has just pressed
			autoFocus
			value={text}
			onChange={(event) => setText(event.target.value)}
			onBlur={() => void save()}
			onKeyDown={(event) => {
				if (event.key === 'Enter') void save();
				if (event.key === 'Escape') setText(null);
			}}
		/>
	);
}
