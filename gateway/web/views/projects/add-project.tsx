/**
 * Another project. The gateway's machine can make one in a container, step by step; what must be done in a checkout of
 * somebody else's machine is named with its command, because nobody reaches into it from here.
 */
import { type FormEvent, useEffect, useState } from 'react';
import type { ContainerView } from '../../../../shared/operations/index.ts';
import type { GanglineError } from '../../../../shared/ports/errors.ts';
import { asError, knownOf, useAnswer, useApp, useMay } from '../../ui/app.ts';
import { Icon, type IconName } from '../../ui/icon.tsx';
import { Command, Failure, Loading } from '../../ui/pieces.tsx';

const lookMs = 3_000;

export function AddProject({ first }: { readonly first: boolean }) {
	const isOwner = useMay('owner');
	const [open, setOpen] = useState(false);
	return (
		<section className="panel stack narrow">
			<h2>{first ? 'Add a project' : 'Add another'}</h2>
			<p className="soft">
				A project is a git repository with one file that says how its changes are set up and judged. In its checkout, on
				the machine where it is to live:
			</p>
			<Command line="gangline init && gangline start" />
			{isOwner && (
				<details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
					<summary className="row">
						<Icon name={open ? 'down' : 'next'} />
						Or in a container of its own, made by the machine of this gateway
					</summary>
					{open && <InContainer />}
				</details>
			)}
		</section>
	);
}

function InContainer() {
	const { ask, notices, clock } = useApp();
	const [asked, again] = useAnswer('container.list', {});
	const [name, setName] = useState('');
	const [path, setPath] = useState('');
	const [git, setGit] = useState('');
	const [error, setError] = useState<GanglineError | null>(null);
	const [busy, setBusy] = useState(false);
	// Steps go on without an event for browsers: they are read again a while after each answer, never over one another.
	// biome-ignore lint/correctness/useExhaustiveDependencies: each answer is waited for once
	useEffect(() => (asked.kind === 'asking' ? undefined : clock.after(lookMs, again)), [asked, clock]);
	const containers = knownOf(asked)?.containers ?? null;
	const make = async (event: FormEvent): Promise<void> => {
		event.preventDefault();
		setBusy(true);
		setError(null);
		try {
			const { answer } = await ask('container.create', { name, path, ...(git !== '' && { git }) });
			notices.tell(answer);
			for (const clear of [setName, setPath, setGit]) clear('');
			again();
		} catch (thrown) {
			setError(asError(thrown));
		} finally {
			setBusy(false);
		}
	};
	return (
		<div className="stack" style={{ marginTop: 12, gap: 14 }}>
			{asked.kind === 'failed' && <Failure error={asked.error} retry={again} />}
			{containers === null && asked.kind === 'asking' && <Loading what="the containers" />}
			{containers?.map((container) => (
				<Made key={container.name} container={container} again={again} />
			))}
			<form className="stack" onSubmit={(event) => void make(event)}>
				<div className="pair">
					<Field id="container-name" label="Name" hint="such as shop" value={name} onValue={setName} />
					<Field
						id="container-path"
						label="Folder on the gateway’s machine"
						hint="/home/you/shop"
						value={path}
						onValue={setPath}
					/>
					<Field id="container-git" label="Clone it from (optional)" hint="https://…" value={git} onValue={setGit} />
				</div>
				{error && <Failure error={error} />}
				<div>
					<button type="submit" className="button primary" disabled={busy || name === '' || path === ''}>
						<Icon name="plus" />
						Make it
					</button>
				</div>
			</form>
		</div>
	);
}

interface FieldProps {
	readonly id: string;
	readonly label: string;
	readonly hint: string;
	readonly value: string;
	readonly onValue: (value: string) => void;
}

function Field({ id, label, hint, value, onValue }: FieldProps) {
	return (
		<div className="field">
			<label htmlFor={id}>{label}</label>
			<input
				id={id}
				className="input"
				placeholder={hint}
				autoComplete="off"
				spellCheck={false}
				value={value}
				onChange={(event) => onValue(event.target.value.trim())}
			/>
		</div>
	);
}

const stepIcons: Readonly<Record<ContainerView['steps'][number]['state'], IconName>> = {
	waiting: 'clock',
	running: 'spin',
	done: 'check',
	failed: 'cross',
};

function Made({ container, again }: { readonly container: ContainerView; readonly again: () => void }) {
	const { ask, notices } = useApp();
	const { name, on, path, state, words, steps, next } = container;
	const goOn = async (): Promise<void> => {
		try {
			notices.tell((await ask('container.create', { name, path, retry: true })).answer);
		} catch (thrown) {
			notices.fail(asError(thrown));
		}
		again();
	};
	return (
		<article className="stack" style={{ gap: 6 }} aria-label={`Container ${name}`}>
			<div className="row wrap">
				<strong>{name}</strong>
				<span
					className="chip"
					data-tone={
						state === 'running' ? 'done' : state === 'making' ? 'working' : state === 'failed' ? 'failed' : 'idle'
					}
				>
					{state}
				</span>
				{on !== null && <span className="soft">on {on.name}</span>}
				<span className="soft">{words}</span>
				{state === 'failed' && (
					<button type="button" className="button tiny" onClick={() => void goOn()}>
						Try again
					</button>
				)}
			</div>
			{(state === 'making' || state === 'failed') && (
				<ol className="plain-list">
					{steps.map((step) => (
						<li key={step.name} className="row soft small">
							<Icon name={stepIcons[step.state]} />
							<span className="visually-hidden">{step.state}: </span>
							{step.name}
							{step.words !== '' && ` · ${step.words}`}
						</li>
					))}
				</ol>
			)}
			{state === 'failed' && next.map((line) => <Command key={line} line={line} />)}
		</article>
	);
}
