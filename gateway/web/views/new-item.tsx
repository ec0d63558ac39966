/**
 * A new item, with one line that says what it will run with before it is asked for, and what stands in its way: nothing
 * that could do it, a checkout with changes that nobody will see, a project that is paused.
 */
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { itemTypes } from '../../../shared/pipeline/table.ts';
import { goTo, linkTo } from '../browser/address.ts';
import { keep, kept } from '../browser/storage.ts';
import type { ProjectBoard } from '../model/board-state.ts';
import { boardChosen } from '../model/chosen-board.ts';
import { itemInAddress } from '../model/route.ts';
import { type Hindrance, hindranceOf, runsWith } from '../model/runs-with.ts';
import { plainWords } from '../model/words.ts';
import { asError, knownOf, useAnswer, useApp, useBoardState, useBoards, useMay } from '../ui/app.ts';
import { Icon } from '../ui/icon.tsx';
import { Empty, Loading } from '../ui/pieces.tsx';

const types = ['story', 'bug', 'refactor', 'spike', 'epic'] as const;

export function NewItemView({ project }: { readonly project: string | null }) {
	const boards = useBoards(null);
	const { boards: known, me } = useBoardState();
	const may = useMay('member');
	const [chosen, setChosen] = useState<string | null>(null);
	const [draft, setDraft] = useState(firstDraft);
	const board = boardChosen(boards, { chosen, named: project, last: kept('project') });
	const shown = board?.project.id ?? null;
	// From now on it is this one, whatever comes before it in the list.
	useEffect(() => setChosen((before) => before ?? shown), [shown]);
	if (me === null || known === null) {
		return (
			<div className="view-body">
				<Loading what="the projects" />
			</div>
		);
	}
	if (!may) {
		return (
			<Empty whole title="You may look">
				<p>Adding items needs the access of a member. An owner gives it: gangline person add NAME --access member</p>
			</Empty>
		);
	}
	if (board === null && boards.length > 0) return <OtherProject boards={boards} onProject={setChosen} />;
	if (board === null) {
		return (
			<Empty whole title="No project yet">
				<p>An item belongs to a project; add one first.</p>
				<a className="button primary" href={linkTo({ view: 'projects' })}>
					Projects
				</a>
			</Empty>
		);
	}
	const change = (part: Partial<Draft>): void => setDraft((before) => ({ ...before, ...part }));
	// An agent is one of its project's.
	const choose = (id: string): void => {
		setChosen(id);
		if (draft.agent !== 'shell') change({ agent: '' });
	};
	return <NewItemForm key={board.project.id} {...{ board, boards, draft, change }} onProject={choose} />;
}

/** What is typed and ticked stays, whatever project it is for. */
interface Draft {
	readonly title: string;
	readonly description: string;
	readonly type: (typeof types)[number];
	readonly agent: string;
	readonly dependsOn: string;
	readonly labels: string;
	readonly hold: boolean;
	readonly upcoming: boolean;
}

function firstDraft(): Draft {
	return {
		...{ title: kept('draft.title') ?? '', description: kept('draft.description') ?? '', type: 'story' },
		...{ agent: '', dependsOn: '', labels: '', hold: false, upcoming: false },
	};
}

interface OtherProjectProps {
	readonly boards: readonly ProjectBoard[];
	readonly onProject: (id: string) => void;
}

function OtherProject({ boards, onProject }: OtherProjectProps) {
	return (
		<Empty whole title="That project is not here">
			<p>It was taken out of the mesh, or there never was one. What you have written is kept; where does it go?</p>
			<div className="row wrap">
				{boards.map(({ project: { id, name } }) => (
					<button key={id} type="button" className="button" onClick={() => onProject(id)}>
						{name}
					</button>
				))}
			</div>
		</Empty>
	);
}

interface FormProps {
	readonly board: ProjectBoard;
	readonly boards: readonly ProjectBoard[];
	readonly draft: Draft;
	readonly change: (part: Partial<Draft>) => void;
	readonly onProject: (id: string) => void;
}

function NewItemForm({ board, boards, draft, change, onProject }: FormProps) {
	const { ask, store, notices } = useApp();
	const { title, description, type, agent, dependsOn, labels, hold, upcoming } = draft;
	const [busy, setBusy] = useState(false);
	const first = useRef<HTMLInputElement>(null);
	useEffect(() => first.current?.focus(), []);
	const { project } = board;
	const [asked] = useAnswer('project.settings', { project: project.id });
	const settings = knownOf(asked)?.settings ?? null;
	const coders = settings?.agent.filter(({ role }) => role === 'coder') ?? [];
	const wanted = { description, agent: agent === '' ? null : agent, type, board, hold, upcoming, settings };
	const hindrance = hindranceOf(wanted);
	const send = async (event: FormEvent): Promise<void> => {
		event.preventDefault();
		if (title.trim() === '' || busy) return;
		setBusy(true);
		try {
			const split = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean);
			const answer = await ask('item.add', {
				...{ project: project.id, title, description, type, hold, upcoming },
				...{ dependsOn: split(dependsOn), labels: split(labels), agent: agent === '' ? null : agent },
			});
			for (const name of ['draft.title', 'draft.description']) keep(name, null);
			keep('project', project.name);
			store.learn(answer.item);
			notices.tell(plainWords(answer.answer), null, answer.hint);
			goTo({ view: 'item', project: project.name, item: itemInAddress(answer.item.name), part: 'overview' });
		} catch (thrown) {
			notices.fail(asError(thrown));
			setBusy(false);
		}
	};
	return (
		<div className="view">
			<div className="view-head">
				<h1>New item</h1>
			</div>
			<div className="view-body">
				<form
					className="form"
					onSubmit={(event) => void send(event)}
					onKeyDown={(event) => {
						if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void send(event);
					}}
				>
					<div className="field">
						<label htmlFor="title">What is wanted, in one line</label>
						<input
							id="title"
							ref={first}
							className="input"
							required
							maxLength={200}
							value={title}
							onChange={(event) => {
								change({ title: event.target.value });
								keep('draft.title', event.target.value);
							}}
						/>
					</div>
					<div className="field">
						<label htmlFor="words">Description</label>
						<textarea
							id="words"
							className="input"
							rows={8}
							value={description}
							placeholder={
								'What should be different, how one sees that it is right.\n\nA fenced sh block is run as it is:\n```sh\nnpm run format\n```'
							}
							onChange={(event) => {
								change({ description: event.target.value });
								keep('draft.description', event.target.value);
							}}
						/>
					</div>
					<div className="pair">
						<div className="field">
							<label htmlFor="project">Project</label>
							<select
								id="project"
								className="input"
								value={project.id}
								onChange={(event) => onProject(event.target.value)}
							>
								{boards.map((one) => (
									<option key={one.project.id} value={one.project.id}>
										{one.project.name}
									</option>
								))}
							</select>
						</div>
						<div className="field">
							<label htmlFor="type">Type</label>
							<select
								id="type"
								className="input"
								value={type}
								onChange={(event) => change({ type: types.find((one) => one === event.target.value) ?? 'story' })}
							>
								{types.map((one) => (
									<option key={one} value={one}>{`${one}: ${itemTypes[one]}`}</option>
								))}
							</select>
						</div>
						<div className="field">
							<label htmlFor="agent">Agent</label>
							<select
								id="agent"
								className="input"
								value={agent}
								onChange={(event) => change({ agent: event.target.value })}
							>
								<option value="">the project’s own</option>
								{coders.map(({ name, runtime }) => (
									<option key={name} value={name}>{`${name} (${runtime})`}</option>
								))}
								<option value="shell">shell: its script is run as it is</option>
							</select>
						</div>
						<div className="field">
							<label htmlFor="needs">Needs first</label>
							<input
								id="needs"
								className="input"
								placeholder="such as 12, 14"
								value={dependsOn}
								onChange={(event) => change({ dependsOn: event.target.value })}
							/>
						</div>
						<div className="field">
							<label htmlFor="labels">Labels</label>
							<input
								id="labels"
								className="input"
								placeholder="such as ui, urgent"
								value={labels}
								onChange={(event) => change({ labels: event.target.value })}
							/>
						</div>
					</div>
					<div className="row wrap">
						<label className="row">
							<input type="checkbox" checked={hold} onChange={(event) => change({ hold: event.target.checked })} />
							Hold: do not start it by itself
						</label>
						<label className="row">
							<input
								type="checkbox"
								checked={upcoming}
								onChange={(event) => change({ upcoming: event.target.checked })}
							/>
							Only an idea yet
						</label>
					</div>
					<div className="runs-with" role="status">
						<Icon name="info" />
						<span>{runsWith(wanted)}</span>
					</div>
					{hindrance && <InItsWay hindrance={hindrance} project={project} />}
					<div className="row">
						<button type="submit" className="button primary" disabled={busy || title.trim() === ''}>
							<Icon name="plus" />
							Add
						</button>
						<span className="soft small with-keys">
							<kbd>Ctrl</kbd> <kbd>Enter</kbd>
						</span>
					</div>
				</form>
			</div>
		</div>
	);
}

interface InItsWayProps {
	readonly hindrance: Hindrance;
	readonly project: ProjectBoard['project'];
}

/** It would be queued and nothing would run: why, and what can be done about it here. */
function InItsWay({ hindrance: { words, does }, project }: InItsWayProps) {
	const { ask, store, notices } = useApp();
	const resume = async (): Promise<void> => {
		try {
			notices.tell((await ask('project.resume', { project: project.id })).answer);
			await store.readAgain(project.id);
		} catch (thrown) {
			notices.fail(asError(thrown));
		}
	};
	return (
		<div className="banner" data-tone="needs" role="status">
			<Icon name="alert" />
			<div className="words">{words}</div>
			{does === 'resume' && (
				<button type="button" className="button tiny" onClick={() => void resume()}>
					<Icon name="play" />
					Resume
				</button>
			)}
			{does === 'settings' && (
				<a className="button tiny" href={linkTo({ view: 'projects' })}>
					Settings
				</a>
			)}
		</div>
	);
}
