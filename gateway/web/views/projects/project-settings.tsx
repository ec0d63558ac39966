/** A project's settings as its file on main has them, read when they are opened; each under the name that it has there. */
import { useState } from 'react';
import type { Result } from '../../../../shared/operations/index.ts';
import { type SettingsSection, settingsSections } from '../../model/settings-rows.ts';
import { asError, knownOf, useAnswer, useApp, useMay } from '../../ui/app.ts';
import { Icon } from '../../ui/icon.tsx';
import { Failure, Loading } from '../../ui/pieces.tsx';
import { ChangeSettings } from './change-settings.tsx';

interface ProjectSettingsProps {
	readonly project: { readonly id: string; readonly name: string };
}

export function ProjectSettings({ project }: ProjectSettingsProps) {
	const [open, setOpen] = useState(false);
	return (
		<details className="settings" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
			<summary>
				<Icon name={open ? 'down' : 'next'} />
				Settings
			</summary>
			{open && <Opened project={project} />}
		</details>
	);
}

function Opened({ project }: ProjectSettingsProps) {
	const [asked, again] = useAnswer('project.settings', { project: project.id });
	const { ask, notices } = useApp();
	/** The newest, read when it was opened: while somebody writes it becomes no other. */
	const [changing, setChanging] = useState<Result<'project.settings'> | null>(null);
	const isOwner = useMay('owner');
	const found = knownOf(asked);
	const change = async (): Promise<void> => {
		try {
			setChanging(await ask('project.settings', { project: project.id }));
		} catch (thrown) {
			notices.fail(asError(thrown));
		}
	};
	if (asked.kind === 'failed') return <Failure error={asked.error} retry={again} />;
	if (found === null) return <Loading what="the settings" />;
	return (
		<div className="stack">
			<p className="soft small">
				As main has <code>{found.file}</code>, with what it leaves out filled in. A change counts once it is on main.
			</p>
			{isOwner && (
				<div>
					<button type="button" className="button tiny" onClick={() => void change()}>
						<Icon name="file" />
						Change…
					</button>
				</div>
			)}
			{changing !== null && <ChangeSettings project={project} found={changing} onClose={() => setChanging(null)} />}
			{settingsSections(found.settings).map((section) => (
				<Section key={section.title} section={section} />
			))}
		</div>
	);
}

function Section({ section: { title, rows } }: { readonly section: SettingsSection }) {
	return (
		<section>
			{title !== '' && (
				<h3>
					<code>{title}</code>
				</h3>
			)}
			<dl className="settings-list small">
				{rows.map(({ key, value }) => (
					<div key={key}>
						<dt>
							<code>{key}</code>
						</dt>
						<dd>
							<code>{value}</code>
						</dd>
					</div>
				))}
			</dl>
		</section>
	);
}
