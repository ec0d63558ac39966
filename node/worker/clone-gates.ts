/**
 * The project's gates in an agent's own clone, because the agent asked: it learns early what will be judged later. It is
 * no verdict: that one comes from a checkout of its own, at a commit, whatever was said here. Secrets of gates stay out.
 */
import type { Confinement } from '../../shared/ports/index.ts';
import type { GateConfig } from '../../shared/project/index.ts';
import { type CommandEnd, type CommandPorts, runCommand } from './command-run.ts';

export interface CloneGates {
	readonly ports: CommandPorts;
	readonly gates: readonly GateConfig[];
	readonly cwd: string;
	readonly env: Readonly<Record<string, string>>;
	readonly confinement: Confinement;
	/** Unique on this node. */
	readonly runId: string;
	readonly signal: AbortSignal;
	readonly onLog: (source: string, stream: 'stdout' | 'stderr' | 'note', text: string) => void;
	/** Pids that could not be ended. */
	readonly onSurvivors: (pids: readonly number[]) => void;
}

const tailCharsMax = 4_000;

/** Up to the first that fails. Resolves when nothing of them runs any more. */
export async function runCloneGates(run: CloneGates): Promise<string> {
	const { ports, gates, signal, onLog, onSurvivors, runId, ...place } = run;
	if (gates.length === 0) return 'this project has no gates';
	const said: string[] = [];
	for (const [index, { name, command, timeout_seconds: timeoutSeconds, secrets }] of gates.entries()) {
		if (secrets.length > 0) {
			said.push(`${name}: not run here, it needs secrets that agents do not get; it is judged later`);
			continue;
		}
		onLog(`gate:${name}`, 'note', `$ ${command} (asked for by the agent)\n`);
		const end = await runCommand(ports, {
			...{ ...place, command, timeoutSeconds, signal, runId: `${runId}-${index}` },
			onLog: (stream, text) => onLog(`gate:${name}`, stream, text),
		});
		if (end.tree.kind === 'survivors') onSurvivors(end.tree.pids);
		if (signal.aborted) return 'the gates were stopped';
		const passed = end.exit.kind === 'code' && end.exit.code === 0 && !end.timedOut;
		said.push(`${name}: ${passed ? 'passed' : `${failure(end, timeoutSeconds)}\n${end.tail.slice(-tailCharsMax)}`}`);
		if (!passed) break;
	}
	return said.join('\n');
}

function failure({ exit, timedOut }: CommandEnd, seconds: number): string {
	if (timedOut) return `took longer than ${seconds} s`;
	return exit.kind === 'code' ? `FAILED with exit code ${exit.code}` : 'FAILED, it did not end by itself';
}
