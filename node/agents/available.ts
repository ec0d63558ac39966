/** Which runtimes have their program on this machine: a worker says so, and is given nothing that it cannot run. */
import { findProgram } from './processes/index.ts';
import { type AgentSettings, runtimePrograms } from './runtime.ts';

const programs: Readonly<Record<AgentSettings['runtime'], string | null>> = {
	shell: null,
	'claude-code': 'claude',
	codex: 'codex',
};

/** The runtimes whose program is found on `path`; `shell` needs none. */
export function availableRuntimes(path: string): readonly string[] {
	return Object.values(runtimePrograms).flatMap(({ name }) => {
		const program = programs[name];
		return program === null || findProgram(program, '/', path) !== null ? [name] : [];
	});
}
