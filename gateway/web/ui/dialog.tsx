/** A question that must be answered before anything else: the browser's own dialog keeps the focus and hears Escape. */
import { type FormEvent, type ReactNode, useId, useLayoutEffect, useRef } from 'react';

export interface DialogProps {
	readonly title: string;
	readonly onClose: () => void;
	/** Runs on the main button and on Ctrl/Cmd+Enter. */
	readonly onConfirm?: () => void;
	readonly confirm?: string;
	readonly danger?: boolean;
	readonly disabled?: boolean;
	/** For what is as wide as a file. */
	readonly wide?: boolean;
	readonly children: ReactNode;
}

export function Dialog({ title, onClose, onConfirm, confirm, danger, disabled, wide, children }: DialogProps) {
	const dialog = useRef<HTMLDialogElement>(null);
	const heading = useId();
	// Closed before it leaves the page, or the browser could not give the focus back to where it was.
	useLayoutEffect(() => {
		const element = dialog.current;
		element?.showModal();
		return () => element?.close();
	}, []);
	const submit = (event: FormEvent): void => {
		event.preventDefault();
		if (!disabled) onConfirm?.();
	};
	return (
		<dialog ref={dialog} data-wide={wide} aria-labelledby={heading} onCancel={onClose} onClose={onClose}>
			<form
				onSubmit={submit}
				onKeyDown={(event) => {
					if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit(event);
				}}
			>
				<h2 id={heading}>{title}</h2>
				<div className="stack" style={{ marginTop: 12 }}>
					{children}
				</div>
				<div className="actions">
					<button type="button" className="button" onClick={onClose}>
						{onConfirm ? 'Cancel' : 'Close'}
					</button>
					{onConfirm && (
						<button type="submit" className={danger ? 'button danger' : 'button primary'} disabled={disabled}>
							{confirm ?? 'OK'}
						</button>
					)}
				</div>
			</form>
		</dialog>
	);
}
