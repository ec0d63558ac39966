/**
 * Set-up of a clone or a gate checkout: the untracked files that it needs, then the project's commands. It runs when the
 * folder was made and again when a lockfile's hash has changed, never during a gate. A failure is a matter of the
 * machine or of main, not of the agent: it names the command, its exit and the end of its output.
 */
import type { Confinement, ExitStatus, StopReport } from '../../shared/ports/index.ts';
import type { ProjectConfig } from '../../shared/project/index.ts';
import { describeExit } from '../agents/index.ts';
import { type CommandPorts, runCommand } from './command-run.ts';
import type { LogSink } from './run-log.ts';
import { copyUntracked, listPaths, newPaths, setupKey } from './workspace-files.ts';

export interface SetupInput {
	readonly folder: string;
	/** The person's checkout, where `setup.copy` is copied from; null where there is none on this machine. */
	readonly copyFrom: string | null;
	readonly config: ProjectConfig['setup'];
	readonly env: Readonly<Record<string, string>>;
	readonly confinement: Confinement;
	/** Prefix of the runs' ids. */
	readonly runId: string;
	readonly signal: AbortSignal;
	readonly onLog: LogSink;
}

/** What a folder was set up with; kept so that it need not be done again. */
export interface SetupRecord {
	readonly key: string;
	/** The topmost paths that set-up made; they survive the cleaning of a gate checkout. */
	readonly made: readonly string[];
}

export type SetupEnd =
	| { readonly kind: 'ready'; readonly record: SetupRecord }
	| { readonly kind: 'failed'; readonly why: string; readonly tail: string; readonly tree: StopReport }
	| { readonly kind: 'stopped'; readonly tree: StopReport };

/** The key that a folder needs now; equal to a record's when set-up need not run. */
export function neededKey(input: Pick<SetupInput, 'folder' | 'copyFrom' | 'config'>): Promise<string> {
	return setupKey({ ...input.config, folder: input.folder, copyFrom: input.copyFrom });
}

export async function runSetup(ports: CommandPorts, input: SetupInput): Promise<SetupEnd> {
	const { folder, config, signal, onLog } = input;
	const before = await listPaths(folder);
	if (input.copyFrom !== null) {
		const copied = await copyUntracked(input.copyFrom, folder, config.copy);
		if (copied.length > 0) onLog('setup', 'note', `copied from your checkout: ${copied.join(', ')}\n`);
	}
	for (const [index, command] of config.commands.entries()) {
		onLog('setup', 'note', `$ ${command}\n`);
		const { exit, timedOut, tail, tree } = await runCommand(ports, {
			...input,
			runId: `${input.runId}-${index}`,
			command,
			cwd: folder,
			timeoutSeconds: config.timeout_seconds,
			onLog: (stream, text) => onLog('setup', stream, text),
		});
		if (signal.aborted) return { kind: 'stopped', tree };
		if (timedOut || !isClean(exit) || tree.kind === 'survivors') {
			const how = timedOut ? `was not done after ${config.timeout_seconds} s` : describeExit(exit);
			return { kind: 'failed', why: `set-up: \`${command}\` ${how}`, tail, tree };
		}
	}
	// Only now: set-up may have made a lockfile that was not there.
	return { kind: 'ready', record: { key: await neededKey(input), made: await newPaths(folder, before) } };
}

function isClean(exit: ExitStatus): boolean {
	return exit.kind === 'code' && exit.code === 0;
}
