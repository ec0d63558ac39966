/**
 * `gangline backup` asks the running node, or has the node's one-shot mode do it where none runs; `gangline restore`
 * always uses the one-shot mode. Neither overwrites anything.
 */
import { resolve } from 'node:path';
import type { Result } from '../../shared/operations/index.ts';
import { type ErrorCode, errorKinds, type GanglineError, ganglineError } from '../../shared/ports/errors.ts';
import { type BackupLine, backupLineSchema } from '../../shared/protocol/backup.ts';
import { captureProgram } from './capture-program.ts';
import { clientOf, findNode } from './client.ts';
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
		note === null ? await oneShot(session, 'backup', path) : await clientOf(note).call('node.backup', { path });
	out.result(report, () =>
		[
			`kept ${sizeOf(report)} in ${plainLine(report.file)}`,
			"  the node's key is in it: whoever has the file can be this node",
			'  not in it: clones of items (work that is not committed), run logs, your own checkouts',
			`  put it back: gangline restore ${plainLine(report.file)}`,
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
	const report = await oneShot(session, 'restore', resolve(context.cwd, file));
	out.result(report, () =>
		[
			`put back ${sizeOf(report)}, kept ${moment(report.at)}, into ${state.root}`,
			...report.projects.map(({ name, path }) => `  ${name}: its checkout is expected at ${plainLine(path)}`),
			'  the node that it was must not run anywhere any more; then: gangline start',
		].join('\n'),
	);
	return undefined;
}

function sizeOf({ bytes, projects }: Report): string {
	return `${count(projects.length, 'project')} (${(bytes / 1024 ** 2).toFixed(1)} MiB)`;
}

async function oneShot({ context }: Session, mode: 'backup' | 'restore', file: string): Promise<Report> {
	const answers: BackupLine[] = [];
	const argv: readonly [string, ...string[]] = [...context.nodeCommand, mode, '--file', file];
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
	throw ganglineError('INTERNAL', `the ${mode} ended without an answer: ${why}`, { data: { stderr: ended.stderr } });
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
