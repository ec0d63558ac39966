/**
 * The settings file of a project, written at the board. What is sent becomes an item that changes the file, so that it
 * is judged and looked at like any change; nothing here writes to main. A mistake is named by its line.
 */
import { useState } from 'react';
import type { Result } from '../../../../shared/operations/index.ts';
import type { GanglineError } from '../../../../shared/ports/errors.ts';
import { goTo } from '../../browser/address.ts';
import { itemInAddress } from '../../model/route.ts';
import { asError, useApp } from '../../ui/app.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { Failure } from '../../ui/pieces.tsx';

interface ChangeSettingsProps {
	readonly project: { readonly id: string; readonly name: string };
	readonly found: Result<'project.settings'>;
	readonly onClose: () => void;
}

export function ChangeSettings({ project, found, onClose }: ChangeSettingsProps) {
	const { ask, store, notices } = useApp();
	const [text, setText] = useState(found.text);
	const [patch, setPatch] = useState<string | null>(null);
	const [error, setError] = useState<GanglineError | null>(null);
	const [busy, setBusy] = useState(false);
	const send = async (check: boolean): Promise<void> => {
		setBusy(true);
		setError(null);
		try {
			const answer = await ask('project.configure', { project: project.id, text, version: found.version, check });
			setPatch(answer.patch);
			if (answer.item === null) return;
			store.learn(answer.item);
			notices.tell(`${answer.item.name} changes the settings once you have approved it`);
			onClose();
			goTo({ view: 'item', project: project.name, item: itemInAddress(answer.item.name), part: 'overview' });
		} catch (thrown) {
			setError(asError(thrown));
		} finally {
			setBusy(false);
		}
	};
	return (
		<Dialog
			title={`Settings of ${project.name}`}
			wide
			confirm={busy ? 'Asking …' : 'Make it an item'}
			disabled={busy || text === found.text}
			onConfirm={() => send(false)}
			onClose={onClose}
		>
			<p className="soft">
				An item changes the file, its gates run, and you approve what differs before it counts. Where the gates of main
				themselves fail, change <code>{found.file}</code> in a checkout and commit it instead.
			</p>
			<textarea
				className="input mono"
				aria-label={found.file}
				rows={16}
				spellCheck={false}
				wrap="off"
				value={text}
				onChange={(event) => {
					setText(event.target.value);
					setPatch(null);
				}}
			/>
			{error && <Failure error={error} />}
			{patch !== null && <Differs patch={patch} />}
			<div>
				<button type="button" className="button" disabled={busy || text === found.text} onClick={() => void send(true)}>
					Check and show what differs
				</button>
			</div>
		</Dialog>
	);
}

function Differs({ patch }: { readonly patch: string }) {
	const lines = patch.split('\n').slice(2);
	const kind = (line: string): string | undefined => ({ '+': 'added', '-': 'removed', '@': 'place' })[line.charAt(0)];
	return (
		// biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
		<pre className="differs mono" tabIndex={0} role="status" aria-label="What differs">
			{lines.map((line, at) => (
				// biome-ignore lint/suspicious/noArrayIndexKey: lines of a patch have no other name and never move
				<span key={at} data-kind={kind(line)}>
					{`${line}\n`}
				</span>
			))}
		</pre>
	);
}
