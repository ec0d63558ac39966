/** Which runtimes have their program on this machine: a worker says so, and is given nothing that it cannot run. */
import { findProgram } from './processes/index.ts';
import { type AgentSettings, runtimePrograms } from './runtime.ts';

/** The runtimes whose program is found on `path`; `shell` needs none, and an agent that speaks ACP names its own. */
export function availableRuntimes(path: string): readonly string[] {
	return Object.values(runtimePrograms).flatMap(({ name, program }) =>
		program === null || findProgram(program, '/', path) !== null ? [name] : [],
	);
}

/** Whether the program of an agent is on `path`. */
export function canRun({ runtime, command }: Pick<AgentSettings, 'runtime' | 'command'>, path: string): boolean {
	const program = command?.[0] ?? runtimePrograms[runtime].program;
	return program === null || findProgram(program, '/', path) !== null;
}
