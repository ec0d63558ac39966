/**
 * The description as everyone writes it at once. The field holds what the shared text holds; what is typed becomes the
 * smallest edit of it, and the caret stays where it belongs when somebody else writes above it.
 */
import { useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { ItemDetail } from '../../../../shared/operations/index.ts';
import { socketAddressOf } from '../../browser/address.ts';
import type { Present, SharedText, SharedTextState } from '../../browser/shared-text.ts';
import { keep, kept } from '../../browser/storage.ts';
import { changeBetween, lineAt, movedCaret } from '../../model/shared-text.ts';
import { asError, useApp, useMay } from '../../ui/app.ts';
import { Icon } from '../../ui/icon.tsx';

export function Description({ detail }: { readonly detail: ItemDetail }) {
	const isMember = useMay('member');
	// What is in the archive stays as it was.
	const may = isMember && detail.stage !== 'archived';
	const [text, setText] = useState<SharedText | null>(null);
	const { notices } = useApp();
	const { project, key } = detail;
	useEffect(() => {
		let isLeft = false;
		let opened: SharedText | undefined;
		// What is written together comes with a library of its own: it loads when an item is opened.
		import('../../browser/shared-text.ts')
			.then(({ openSharedText }) => {
				if (isLeft) return;
				opened = openSharedText({ project, key, address: socketAddressOf('sync'), kept, keep });
				setText(opened);
			})
			.catch((thrown: unknown) => notices.fail(asError(thrown)));
		return () => {
			isLeft = true;
			opened?.close();
			setText(null);
		};
	}, [project, key, notices]);
	return (
		<section className="stack" style={{ gap: 8 }}>
			{text === null ? <Plain text={detail.description} /> : <Field text={text} first={detail.description} may={may} />}
		</section>
	);
}

function Plain({ text }: { readonly text: string }) {
	return (
		<>
			<h2>Description</h2>
			<pre className="description">{text === '' ? 'No words yet.' : text}</pre>
		</>
	);
}

interface FieldProps {
	readonly text: SharedText;
	/** What the item says until the text was read. */
	readonly first: string;
	readonly may: boolean;
}

function Field({ text, first, may }: FieldProps) {
	const state = useSyncExternalStore(text.subscribe, text.snapshot);
	const field = useRef<HTMLTextAreaElement>(null);
	const caret = useRef<readonly [number, number] | null>(null);
	useEffect(
		() =>
			text.onPieces((pieces) => {
				const element = field.current;
				if (element && document.activeElement === element)
					caret.current = [movedCaret(element.selectionStart, pieces), movedCaret(element.selectionEnd, pieces)];
			}),
		[text],
	);
	// biome-ignore lint/correctness/useExhaustiveDependencies: after each text that was drawn
	useLayoutEffect(() => {
		if (caret.current && field.current) field.current.setSelectionRange(...caret.current);
		caret.current = null;
		if (field.current) grow(field.current);
	}, [state.text, state.loaded]);
	const shown = state.loaded ? state.text : first;
	const sayCaret = (): void => text.sayCaret(field.current?.selectionStart ?? null);
	return (
		<>
			<div className="row wrap">
				<h2>
					<label htmlFor="description">Description</label>
				</h2>
				<Saved state={state} may={may} />
				<span className="push" />
				<Others others={state.others} text={shown} />
			</div>
			<textarea
				id="description"
				ref={field}
				className="input description-field"
				value={shown}
				readOnly={!may || !state.loaded || state.refused !== null}
				spellCheck
				placeholder="What is wanted. With a fenced sh block and no other agent, the block is what is run."
				onChange={(event) => {
					const change = changeBetween(state.text, event.target.value, event.target.selectionStart);
					if (change) text.write(change);
					grow(event.target);
					sayCaret();
				}}
				onSelect={sayCaret}
				onBlur={() => text.sayCaret(null)}
			/>
			{state.refused !== null && <p className="soft small">It cannot be written now: {state.refused}</p>}
		</>
	);
}

function Saved({ state, may }: { readonly state: SharedTextState; readonly may: boolean }) {
	if (state.refused !== null && !state.unsaved) return null;
	const words = savedWords(state, may);
	return (
		<span className="faint small" role="status">
			{words}
		</span>
	);
}

function savedWords({ connected, unsaved, kept, refused }: SharedTextState, may: boolean): string {
	if (!unsaved) return connected ? '' : 'Not connected';
	if (!kept) return 'Not saved, and this browser cannot keep it: leave this page open, or copy your words';
	if (refused !== null || !may) return 'Your words are kept in this browser, not at the gateway';
	return connected ? 'Saving …' : 'Kept in this browser, sent when this item is open and the gateway is back';
}

function Others({ others, text }: { readonly others: readonly Present[]; readonly text: string }) {
	if (others.length === 0) return null;
	return (
		<ul className="row wrap" aria-label="Who else is here">
			{others.map(({ client, person, caret }) => (
				<li key={client} className="chip">
					<Icon name="person" />
					{person}
					{caret !== null && ` · line ${lineAt(text, caret)}`}
				</li>
			))}
		</ul>
	);
}

function grow(field: HTMLTextAreaElement): void {
	field.style.height = 'auto';
	field.style.height = `${Math.min(Math.max(120, field.scrollHeight + 4), 640)}px`;
}
