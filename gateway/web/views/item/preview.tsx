/**
 * An item's result, tried before it lands: the project's program is run on the machine of its home, looked after until
 * it listens, and ended from here. Closing the dialog leaves it running, as the command line does.
 */
import { useEffect, useState } from 'react';
import type { ItemDetail, Result } from '../../../../shared/operations/index.ts';
import type { GanglineError } from '../../../../shared/ports/errors.ts';
import { short } from '../../model/words.ts';
import { asError, useApp } from '../../ui/app.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { Failure, Loading } from '../../ui/pieces.tsx';
import { Output } from './overview.tsx';

type Preview = Result<'item.preview'>;

const askAgainMs = 1_000;

export function PreviewDialog({ detail, onClose }: { readonly detail: ItemDetail; readonly onClose: () => void }) {
	const { ask, clock } = useApp();
	const [preview, setPreview] = useState<Preview | null>(null);
	const [error, setError] = useState<GanglineError | null>(null);
	const { project, key } = detail;
	useEffect(() => {
		let cancel = (): void => {};
		let isOver = false;
		const look = async (action: 'start' | 'show'): Promise<void> => {
			try {
				const now = await ask('item.preview', { project, item: key, action });
				if (isOver) return;
				setPreview(now);
				if (now.state === 'starting') cancel = clock.after(askAgainMs, () => void look('show'));
			} catch (thrown) {
				if (!isOver) setError(asError(thrown));
			}
		};
		void look('start');
		return () => {
			isOver = true;
			cancel();
		};
	}, [ask, clock, project, key]);
	const stop = async (): Promise<void> => {
		try {
			setPreview(await ask('item.preview', { project, item: key, action: 'stop' }));
		} catch (thrown) {
			setError(asError(thrown));
		}
	};
	return (
		<Dialog title={`Try ${detail.name}`} onClose={onClose}>
			{error !== null && <Failure error={error} />}
			{error === null && (preview === null || preview.state === 'starting') && <Loading what="whether it listens" />}
			{preview !== null && <Shown preview={preview} onStop={() => void stop()} />}
		</Dialog>
	);
}

function Shown({ preview, onStop }: { readonly preview: Preview; readonly onStop: () => void }) {
	const { state, url, commit, why, lines } = preview;
	return (
		<>
			{state === 'running' && url !== null && (
				<>
					<p>
						It runs{commit !== null && <code>{` ${short(commit)}`}</code>} at{' '}
						<a className="link" href={url} target="_blank" rel="noreferrer">
							{url}
						</a>
					</p>
					<p className="soft small">
						That address is on the machine of the project’s home, and answers there alone. It goes on when this is
						closed.
					</p>
				</>
			)}
			{state === 'failed' && <p>{`It did not start: ${why ?? 'its program ended'}`}</p>}
			{state === 'stopped' && <p>It does not run.</p>}
			{lines.length > 0 && state !== 'stopped' && <Output text={lines.join('\n')} name="its last output" />}
			{(state === 'running' || state === 'starting') && (
				<button type="button" className="button" onClick={onStop}>
					End it
				</button>
			)}
		</>
	);
}
