/**
 * The project's own program, run in a clone so that a person or a QA agent can use it: `[run] command` with a port of
 * the clone's own in `$PORT`. It is ready when something listens there, and it is a run like any other: confined,
 * logged, and ended with everything it started.
 */
import { connect } from 'node:net';
import type { Confinement, StopReport } from '../../shared/ports/index.ts';
import type { ProjectConfig } from '../../shared/project/index.ts';
import { describeExit } from '../agents/index.ts';
import { type CommandPorts, runCommand } from './command-run.ts';

export interface ProductInput {
	readonly run: ProjectConfig['run'];
	readonly folder: string;
	readonly port: number;
	readonly env: Readonly<Record<string, string>>;
	readonly confinement: Confinement;
	/** Unique on this node. */
	readonly runId: string;
	/** Ends it, also while it is waited for. */
	readonly signal: AbortSignal;
	readonly onLog: (stream: 'stdout' | 'stderr', text: string) => void;
	/** Called when it ends by itself. */
	readonly onEnded?: (why: string) => void;
}

export type Started =
	| { readonly kind: 'ready'; readonly url: string; stop(): Promise<StopReport> }
	| { readonly kind: 'failed'; readonly why: string; readonly tail: string; readonly tree: StopReport };

const lookAgainMs = 100;
/** A program that serves has no end of its own; a day is longer than anyone looks. */
const lifeSeconds = 86_400;

/** Resolves when it listens, or when it will not any more. `run.command` must be there. */
export async function startProduct(ports: CommandPorts, input: ProductInput): Promise<Started> {
	const { run, port, folder, onEnded } = input;
	const command = run.command ?? 'false';
	const controller = new AbortController();
	const signal = AbortSignal.any([controller.signal, input.signal]);
	const ended = runCommand(ports, { ...input, command, cwd: folder, timeoutSeconds: lifeSeconds, signal });
	const stop = async (): Promise<StopReport> => {
		controller.abort();
		return (await ended).tree;
	};
	const isReady = await Promise.race([
		listens(ports.clock, { port, withinMs: run.ready_seconds * 1000, signal }),
		ended.then(() => false),
	]);
	if (!isReady) {
		const early = await Promise.race([ended, Promise.resolve(null)]);
		const tree = await stop();
		const { tail, exit } = await ended;
		const late = input.signal.aborted ? 'was stopped' : `did not listen on $PORT within ${run.ready_seconds} s`;
		const how = early === null ? late : describeExit(exit);
		return { kind: 'failed', why: `\`${command}\` ${how}`, tail, tree };
	}
	void ended.then(({ exit }) => {
		if (!signal.aborted) onEnded?.(`\`${command}\` ${describeExit(exit)}`);
	});
	return { kind: 'ready', url: `http://127.0.0.1:${port}/`, stop };
}

async function listens(
	clock: CommandPorts['clock'],
	{ port, withinMs, signal }: { readonly port: number; readonly withinMs: number; readonly signal: AbortSignal },
): Promise<boolean> {
	const end = clock.monotonic() + withinMs;
	while (clock.monotonic() < end && !signal.aborted) {
		if (await accepts(port)) return true;
		const { promise, resolve } = Promise.withResolvers<void>();
		clock.after(lookAgainMs, resolve);
		await promise;
	}
	return false;
}

function accepts(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect({ port, host: '127.0.0.1' });
		const answer = (isOpen: boolean) => (): void => {
			socket.destroy();
			resolve(isOpen);
		};
		socket.once('connect', answer(true)).once('error', answer(false));
	});
}
