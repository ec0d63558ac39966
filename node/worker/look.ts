/**
 * A session that only looks: QA and research. It gets a clone of its own at exactly the commit it is to look at, beside
 * nobody's work, and answers in a file. Whatever it did to the tree or to refs is found afterwards and makes its answer
 * worthless; the clone is thrown away in any case, so nothing that it changed can go anywhere.
 */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommitId, Confinement } from '../../shared/ports/index.ts';
import {
	type AgentLogin,
	type AgentSettings,
	gateEnvironment,
	portsPerClone,
	type SessionEnd,
} from '../agents/index.ts';
import type { AttemptInput, AttemptParts } from './attempt.ts';
import { mainOf } from './attempt-words.ts';
import { nobodyElse } from './nobody-else.ts';
import { startProduct } from './product.ts';
import { runSession } from './run-session.ts';
import { runSetup } from './setup.ts';
import { exclude } from './workspace-files.ts';

export interface LookInput extends AttemptInput {
	/** Unique on this node. */
	readonly runId: string;
	/** The folder of this attempt alone. */
	readonly tmp: string;
	/** What to look at; null: main as the task has it. */
	readonly commit: CommitId | null;
	/** The configured agent and how it is run. */
	readonly agent: { readonly name: string; readonly settings: AgentSettings; readonly login: AgentLogin };
	/** Whether the project's program is to run beside it. */
	readonly withProduct: boolean;
	readonly prompt: (place: LookPlace) => string;
}

export interface LookPlace {
	/** The running product, or why it does not run; null where nobody asked for it. */
	readonly product: string | null;
	/** Where the answer is to be written. */
	readonly answerFile: string;
}

export type LookEnd =
	/** `changed`: what it did although it was only to look; null where nothing. */
	| {
			readonly kind: 'looked';
			readonly end: SessionEnd;
			readonly answer: string | null;
			readonly changed: string | null;
	  }
	/** The clone could not be made ready. */
	| { readonly kind: 'notReady'; readonly why: string }
	| { readonly kind: 'stopped' };

const answerBytesMax = 64 * 1024;

export async function look(parts: AttemptParts, input: LookInput): Promise<LookEnd> {
	const { git, author } = parts;
	const { task, tmp, runId } = input;
	await nobodyElse(parts.ports.processes, task.item.key);
	const path = join(tmp, `look-${runId.slice(-1)}`);
	const commit = input.commit ?? mainOf(task);
	const branch = `gangline/${task.item.number}`;
	const clone = await git.clone({ path, commit, branch, user: author });
	try {
		const ready = await setUp(parts, input, path);
		if (ready !== null) return ready;
		await using product = await run(parts, input, path);
		if (input.signal.aborted) return { kind: 'stopped' };
		const before = { refs: await git.refsFingerprint(clone), state: await git.state(clone, commit) };
		const answerFile = join(tmp, 'answer');
		const end = await session(parts, input, { cwd: path, answerFile, product: product.words });
		await product.stop();
		const after = { refs: await git.refsFingerprint(clone), state: await git.state(clone, commit) };
		const changed = whatChanged(before, after);
		return { kind: 'looked', end, answer: await readAnswer(answerFile), changed };
	} finally {
		await git.removeClone(clone);
	}
}

interface Seen {
	readonly refs: string;
	readonly state: { readonly head: CommitId | null; readonly diff: string };
}

function whatChanged(before: Seen, after: Seen): string | null {
	if (after.state.head !== before.state.head) return 'it moved HEAD';
	if (after.refs !== before.refs) return 'it changed refs';
	return after.state.diff === before.state.diff ? null : 'it changed files';
}

async function setUp(parts: AttemptParts, input: LookInput, folder: string): Promise<LookEnd | null> {
	const { ports, copyFrom, person } = parts;
	const { config, signal, runLog, portBase, onStep, tmp, runId } = input;
	onStep('set-up');
	const end = await runSetup(ports, {
		...{ folder, copyFrom, signal },
		config: config.setup,
		env: gateEnvironment({ person, tmp, portBase }),
		confinement: confinement(parts, tmp, folder),
		runId: `${runId}-setup`,
		onLog: runLog.write,
	});
	if (end.kind === 'stopped' || signal.aborted) return { kind: 'stopped' };
	if (end.kind === 'failed') return { kind: 'notReady', why: `${end.why}\n${end.tail}`.trim() };
	await exclude([join(folder, '.git'), `${folder}.outside`], end.record.made);
	return null;
}

/** The project's program beside the session: what the agent is told of it, and its end. */
interface Beside extends AsyncDisposable {
	readonly words: string | null;
	stop(): Promise<unknown>;
}

function beside(words: string | null, stop: Beside['stop'] = async () => {}): Beside {
	return {
		words,
		stop,
		[Symbol.asyncDispose]: async () => {
			await stop();
		},
	};
}

/** The last port of the range: the agent may use the first ones for itself. */
async function run(parts: AttemptParts, input: LookInput, folder: string): Promise<Beside> {
	const { config, portBase, tmp, runId, runLog, onStep, signal } = input;
	if (!input.withProduct || config.run.command === undefined) return beside(null);
	onStep('run');
	const port = portBase + portsPerClone - 1;
	const env = { ...gateEnvironment({ person: parts.person, tmp, portBase }), PORT: String(port) };
	const started = await startProduct(parts.ports, {
		...{ run: config.run, folder, port, env, signal },
		confinement: confinement(parts, tmp, folder),
		runId: `${runId}-run`,
		onLog: (stream, text) => runLog.write('run', stream, text),
	});
	if (started.kind === 'ready') return beside(runningWords(started.url), started.stop);
	return beside(`The product could not be started with this change: ${started.why}\n${started.tail.slice(-2_000)}`);
}

/** What an agent is told of the product beside it. */
export function runningWords(url: string): string {
	return `The product runs with this change: ${url}`;
}

async function session(
	parts: AttemptParts,
	input: LookInput,
	{ cwd, ...place }: LookPlace & { readonly cwd: string },
): Promise<SessionEnd> {
	const { onStep, tmp, runId, agent } = input;
	onStep(`agent ${agent.name}`);
	const clone = confinement(parts, tmp, cwd);
	return await runSession(parts, input, {
		...{ runId, cwd, tmp, settings: agent.settings, login: agent.login, source: agent.name },
		prompt: input.prompt(place),
		env: { GANGLINE_ANSWER: place.answerFile },
		confinement: { ...clone, writable: [...clone.writable, ...agent.login.folders] },
	});
}

function confinement({ git, hidden, readOnly, tmpRoot }: AttemptParts, tmp: string, folder: string): Confinement {
	return {
		hidden: [...hidden, tmpRoot],
		readOnly: [...readOnly, ...git.objects],
		writable: [tmp, folder],
	};
}

/** Null where there is none, or far more than anyone would read. */
async function readAnswer(file: string): Promise<string | null> {
	const found = await stat(file).catch(() => null);
	if (!found?.isFile() || found.size === 0 || found.size > answerBytesMax) return null;
	return await readFile(file, 'utf8');
}
