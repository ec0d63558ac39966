/** What an item is and how it stands: description, gates, what it waits for, who worked on it. */
import type { ReactNode } from 'react';
import type { ItemDetail } from '../../../../shared/operations/index.ts';
import { linkTo } from '../../browser/address.ts';
import { itemInAddress } from '../../model/route.ts';
import { hasScript, type Settings } from '../../model/runs-with.ts';
import { count, plainWords, short, span, usd } from '../../model/words.ts';
import { knownOf, useAnswer, useChange, useMay, useNow } from '../../ui/app.ts';
import { Icon } from '../../ui/icon.tsx';
import { Time } from '../../ui/pieces.tsx';
import { Table } from '../../ui/table.tsx';
import { Asking } from './asking.tsx';
import { Description } from './description.tsx';
import { Gates } from './gates.tsx';
import { KeptWork } from './kept-work.tsx';
import { Steps } from './steps.tsx';
import { Why } from './why.tsx';

export function Overview({ detail }: { readonly detail: ItemDetail }) {
	return (
		<div className="view-body">
			<div className="item-columns">
				<div className="stack" style={{ gap: 20 }}>
					<Asking item={detail} />
					<Standing detail={detail} />
					<Description detail={detail} />
					{detail.words.length > 0 && (
						<section className="stack">
							<h2>What people asked for</h2>
							{detail.words.map((words) => (
								<blockquote key={words} className="said">
									{words}
								</blockquote>
							))}
						</section>
					)}
					<Gates detail={detail} />
					<Runs detail={detail} />
					<KeptWork detail={detail} />
				</div>
				<aside className="stack facts" aria-label="Facts">
					<Steps detail={detail} />
					<Facts detail={detail} />
					<Dependencies detail={detail} />
					<Why detail={detail} />
				</aside>
			</div>
		</div>
	);
}

/** Why it stands where it stands, and the last failure while it counts. */
function Standing({ detail }: { readonly detail: ItemDetail }) {
	const { stage, lastFailure, project } = detail;
	const item = itemInAddress(detail.name);
	const why = detail.stageReason ?? plainWords(detail.waitsBecause);
	const failed = stage === 'done' ? null : lastFailure;
	// What is asked says why it waits, and stands above with its answers.
	const says = detail.asks === null ? why : null;
	if (says === null && failed === null && stage !== 'reviewHold') return null;
	return (
		<section className="stack" aria-label="How it stands">
			{(says !== null || stage === 'reviewHold') && (
				<div className="banner" data-tone={detail.needsYou === null ? 'idle' : 'needs'}>
					<Icon name={detail.needsYou === null ? 'clock' : 'eye'} />
					<div className="words">{says ?? 'It waits for your approval.'}</div>
					{stage === 'reviewHold' && (
						<a className="button primary tiny" href={linkTo({ view: 'item', project, item, part: 'diff' })}>
							Review the change
						</a>
					)}
				</div>
			)}
			{failed && <Failed failed={failed} open={detail.needsYou !== null && stage !== 'reviewHold'} />}
		</section>
	);
}

interface FailedProps {
	readonly failed: NonNullable<ItemDetail['lastFailure']>;
	readonly open: boolean;
}

/** What wrote nothing has nothing to unfold. */
function Failed({ failed: { gate, reason, detail, at }, open }: FailedProps) {
	const line = (
		<>
			<Icon name="cross" />
			<strong>{gate === null ? 'Last failure' : `Gate ${gate} failed`}</strong>
			<span className="soft">{reason}</span>
			<span className="faint small push">
				<Time at={at} />
			</span>
		</>
	);
	if (detail === null || detail.trim() === '') return <div className="panel failure row">{line}</div>;
	return (
		<details className="panel failure" open={open}>
			<summary>{line}</summary>
			<Output text={detail} name="the last output" />
		</details>
	);
}

export function Output({ text, name }: { readonly text: string; readonly name: string }) {
	return (
		// biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
		<section className="output" tabIndex={0} aria-label={name}>
			<pre>{text}</pre>
		</section>
	);
}

function Facts({ detail }: { readonly detail: ItemDetail }) {
	const now = useNow();
	const change = useChange();
	const may = useMay('member');
	const coders = useCoders(detail);
	const { holder, project, key } = detail;
	const facts: readonly (readonly [string, ReactNode])[] = [
		...(holder && detail.stage !== 'blocked' && detail.stage !== 'frozen'
			? ([
					['Who works on it', `${holder.agent ?? 'an agent'} as ${holder.role}`],
					['Where', holder.node],
					['For', span(now - holder.since)],
				] as const)
			: []),
		['Agent', agentWords(detail, coders)],
		['Review', reviewWords[detail.review ?? 'unknown'] ?? detail.review],
		...(detail.costUsd > 0 ? ([['Cost', usd(detail.costUsd)]] as const) : []),
		['Tries', detail.attempts],
		...(detail.work.filesTotal > 0 ? ([['Files edited', detail.work.filesTotal]] as const) : []),
		...(detail.work.thrash.length > 0
			? ([
					['Again and again', detail.work.thrash.map(({ path, runs }) => `${path} (${runs} runs)`).join(', ')],
				] as const)
			: []),
		['Asked by', detail.origin.who],
		['Made', <Time key="made" at={detail.createdAt} />],
		['Changed', <Time key="changed" at={detail.changedAt} />],
		...(detail.parent ? ([['Epic', detail.parent]] as const) : []),
		...(detail.landed?.commit
			? ([['Landed as', <code key="commit">{short(detail.landed.commit)}</code>]] as const)
			: []),
		...(detail.alias && detail.number !== null ? ([['Once called', detail.alias]] as const) : []),
	];
	return (
		<section className="panel stack">
			<dl className="fact-list">
				{facts.map(([name, value]) => (
					<div key={name}>
						<dt>{name}</dt>
						<dd>{value}</dd>
					</div>
				))}
			</dl>
			{may && (detail.stage === 'backlog' || detail.stage === 'upcoming') && (
				<label className="row">
					<input
						type="checkbox"
						checked={detail.held}
						onChange={(event) => void change('item.edit', { project, item: key, hold: event.target.checked })}
					/>
					Hold: do not start it by itself
				</label>
			)}
		</section>
	);
}

type Coder = Settings['agent'][number];

/** Null while they are not known here. */
function useCoders({ project }: ItemDetail): readonly Coder[] | null {
	const [asked] = useAnswer('project.settings', { project });
	return knownOf(asked)?.settings.agent.filter(({ role }) => role === 'coder') ?? null;
}

/** Who does it, or would, and with which model. */
function agentWords({ agent, description, type }: ItemDetail, coders: readonly Coder[] | null): string {
	if (type === 'epic') return 'none, an epic is its children';
	if (agent === 'shell' || (agent === null && hasScript(description))) return 'its script (shell)';
	const coder = coders?.find(({ name }) => agent === null || name === agent);
	if (coder === undefined) return agent ?? 'the project’s own';
	return `${coder.name} (${coder.runtime}, ${coder.model ?? 'its usual model'})`;
}

const reviewWords: Readonly<Record<string, string>> = {
	human: 'by a person',
	server: 'green lands',
	agent: 'by an agent',
	unknown: 'as its home has it',
};

function Dependencies({ detail }: { readonly detail: ItemDetail }) {
	const { dependsOn, dependents, project } = detail;
	if (dependsOn.length === 0 && dependents.length === 0) return null;
	return (
		<section className="panel stack">
			{dependsOn.length > 0 && (
				<div>
					<h3>Needs first</h3>
					<ul className="plain-list">
						{dependsOn.map(({ key, name, title, satisfied, stage }) => (
							<li key={key} className="row">
								<Icon name={satisfied ? 'check' : 'clock'} />
								<a
									className="link clip"
									href={linkTo({ view: 'item', project, item: itemInAddress(name), part: 'overview' })}
								>
									{name} {title}
								</a>
								<span className="faint small push">{satisfied ? 'done' : stage}</span>
							</li>
						))}
					</ul>
				</div>
			)}
			{dependents.length > 0 && (
				<div>
					<h3>Waits for this</h3>
					<p className="row wrap">
						{dependents.map((name) => (
							<a
								key={name}
								className="link"
								href={linkTo({ view: 'item', project, item: itemInAddress(name), part: 'overview' })}
							>
								{name}
							</a>
						))}
					</p>
				</div>
			)}
		</section>
	);
}

function Runs({ detail }: { readonly detail: ItemDetail }) {
	if (detail.runs.length === 0) return null;
	return (
		<section className="stack">
			<h2>{count(detail.runs.length, 'try', 'tries')}</h2>
			<Table name="Each run" heads={['Who', 'Where', 'Began', 'How it ended', 'Tokens', 'Cost']}>
				{detail.runs.toReversed().map((run) => (
					<tr key={run.run}>
						<td>{run.agent ?? run.role}</td>
						<td>{run.node}</td>
						<td>
							<Time at={run.startedAt} />
							{run.endedAt !== null && <span className="faint"> for {span(run.endedAt - run.startedAt)}</span>}
						</td>
						<td className="grow">{run.outcome ?? 'runs'}</td>
						<td>
							{run.inputTokens + run.outputTokens > 0 ? (run.inputTokens + run.outputTokens).toLocaleString('en') : '–'}
						</td>
						<td>{usd(run.costUsd) || '–'}</td>
					</tr>
				))}
			</Table>
		</section>
	);
}
