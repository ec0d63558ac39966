/** The small pieces that views share: buttons, times, chips, what is said where there is nothing or something failed. */
import { type ReactNode, useState } from 'react';
import type { ItemAnswer } from '../../../shared/operations/index.ts';
import type { GanglineError } from '../../../shared/ports/errors.ts';
import type { DisplayState, Tone } from '../model/display-state.ts';
import { ago, moment } from '../model/words.ts';
import { useNow } from './app.ts';
import { Icon, type IconName } from './icon.tsx';

/** A time as people say it, exact and with its zone when it is pointed at. */
export function Time({ at, exact = false }: { readonly at: number; readonly exact?: boolean }) {
	const now = useNow();
	return (
		<time dateTime={new Date(at).toISOString()} title={moment(at, { full: true })}>
			{exact ? moment(at) : ago(at, now)}
		</time>
	);
}

const toneIcons: Readonly<Record<Tone, IconName>> = {
	idle: 'clock',
	queued: 'clock',
	working: 'spin',
	needs: 'eye',
	failed: 'cross',
	done: 'check',
	frozen: 'frozen',
	closed: 'archive',
};
const kindIcons: Partial<Record<DisplayState['kind'], IconName>> = {
	idea: 'idea',
	held: 'pause',
	blocked: 'stop',
	merging: 'merge',
	next: 'merge',
	inQueue: 'merge',
};

export function StateChip({ state }: { readonly state: DisplayState }) {
	return (
		<span className="chip" data-tone={state.tone} data-state={state.kind}>
			<Icon name={state.tone === 'working' ? 'spin' : (kindIcons[state.kind] ?? toneIcons[state.tone])} />
			{state.label}
		</span>
	);
}

/** Said of what the home has not answered yet. */
export function TentativeChip() {
	return (
		<span className="chip" title="You see it, the home of the project has not accepted it yet">
			<Icon name="clock" />
			Tentative
		</span>
	);
}

export function TypeIcon({ type }: { readonly type: ItemAnswer['type'] }) {
	return (
		<span title={type}>
			<Icon name={type} />
			<span className="visually-hidden">{type}</span>
		</span>
	);
}

export function Failure({ error, retry }: { readonly error: GanglineError; readonly retry?: () => void }) {
	return (
		<div className="banner" data-tone="failed" role="alert">
			<Icon name="alert" />
			<div className="words">
				{error.message}
				{error.hint !== undefined && <div className="soft">{error.hint}</div>}
			</div>
			{retry && (
				<button type="button" className="button tiny" onClick={retry}>
					Try again
				</button>
			)}
		</div>
	);
}

interface EmptyProps {
	readonly title: string;
	/** Nothing else is on the page: its heading is the page's. */
	readonly whole?: boolean;
	readonly children: ReactNode;
}

export function Empty({ title, whole = false, children }: EmptyProps) {
	return (
		<div className="empty">
			{whole ? <h1>{title}</h1> : <h2>{title}</h2>}
			{children}
		</div>
	);
}

/** A line for a shell, with a button that copies it. Browsers copy only on https and on this machine itself; People says so. */
export function Command({ line, name = 'command' }: { readonly line: string; readonly name?: string }) {
	const [copied, setCopied] = useState(false);
	const mayCopy = window.isSecureContext;
	return (
		<div className="command">
			{/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
			<code tabIndex={0} title={name}>
				{line}
			</code>
			{mayCopy && (
				<button
					type="button"
					className="button quiet tiny icon-only"
					aria-label={copied ? 'Copied' : `Copy the ${name}`}
					onClick={() => {
						void navigator.clipboard.writeText(line).then(() => setCopied(true));
					}}
				>
					<Icon name={copied ? 'check' : 'copy'} />
				</button>
			)}
		</div>
	);
}

export function Loading({ what }: { readonly what: string }) {
	return (
		<p className="soft" role="status">
			{`Reading ${what} …`}
		</p>
	);
}
