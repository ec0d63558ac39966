/** A question that must be answered before anything else: the browser's own dialog keeps the focus and hears Escape. */
import { type FormEvent, type ReactNode, useId, useLayoutEffect, useRef, useState } from 'react';

export interface DialogProps {
	readonly title: string;
	readonly onClose: () => void;
	/** Runs on the main button and on Ctrl/Cmd+Enter; not once more before the promise that it returns is over. */
	readonly onConfirm?: () => unknown;
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
	// Beside the state, which a key that is held down outruns.
	const isBusy = useRef(false);
	const [busy, setBusy] = useState(false);
	const submit = async (event: FormEvent): Promise<void> => {
		event.preventDefault();
		if (disabled || isBusy.current) return;
		isBusy.current = true;
		setBusy(true);
		try {
			await onConfirm?.();
		} finally {
			isBusy.current = false;
			setBusy(false);
		}
	};
	return (
		<dialog ref={dialog} data-wide={wide} aria-labelledby={heading} onCancel={onClose} onClose={onClose}>
			<form
				onSubmit={(event) => void submit(event)}
				onKeyDown={(event) => {
					if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void submit(event);
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
						<button
							type="submit"
							className={danger ? 'button danger' : 'button primary'}
							disabled={disabled === true || busy}
						>
							{confirm ?? 'OK'}
						</button>
					)}
				</div>
			</form>
		</dialog>
	);
}
