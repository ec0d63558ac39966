/**
 * Starts a node or a gateway as a process of its own and waits until it answers. What it writes goes to the log in the state folder;
 * when it ends instead of answering, the log's last lines are the reason that the person gets.
 */
import { constants } from 'node:fs';
import { access, mkdir, open } from 'node:fs/promises';
import { pause } from '../../shared/ports/clock.ts';
import { type ErrorCode, errorKinds, type GanglineError, ganglineError } from '../../shared/ports/errors.ts';
import type { ApiFile } from '../../shared/project/api-file.ts';
import { findGateway, findNode, type Who } from './client.ts';
import type { CliContext, DetachedProgram } from './context.ts';
import type { Session } from './session.ts';

const answersWithinMs = 30_000;
const lookEveryMs = 50;
const logTailBytes = 16 * 1024;

/** What the node is started with; `port` is what a person asked for. */
export function nodeEnvironment(
	session: Session,
	port: number | undefined,
): Readonly<Record<string, string | undefined>> {
	const { env } = session.context;
	return { ...env, ...fewArenas(env), ...(port === undefined ? {} : { GANGLINE_PORT: String(port) }) };
}

/**
 * glibc gives each thread an arena of its own and never takes it back: a sixth of an idle node. The mark lets the node
 * keep it from agents and gates (node/config.ts).
 */
function fewArenas(env: CliContext['env']): Readonly<Record<string, string>> {
	return env.MALLOC_ARENA_MAX === undefined ? { MALLOC_ARENA_MAX: '1', GANGLINE_MALLOC: 'ours' } : {};
}

/** The note of the started node. A node that does not answer in time is ended again. */
export function startNode(session: Session, port: number | undefined): Promise<ApiFile> {
	const { context, state } = session;
	const find = (): Promise<ApiFile | null> => findNode(state, context.programs);
	const env = nodeEnvironment(session, port);
	return startProcess(session, {
		who: 'node',
		command: context.nodeCommand,
		env,
		folder: state.root,
		log: state.log,
		find,
	});
}

/** The same for the gateway of this machine; makes one where there was none. */
export function startGateway(session: Session): Promise<ApiFile> {
	const { context, state } = session;
	const find = (): Promise<ApiFile | null> => findGateway(state, context.programs);
	const { root: folder, log } = state.gateway;
	return startProcess(session, {
		who: 'gateway',
		command: context.gatewayCommand,
		env: { ...context.env, ...fewArenas(context.env) },
		folder,
		log,
		find,
	});
}

interface Starting {
	readonly who: Who;
	readonly command: readonly [string, ...string[]];
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly folder: string;
	readonly log: string;
	readonly find: () => Promise<ApiFile | null>;
}

async function startProcess(session: Session, starting: Starting): Promise<ApiFile> {
	const { context, state } = session;
	const { command, env, folder, log } = starting;
	await makeStateFolder(state.root);
	await makeStateFolder(folder);
	const begin = await sizeOf(log);
	const program = await context.programs.startDetached(command, { cwd: folder, env, logTo: log });
	try {
		return await answering(session, starting, { program, begin });
	} catch (error) {
		program.end();
		throw error;
	}
}

async function makeStateFolder(root: string): Promise<void> {
	try {
		await mkdir(root, { recursive: true, mode: 0o700 });
		await access(root, constants.R_OK | constants.W_OK | constants.X_OK);
	} catch (cause) {
		const why = cause instanceof Error ? cause.message : String(cause);
		throw ganglineError('UNSUITABLE_MACHINE', `the state folder ${root} cannot be used: ${why}`, {
			hint: `make it yours (ls -ld '${root}'), or set GANGLINE_HOME to a folder that you may write`,
			cause,
		});
	}
}

interface Started {
	readonly program: DetachedProgram;
	/** Where its part of the log begins. */
	readonly begin: number;
}

async function answering(session: Session, starting: Starting, { program, begin }: Started): Promise<ApiFile> {
	const { clock, interrupted } = session.context;
	const { who, log, find } = starting;
	const ended = { how: null as string | null };
	void program.exited.then((how) => {
		ended.how = how;
	});
	const deadline = clock.monotonic() + answersWithinMs;
	while (clock.monotonic() < deadline) {
		const note = await find();
		if (note !== null && note.pid === program.pid) return note;
		if (ended.how !== null) throw await startFailure(log, begin, `the ${who} ended at once (${ended.how})`);
		await pause(clock, lookEveryMs, interrupted);
	}
	throw await startFailure(
		log,
		begin,
		`the ${who} did not answer within ${answersWithinMs / 1000} s and was ended again`,
	);
}

/** The error that the process itself logged, otherwise one with its last lines. */
async function startFailure(log: string, begin: number, what: string): Promise<GanglineError> {
	const lines = await linesSince(log, begin);
	const own = lines.map(loggedError).findLast((error) => error !== null);
	if (own) return own;
	const why = lines.slice(-10).join('\n');
	return ganglineError('INTERNAL', what, { hint: `its log: ${log}`, ...(why === '' ? {} : { data: { why } }) });
}

/** A log line of a node that could not start carries the error's code, message and hint. */
function loggedError(line: string): GanglineError | null {
	let fields: unknown;
	try {
		fields = JSON.parse(line);
	} catch {
		return null;
	}
	if (typeof fields !== 'object' || fields === null || !('code' in fields) || !('message' in fields)) return null;
	const { code, message } = fields;
	if (typeof code !== 'string' || !isErrorCode(code) || typeof message !== 'string') return null;
	const hint = 'hint' in fields && typeof fields.hint === 'string' ? { hint: fields.hint } : {};
	return ganglineError(code, message, hint);
}

function isErrorCode(code: string): code is ErrorCode {
	return Object.hasOwn(errorKinds, code);
}

async function sizeOf(path: string): Promise<number> {
	const file = await open(path, 'r').catch(() => null);
	if (file === null) return 0;
	try {
		return (await file.stat()).size;
	} finally {
		await file.close();
	}
}

async function linesSince(path: string, begin: number): Promise<readonly string[]> {
	const file = await open(path, 'r').catch(() => null);
	if (file === null) return [];
	try {
		const { size } = await file.stat();
		const from = Math.max(begin, size - logTailBytes);
		const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(Math.max(1, size - from)), position: from });
		return buffer
			.toString('utf8', 0, bytesRead)
			.split('\n')
			.filter((line) => line.trim() !== '');
	} finally {
		await file.close();
	}
}
