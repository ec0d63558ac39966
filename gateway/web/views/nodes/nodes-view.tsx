/** The machines of the mesh: a picture of who reaches whom, what each is for and does now, and how another one joins. */
import { useState } from 'react';
import type { ItemAnswer, MeshNodeView, Result } from '../../../../shared/operations/index.ts';
import { linkTo } from '../../browser/address.ts';
import { itemInAddress } from '../../model/route.ts';
import { count, milliseconds, moment } from '../../model/words.ts';
import { asError, knownOf, useAnswer, useApp, useBoardState, useBoards, useMay, useNow } from '../../ui/app.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Command, Empty, Failure, Loading, Time } from '../../ui/pieces.tsx';
import { MeshDrawing } from './mesh-drawing.tsx';

export function NodesView() {
	const now = useNow(10_000);
	const { freshness } = useBoardState();
	// Nodes come and go without an event of the stream: they are read again while one looks at them.
	const [asked, again] = useAnswer('mesh.status', {}, freshness.kind === 'live' ? now : 0);
	const [joining, setJoining] = useState(false);
	const isOwner = useMay('owner');
	const mesh = knownOf(asked);
	return (
		<div className="view">
			<div className="view-head">
				<h1>Nodes</h1>
				{mesh && (
					<span className="soft small">
						as of <Time at={mesh.takenAt} />
					</span>
				)}
				<span className="push" />
				{isOwner && (
					<button type="button" className="button primary" onClick={() => setJoining(true)}>
						<Icon name="plus" />
						Let a machine in
					</button>
				)}
			</div>
			<div className="view-body">
				{asked.kind === 'failed' && <Failure error={asked.error} retry={again} />}
				{mesh === null && asked.kind !== 'failed' && <Loading what="the mesh" />}
				{mesh && <Mesh mesh={mesh} again={again} />}
			</div>
			{joining && <JoinDialog onClose={() => setJoining(false)} />}
		</div>
	);
}

function Mesh({ mesh, again }: { readonly mesh: Result<'mesh.status'>; readonly again: () => void }) {
	const nodes = mesh.nodes.filter(({ status }) => status !== 'revoked');
	const away = nodes.filter(({ connected, self }) => !connected && !self);
	return (
		<div className="stack" style={{ gap: 16 }}>
			{away.length > 0 && (
				<div className="banner" data-tone="needs">
					<Icon name="alert" />
					<div className="words">
						{`${count(away.length, 'node is', 'nodes are')} not reached from here: ${away.map(({ name }) => name).join(', ')}. ${away.length === 1 ? 'It goes on alone and settles what it did when it is back' : 'They go on alone and settle what they did when they are back'}.`}
					</div>
				</div>
			)}
			<section className="panel" aria-label="Picture of the mesh">
				<MeshDrawing nodes={nodes} />
			</section>
			{mesh.projects.some(({ words }) => words !== null) && (
				<ul className="stack" style={{ gap: 6 }}>
					{mesh.projects
						.filter(({ words }) => words !== null)
						.map(({ id, name, words }) => (
							<li key={id} className="banner">
								<Icon name="info" />
								<span className="words">
									<strong>{name}</strong>: {words}
								</span>
							</li>
						))}
				</ul>
			)}
			{nodes.length === 1 && (
				<Empty title="One machine so far">
					<p>
						Others can work for your projects: they fetch this very Gangline from yours and need no Node.js and no root.
					</p>
					<Command line="gangline token new" />
				</Empty>
			)}
			<div className="tiles">
				{nodes.map((node) => (
					<NodeTile key={node.id} node={node} again={again} />
				))}
			</div>
		</div>
	);
}

function NodeTile({ node, again }: { readonly node: MeshNodeView; readonly again: () => void }) {
	const isOwner = useMay('owner');
	const boards = useBoards(null);
	const here = boards.flatMap(({ items }) => [...items.values()]).filter(({ holder }) => holder?.node === node.name);
	const connected = node.connected || node.self;
	return (
		<article className="panel stack" aria-label={`Node ${node.name}`}>
			<div className="row">
				<h2 className="clip">{node.name}</h2>
				<span className="chip" data-tone={connected ? (node.status === 'draining' ? 'needs' : 'done') : 'failed'}>
					<Icon name={connected ? 'check' : 'cross'} />
					{!connected
						? 'not reached'
						: node.status === 'draining'
							? 'draining'
							: node.self
								? 'answers you'
								: 'connected'}
				</span>
				{node.duties.map((duty) => (
					<span key={duty} className="chip plain">
						{duty}
					</span>
				))}
			</div>
			<dl className="fact-list">
				{node.since !== null && (
					<div>
						<dt>{connected ? 'Since' : 'Last seen'}</dt>
						<dd>{moment(node.since)}</dd>
					</div>
				)}
				{node.roundTrip !== null && (
					<div>
						<dt>Answer time</dt>
						<dd>
							{`${milliseconds(node.roundTrip.ms)}, measured `}
							<Time at={node.roundTrip.at} />
						</dd>
					</div>
				)}
				<div>
					<dt>Slots</dt>
					<dd>{node.slots.total === 0 ? 'takes no work' : `${node.slots.used ?? '?'} of ${node.slots.total} used`}</dd>
				</div>
				<div>
					<dt>Works for</dt>
					<dd>{node.worksFor === 'any' ? 'any project' : node.worksFor.join(', ') || 'no project'}</dd>
				</div>
				{node.homeOf.length > 0 && (
					<div>
						<dt>Home of</dt>
						<dd>{node.homeOf.join(', ')}</dd>
					</div>
				)}
				{node.person !== null && (
					<div>
						<dt>Who sits there</dt>
						<dd>{node.person}</dd>
					</div>
				)}
				{node.version !== null && (
					<div>
						<dt>Version</dt>
						<dd>{node.version}</dd>
					</div>
				)}
			</dl>
			{node.declines !== null && (
				<p className="row soft">
					<Icon name="pause" />
					{node.declines}
				</p>
			)}
			{node.qualified.length > 0 && (
				<ul className="plain-list">
					{node.qualified.map(({ project, ready, reason }) => (
						<li key={project} className="row">
							<Icon name={ready ? 'check' : 'clock'} />
							<span className="clip" title={reason ?? undefined}>
								{ready ? `${project}: set-up and gates ran green here` : `${project}: ${reason ?? 'not tried yet'}`}
							</span>
						</li>
					))}
				</ul>
			)}
			{here.length > 0 && (
				<ul className="plain-list">
					{here.map((item) => (
						<Held key={item.key} item={item} />
					))}
				</ul>
			)}
			{isOwner && !node.duties.includes('gateway') && <NodeButtons node={node} again={again} />}
		</article>
	);
}

/** What is worked on there, and why there: as the one who placed it said. */
function Held({ item }: { readonly item: ItemAnswer }) {
	const { project, key, name, title, stage } = item;
	const [asked] = useAnswer('item.why', { project, item: key }, stage);
	const reason = knownOf(asked)?.placement?.reasons[0];
	return (
		<li className="row">
			<Icon name={stage === 'blocked' || stage === 'frozen' ? 'pause' : 'spin'} />
			<div className="clip">
				<a className="link" href={linkTo({ view: 'item', project, item: itemInAddress(name), part: 'overview' })}>
					{name} {title}
				</a>
				{reason !== undefined && <span className="soft small">{` · ${reason}`}</span>}
			</div>
		</li>
	);
}

function NodeButtons({ node, again }: { readonly node: MeshNodeView; readonly again: () => void }) {
	const { ask, notices } = useApp();
	const [asks, setAsks] = useState(false);
	const draining = node.status === 'draining';
	const run = async (name: 'node.drain' | 'node.undrain' | 'node.revoke'): Promise<void> => {
		setAsks(false);
		try {
			notices.tell((await ask(name, { node: node.name })).answer);
			again();
		} catch (thrown) {
			notices.fail(asError(thrown));
		}
	};
	return (
		<div className="row wrap">
			<button type="button" className="button tiny" onClick={() => void run(draining ? 'node.undrain' : 'node.drain')}>
				{draining ? 'Give it work again' : 'Drain'}
			</button>
			<button type="button" className="button tiny danger" onClick={() => setAsks(true)}>
				Revoke…
			</button>
			{asks && (
				<Dialog
					title={`Cut ${node.name} off for good?`}
					confirm="Revoke"
					danger
					onConfirm={() => void run('node.revoke')}
					onClose={() => setAsks(false)}
				>
					<p className="soft">
						It is refused everywhere from now on, also with what it did and the homes had not accepted. To let it finish
						first, drain it.
					</p>
				</Dialog>
			)}
		</div>
	);
}

function JoinDialog({ onClose }: { readonly onClose: () => void }) {
	const { ask, notices } = useApp();
	const [made, setMade] = useState<Result<'token.create'> | null>(null);
	const [busy, setBusy] = useState(false);
	const make = async (): Promise<void> => {
		setBusy(true);
		try {
			setMade(await ask('token.create', { duties: ['work'] }));
		} catch (thrown) {
			notices.fail(asError(thrown));
		} finally {
			setBusy(false);
		}
	};
	return (
		<Dialog
			title="Let a machine in"
			onClose={onClose}
			{...(made === null && {
				onConfirm: () => void make(),
				confirm: busy ? 'Packing …' : 'Make the line',
				disabled: busy,
			})}
		>
			{made === null ? (
				<p className="soft">
					This makes a line to paste into a shell of the other machine. It needs sh, curl, tar and git there, no Node.js
					and no root; it is good for one machine and one hour.
				</p>
			) : (
				<>
					<Command line={made.line} name="line for the other machine" />
					<p className="soft small">
						Good until {moment(made.expiresAt)}. It holds a secret and is shown once: whoever has it can join.
					</p>
					{made.warning !== null && (
						<div className="banner" data-tone="needs">
							<Icon name="alert" />
							<div className="words">{made.warning}</div>
						</div>
					)}
					{made.offers.length > 0 && <Command line={`gangline gateway listen ${made.offers[0]}`} />}
				</>
			)}
		</Dialog>
	);
}
