/**
 * `gangline backup` asks the running node, or has the node's one-shot mode do it where none runs; `gangline restore`
 * always uses the one-shot mode. Neither overwrites anything.
 */
import { resolve } from 'node:path';
import type { Result } from '../../shared/operations/index.ts';
import { shellWord } from '../../shared/operations/shell-word.ts';
import { type ErrorCode, errorKinds, type GanglineError, ganglineError } from '../../shared/ports/errors.ts';
import { type BackupLine, backupLineSchema } from '../../shared/protocol/backup.ts';
import { captureProgram } from './capture-program.ts';
import { clientOf, findGateway, findNode } from './client.ts';
import { plainLine } from './output.ts';
import type { Session } from './session.ts';
import { count, moment } from './words.ts';

type Report = Result<'node.backup'>;

/** Large repositories take their time; this is for a disk that hangs. */
const backupMsMax = 2 * 60 * 60_000;

export async function backup(session: Session, file: string): Promise<undefined> {
	const { context, state, out } = session;
	const path = resolve(context.cwd, file);
	const note = await findNode(state, context.programs);
	const report =
		note === null
			? await oneShot(session, [...context.nodeCommand, 'backup', '--file', path])
			: await clientOf(note).call('node.backup', { path });
	out.result(report, () =>
		[
			`kept ${sizeOf(report)} in ${plainLine(report.file)}`,
			"  the node's key is in it: whoever has the file can be this node",
			'  not in it: clones of items (work that is not committed), run logs, your own checkouts, secrets and logins of agents, the gateway (gangline gateway backup)',
			`  put it back: gangline restore ${plainLine(shellWord(report.file))}`,
		].join('\n'),
	);
	return undefined;
}

export async function restore(session: Session, file: string): Promise<undefined> {
	const { context, state, out } = session;
	if ((await findNode(state, context.programs)) !== null) {
		throw ganglineError('REFUSED', `a node runs with the state folder ${state.root}: nothing was restored`, {
			hint: 'stop it and move its state away first: gangline stop',
		});
	}
	const report = await oneShot(session, [...context.nodeCommand, 'restore', '--file', resolve(context.cwd, file)]);
	out.result(report, () =>
		[
			`put back ${sizeOf(report)}, kept ${moment(report.at)}, into ${state.root}`,
			...report.projects.map(({ name, path }) => `  ${name}: its checkout is expected at ${plainLine(path)}`),
			'  never in a backup: secrets and logins of agents (gangline secret set NAME, gangline agent login)',
			'  the node that it was must not run anywhere any more; then: gangline start',
		].join('\n'),
	);
	return undefined;
}

/** The same of the gateway of this machine, which must run to be kept. */
export async function backupGateway(session: Session, file: string): Promise<undefined> {
	const path = resolve(session.context.cwd, file);
	const { state, context, out } = session;
	const note = await findGateway(state, context.programs);
	if (note === null) {
		throw ganglineError('NOT_RUNNING', 'no gateway runs on this machine, so nothing was kept', {
			hint: 'gangline gateway start; on another machine: gangline mesh says which one is the gateway',
		});
	}
	const report = await clientOf(note, 'gateway').call('gateway.backup', { path });
	out.result(report, () =>
		[
			`kept the gateway in ${plainLine(report.file)}`,
			'  its key is in it: whoever has the file can be this gateway',
			`  put it back, on this machine or another: gangline gateway restore ${plainLine(shellWord(report.file))}`,
		].join('\n'),
	);
	return undefined;
}

export async function restoreGateway(session: Session, file: string): Promise<undefined> {
	const { context, state, out } = session;
	const report = await oneShot(session, [...context.gatewayCommand, 'restore', '--file', resolve(context.cwd, file)]);
	out.result(report, () =>
		[
			`put back the gateway, kept ${moment(report.at)}, into ${state.gateway.root}`,
			'  the gateway that it was must not run anywhere any more; then: gangline gateway start',
			'  at another address: gangline gateway listen <address>; machines that it cannot dial need that address',
		].join('\n'),
	);
	return undefined;
}

function sizeOf({ bytes, projects }: Report): string {
	return `${count(projects.length, 'project')} (${(bytes / 1024 ** 2).toFixed(1)} MiB)`;
}

async function oneShot({ context }: Session, argv: readonly [string, ...string[]]): Promise<Report> {
	const answers: BackupLine[] = [];
	const ended = await captureProgram(argv, {
		env: context.env,
		timeoutMs: backupMsMax,
		signal: context.interrupted,
		onLine(text) {
			const line = backupLineSchema.safeParse(jsonOf(text));
			if (line.success) answers.push(line.data);
		},
	});
	context.interrupted.throwIfAborted();
	const answer = answers.at(-1);
	if (answer?.type === 'backup') return answer;
	if (answer?.type === 'error') throw asError(answer.error);
	const why = ended.notStarted ?? (ended.stderr.trim().split('\n').at(-1) || `it ended with code ${ended.code}`);
	throw ganglineError('INTERNAL', `it ended without an answer: ${why}`, { data: { stderr: ended.stderr } });
}

function asError(error: { code: string; message: string; hint?: string | null | undefined }): GanglineError {
	const code = Object.hasOwn(errorKinds, error.code) ? (error.code as ErrorCode) : 'INTERNAL';
	return ganglineError(code, error.message, error.hint ? { hint: error.hint } : {});
}

function jsonOf(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return null;
	}
}
