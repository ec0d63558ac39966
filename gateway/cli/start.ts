/** `gangline start`: a node runs afterwards (and the gateway, where this machine has one), and it knows the project of the current folder. */
import type { Result } from '../../shared/operations/index.ts';
import { GanglineError, ganglineError } from '../../shared/ports/errors.ts';
import type { ApiFile } from '../../shared/project/api-file.ts';
import { clientOf, findNode, type NodeClient } from './client.ts';
import { nodeLines } from './node-text.ts';
import { plainLine } from './output.ts';
import { projectFolder } from './project-folder.ts';
import type { Session } from './session.ts';
import { nodeEnvironment, startNode } from './start-process.ts';

/** Starts what of this machine does not run, adds the project of this folder, and says where it answers and how to stop it. */
export async function start(session: Session, port: number | undefined): Promise<undefined> {
	const running = await findNode(session.state, session.context.programs);
	if (running !== null) refuseOtherPort(running, port);
	const gateway = await startGatewayHere(session);
	const note = running ?? (await started(session, port));
	await report(session, clientOf(note), { isNew: running === null, gateway });
	return undefined;
}

/** The same with the node as our child on this terminal; resolves with its exit code when it has ended. */
export async function startInForeground(session: Session, port: number | undefined): Promise<number> {
	const { context, state } = session;
	const running = await findNode(state, context.programs);
	if (running !== null) {
		throw ganglineError('STORE_LOCKED', `a node runs already (pid ${running.pid}, ${running.url})`, {
			hint: 'stop it first: gangline stop',
		});
	}
	const gateway = await startGatewayHere(session);
	const ended = { yet: false };
	const exit = context.programs.run(context.nodeCommand, { env: nodeEnvironment(session, port) }).finally(() => {
		ended.yet = true;
	});
	const note = await appearing(session, () => ended.yet);
	// A project that cannot be added must not leave a node behind that nobody waits for: say it, and go on.
	if (note !== null)
		await report(session, clientOf(note), { isNew: true, gateway }).catch((error: unknown) =>
			session.out.message(String(error)),
		);
	const code = await exit;
	if (gateway?.started)
		await (await import('./gateway-process.ts'))
			.stopGateway(session, { afterCtrlC: true })
			.catch((error: unknown) => session.out.message(String(error)));
	return code;
}

interface GatewayHere {
	/** By us, now. */
	readonly started: boolean;
	readonly note: ApiFile;
}

/** A node works without its gateway, so one that does not start is said and nothing more. */
async function startGatewayHere(session: Session): Promise<GatewayHere | null> {
	const { ensureGateway, hasGateway } = await import('./gateway-process.ts');
	if (!(await hasGateway(session))) return null;
	try {
		return await ensureGateway(session);
	} catch (error) {
		goOn(session, 'the gateway did not start, the node goes on without it', error);
		return null;
	}
}

/** Also where the gateway was made while no node ran. */
async function joinHere(session: Session, node: NodeClient, { note }: GatewayHere): Promise<void> {
	const { joinOwnGateway } = await import('./own-membership.ts');
	try {
		await joinOwnGateway(session, { node, gateway: clientOf(note, 'gateway') });
	} catch (error) {
		goOn(session, 'this machine is not in the mesh of its own gateway', error);
	}
}

function goOn({ out }: Session, what: string, error: unknown): void {
	if (!(error instanceof GanglineError)) throw error;
	out.message(`${what}: ${plainLine(error.message)}`);
	if (error.hint !== undefined) out.message(`→ ${plainLine(error.hint)}`);
}

function refuseOtherPort(running: ApiFile, port: number | undefined): void {
	if (port === undefined || port === 0 || new URL(running.url).port === String(port)) return;
	throw ganglineError('REFUSED', `the node already runs at ${running.url}, not on port ${port}`, {
		hint: `gangline stop && gangline start --port ${port}`,
	});
}

async function started(session: Session, port: number | undefined): Promise<ApiFile> {
	session.out.message('starting the node …');
	return startNode(session, port);
}

async function appearing(session: Session, ended: () => boolean): Promise<ApiFile | null> {
	const { pause } = await import('../../shared/ports/clock.ts');
	while (!ended()) {
		const note = await findNode(session.state, session.context.programs);
		if (note !== null) return note;
		await pause(session.context.clock, 50);
	}
	return null;
}

interface Reported {
	readonly isNew: boolean;
	readonly gateway: GatewayHere | null;
}

async function report(session: Session, node: NodeClient, { isNew, gateway }: Reported): Promise<void> {
	if (gateway !== null) await joinHere(session, node, gateway);
	const project = await addProjectHere(session, node);
	const status = await node.call('node.status', {});
	const beside = gateway && { started: gateway.started, url: gateway.note.url };
	session.out.result({ started: isNew, node: status, project, gateway: beside }, () => {
		const head = isNew ? 'the node runs' : 'the node runs already';
		const added = project === null ? [] : [plainLine(project.answer)];
		const other = beside === null ? [] : [`the gateway runs${beside.started ? '' : ' already'}: ${beside.url}`];
		const next = ['  see it in a browser: gangline board', '  stop it with: gangline stop'];
		return [...added, `${head}: ${nodeLines(session, status)}`, ...other, ...next].join('\n');
	});
	if (project === null) session.out.message('→ this folder is no Gangline project yet: gangline init');
}

async function addProjectHere(session: Session, node: NodeClient): Promise<Result<'project.add'> | null> {
	const path = await projectFolder(session.context.cwd);
	if (path === null) return null;
	session.out.message(`adding the project in ${path} …`);
	return node.call('project.add', { path });
}
