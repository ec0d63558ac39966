/** The projects: how each is judged and lands, where it lives, how far main, origin and the checkout are apart. */
import { useState } from 'react';
import { linkTo } from '../../browser/address.ts';
import type { ProjectBoard } from '../../model/board-state.ts';
import { count, short, usd } from '../../model/words.ts';
import { asError, useApp, useBoardState, useBoards, useMay } from '../../ui/app.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Loading } from '../../ui/pieces.tsx';
import { AddProject } from './add-project.tsx';
import { ProjectSettings } from './project-settings.tsx';

const reviewWords = {
	human: 'a person looks at each change',
	server: 'what is green lands',
	agent: 'an agent looks at each change',
};
const landingWords = {
	local: 'lands here, origin is left alone',
	push: 'origin follows main',
	'pull-request': 'by pull request',
};

export function ProjectsView() {
	const { boards: known } = useBoardState();
	const boards = useBoards(null);
	return (
		<div className="view">
			<div className="view-head">
				<h1>Projects</h1>
			</div>
			<div className="view-body">
				{known === null && <Loading what="the projects" />}
				<div className="stack" style={{ gap: 16 }}>
					{boards.length > 0 && (
						<div className="tiles">
							{boards.map((board) => (
								<ProjectTile key={board.project.id} board={board} />
							))}
						</div>
					)}
					{known !== null && <AddProject first={boards.length === 0} />}
				</div>
			</div>
		</div>
	);
}

function ProjectTile({ board }: { readonly board: ProjectBoard }) {
	const { project, items, whole } = board;
	const needs = [...items.values()].filter(({ needsYou }) => needsYou !== null).length;
	return (
		<article className="panel stack" aria-label={`Project ${project.name}`}>
			<div className="row">
				<h2 className="clip">
					<a href={linkTo({ view: 'board', project: project.name })}>{project.name}</a>
				</h2>
				{project.paused && (
					<span className="chip" data-tone="needs">
						<Icon name="pause" />
						paused
					</span>
				)}
				{needs > 0 && (
					<span className="chip" data-tone="needs">
						<Icon name="eye" />
						{count(needs, 'waits', 'wait')} for you
					</span>
				)}
			</div>
			{project.trouble !== null && (
				<div className="banner" data-tone="failed">
					<Icon name="alert" />
					<div className="words">{project.trouble}</div>
				</div>
			)}
			<dl className="fact-list">
				<div>
					<dt>Branch</dt>
					<dd>
						{project.branch}
						{whole?.distance.canonical && (
							<>
								{' at '}
								<code>{short(whole.distance.canonical)}</code>
							</>
						)}
					</dd>
				</div>
				<div>
					<dt>Review</dt>
					<dd>{project.review === null ? 'its home knows' : reviewWords[project.review]}</dd>
				</div>
				<div>
					<dt>Landing</dt>
					<dd>{project.landing === null ? 'its home knows' : landingWords[project.landing]}</dd>
				</div>
				{whole && (
					<>
						<div>
							<dt>Home</dt>
							<dd>
								{whole.home.node}
								{whole.home.connected ? '' : ', away'}
							</dd>
						</div>
						<div>
							<dt>Gates</dt>
							<dd>
								{whole.qualification.ready ? (whole.qualification.saw ?? 'green on main') : whole.qualification.reason}
							</dd>
						</div>
						{whole.distance.checkout && (
							<div>
								<dt>Checkout</dt>
								<dd>{whole.distance.checkout.words}</dd>
							</div>
						)}
						{whole.distance.origin && (
							<div>
								<dt>Origin</dt>
								<dd>{whole.distance.origin.words}</dd>
							</div>
						)}
						{whole.costUsd > 0 && (
							<div>
								<dt>Cost so far</dt>
								<dd>{usd(whole.costUsd)}</dd>
							</div>
						)}
					</>
				)}
			</dl>
			<Pausing board={board} />
			<ProjectSettings project={project} />
		</article>
	);
}

function Pausing({ board: { project } }: { readonly board: ProjectBoard }) {
	const { ask, store, notices } = useApp();
	const may = useMay('member');
	const [asks, setAsks] = useState(false);
	if (!may) return null;
	const run = async (name: 'project.pause' | 'project.resume', kill = false): Promise<void> => {
		setAsks(false);
		try {
			const { answer } =
				name === 'project.pause'
					? await ask(name, { project: project.id, kill })
					: await ask(name, { project: project.id });
			const undo = name === 'project.pause' ? { label: 'Resume', run: () => void run('project.resume') } : null;
			notices.tell(answer, undo);
			await store.readAgain(project.id);
		} catch (thrown) {
			notices.fail(asError(thrown));
		}
	};
	return (
		<div className="row wrap">
			{project.paused ? (
				<button type="button" className="button tiny" onClick={() => void run('project.resume')}>
					<Icon name="play" />
					Resume
				</button>
			) : (
				<>
					<button type="button" className="button tiny" onClick={() => void run('project.pause')}>
						<Icon name="pause" />
						Pause
					</button>
					<button type="button" className="button tiny danger" onClick={() => setAsks(true)}>
						Stop all agents…
					</button>
				</>
			)}
			{asks && (
				<Dialog
					title={`Stop everything that runs for ${project.name}?`}
					confirm="Stop them"
					danger
					onConfirm={() => void run('project.pause', true)}
					onClose={() => setAsks(false)}
				>
					<p className="soft">
						Every agent is ended and that is verified; what it committed is kept. Nothing is started and nothing lands
						until the project is resumed.
					</p>
				</Dialog>
			)}
		</div>
	);
}
