/** Nodes and projects of a mesh, for people. */
import type { MeshNodeView, MeshProjectView, Result } from '../../shared/operations/index.ts';
import { plainLine } from './output.ts';
import type { Session } from './session.ts';
import { renderTable } from './table.ts';
import { age, count, milliseconds } from './words.ts';

export function nodesText(session: Session, nodes: readonly MeshNodeView[], now: number): string {
	if (nodes.length === 0) return 'this machine is in no mesh: gangline token new makes one';
	const rows = nodes.map((node) => [
		`${plainLine(node.name)}${node.self ? ' (here)' : ''}`,
		node.duties.join(' '),
		stateWords(session, node, now),
		slotWords(node),
		plainLine(projectWords(node)),
		plainLine(node.person ?? ''),
		node.version ?? '',
		node.id,
	]);
	const table = renderTable(session.context, session.out, {
		head: ['node', 'duties', 'state', 'slots', 'projects', 'person', 'version', 'id'],
		rows,
		elastic: [4, 2, 7],
	});
	const notes = nodes.flatMap((node) => notesOf(node));
	return notes.length === 0 ? table : `${table}\n\n${notes.join('\n')}`;
}

/** A node keeps these times in memory alone; what an earlier process saw it may not know. */
const unseen = 'not seen since this node started';

function stateWords({ out }: Session, { status, connected, since, roundTrip }: MeshNodeView, now: number): string {
	if (status === 'revoked') return out.paint('red', 'revoked');
	const ago = since === null ? '' : ` ${age(now - since)}`;
	if (!connected) return out.paint('yellow', since === null ? unseen : `away${ago}`);
	const away = roundTrip === null ? '' : `, ${milliseconds(roundTrip.ms)} away`;
	return status === 'draining' ? out.paint('yellow', 'draining') : out.paint('green', `here${ago}${away}`);
}

function slotWords({ duties, slots }: MeshNodeView): string {
	if (!duties.includes('work')) return '';
	return slots.used === null ? String(slots.total) : `${slots.used}/${slots.total}`;
}

/** `home of app; app, shop qualified`: the rest of it, with reasons, is below the table. */
function projectWords({ homeOf, qualified, worksFor, duties }: MeshNodeView): string {
	const ready = qualified.filter((one) => one.ready).map(({ project }) => project);
	const home = homeOf.length === 0 ? [] : [`home of ${homeOf.join(', ')}`];
	const works = duties.includes('work')
		? [worksFor === 'any' ? 'works for any' : `works for ${worksFor.join(', ')}`]
		: [];
	return [...home, ...works, ...(ready.length === 0 ? [] : [`qualified: ${ready.join(', ')}`])].join('; ');
}

function notesOf({ name, qualified, declines }: MeshNodeView): readonly string[] {
	const unready = qualified.filter((one) => !one.ready);
	return [
		...unready.map(({ project, reason }) =>
			plainLine(`${name} is not qualified for ${project} yet: ${reason ?? 'not tried so far'}`),
		),
		...(declines === null ? [] : [plainLine(`${name} takes nothing now: ${declines}`)]),
	];
}

export function meshText(session: Session, mesh: Result<'mesh.status'>): string {
	if (mesh.mesh === null) return 'this machine is in no mesh: gangline token new makes one, gangline join joins one';
	const connected = mesh.nodes.filter((node) => node.connected || node.self).length;
	const { gateway } = mesh;
	const head =
		gateway === null ? [] : [`gateway ${plainLine(gateway.name)}: ${linkWords(session, gateway, mesh.takenAt)}`];
	const alone = mesh.offline ? [session.out.paint('yellow', 'offline on purpose: gangline online comes back')] : [];
	return [
		...alone,
		...head,
		`${connected} of ${count(mesh.nodes.length, 'node')} here: gangline nodes says more`,
		...(mesh.projects.length === 0 ? [] : ['', projectsText(session, mesh.projects, mesh.takenAt)]),
	].join('\n');
}

interface Link {
	readonly connected: boolean;
	readonly since: number | null;
}

function linkWords({ out }: Session, { connected, since }: Link, now: number): string {
	const ago = since === null ? '' : ` ${age(now - since)}`;
	return connected
		? out.paint('green', `connected${ago}`)
		: out.paint('yellow', since === null ? unseen : `away${ago}`);
}

function projectsText(session: Session, projects: readonly MeshProjectView[], now: number): string {
	return renderTable(session.context, session.out, {
		head: ['project', 'home', '', 'results wait', 'changes wait'],
		rows: projects.map(({ name, home, resultsWaiting, changesWaiting }) => [
			plainLine(name),
			plainLine(home.name),
			linkWords(session, home, now),
			resultsWaiting === 0 ? '' : String(resultsWaiting),
			changesWaiting === 0 ? '' : String(changesWaiting),
		]),
		elastic: [0, 1],
	});
}
