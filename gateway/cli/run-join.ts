/**
 * Joins: starts the node where none runs, hands it the token, and prints what came of each address and what to do next.
 * It asks nothing, so that a pasted line works on a machine where nobody sits.
 */
import { lstat, mkdir, readlink, symlink, unlink } from 'node:fs/promises';
import { dirname, join as joinPath } from 'node:path';
import { type AddressOutcome, addressOutcomeSchema, type Result } from '../../shared/operations/index.ts';
import { GanglineError, ganglineError } from '../../shared/ports/errors.ts';
import { programRoot } from '../../shared/ports/system/installation.ts';
import { clientOf, findNode, type NodeClient } from './client.ts';
import type { Membership } from './membership-options.ts';
import { plainLine } from './output.ts';
import type { Session } from './session.ts';
import { startNode } from './start-process.ts';

export async function join(session: Session, given: string | undefined, wish: Membership): Promise<undefined> {
	const token = await readToken(session, given);
	const command = await linkCommand(session, launcherOfBuild());
	const node = await runningNode(session);
	session.out.message('joining …');
	const joined = await node.call('mesh.join', { token, ...wish }).catch((error: unknown) => {
		if (error instanceof GanglineError) for (const line of outcomesOf(error)) session.out.message(line);
		throw error;
	});
	session.out.result(joined, () => joinedText(session, joined, command));
	return undefined;
}

/** From the argument, or from stdin; a whole pasted line will do as well. */
async function readToken({ context }: Session, given: string | undefined): Promise<string> {
	const fromStdin = given === '-' || (given === undefined && !context.stdin.isTTY);
	const text = fromStdin ? await context.stdin.readAll() : (given ?? '');
	const token = /\bgl1_[A-Za-z0-9_-]+/.exec(text)?.[0];
	if (token !== undefined) return token;
	const what =
		text.trim() === '' ? 'no token was given' : `${JSON.stringify(text.trim().slice(0, 12))}… is no join token`;
	throw ganglineError('INVALID_ARGUMENT', `${what}: it begins with gl1_`, {
		hint: 'make one on the machine of the gateway: gangline token new',
	});
}

async function runningNode(session: Session): Promise<NodeClient> {
	const running = await findNode(session.state, session.context.programs);
	if (running !== null) return clientOf(running);
	session.out.message('starting the node …');
	return clientOf(await startNode(session, undefined));
}

function joinedText(session: Session, joined: Result<'mesh.join'>, command: string | null): string {
	const { node, gateway, already, answer, next } = joined;
	const tried = joined.outcomes.map((outcome) => outcomeLine(outcome));
	const works = node.duties.includes('work') ? [`  ${node.slots.total} slots for tasks`] : [];
	const head = already ? 'this machine was a member already' : answer;
	return [
		...tried,
		session.out.paint('green', plainLine(head)),
		`  it is called ${plainLine(node.name)} (${node.duties.join(', ') || (node.person === null ? 'looks on' : `for ${plainLine(node.person)}`)}), the gateway is ${plainLine(gateway.name)}`,
		...works,
		...(command === null ? [] : [`  the command: ${command}`]),
		...next.map((line) => `→ ${plainLine(line)}`),
		'→ to come back after a reboot: gangline stop && gangline service install',
	].join('\n');
}

const marks = {
	joined: 'ok',
	reached: 'ok',
	unreachable: 'no',
	wrongNode: 'no',
	refused: 'no',
	notTried: '--',
} as const;

function outcomeLine({ address, outcome, words }: AddressOutcome): string {
	const told = words.startsWith(address) ? words : `${address}: ${words}`;
	return `  ${marks[outcome]}  ${plainLine(told)}`;
}

function outcomesOf(error: GanglineError): readonly string[] {
	const parsed = addressOutcomeSchema.array().safeParse(error.data.outcomes);
	return parsed.success ? parsed.data.map(outcomeLine) : [];
}

/** The launcher of the build that we run from; null in a clone or the package, whose installation made a link. */
function launcherOfBuild(): string | null {
	const build = /^(.*\/gangline\/builds\/[0-9a-f]{64})\/app$/.exec(programRoot)?.[1];
	return build === undefined ? null : joinPath(build, 'gangline');
}

/** Links ~/.local/bin/gangline to a build; leaves alone what is no link to an earlier build. */
async function linkCommand({ context }: Session, launcher: string | null): Promise<string | null> {
	const home = context.env.HOME;
	if (launcher === null || home === undefined) return null;
	const path = joinPath(home, '.local', 'bin', 'gangline');
	const found = await lstat(path).catch(() => null);
	const target = found?.isSymbolicLink() ? await readlink(path) : null;
	if (found !== null && !(target !== null && /\/gangline\/builds\/[0-9a-f]{64}\/gangline$/.test(target)))
		return launcher;
	try {
		await mkdir(dirname(path), { recursive: true });
		if (found !== null) await unlink(path);
		await symlink(launcher, path);
		return path;
	} catch {
		return launcher;
	}
}
