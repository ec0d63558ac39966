/**
 * The shape of a check and the words it answers with. A fix is one shell command that can be pasted as it stands, and
 * after which the check passes; where no command can be right for everybody there is advice instead.
 */
import type { RepositoryFacts } from '../../shared/git/index.ts';
import type { ProjectConfig } from '../../shared/project/index.ts';
import type { DoctorWorld } from './doctor-world.ts';
import type { Session } from './session.ts';

export interface CheckResult {
	/** ok: nothing to do. warn: works, with less. fail: something that is asked of Gangline here cannot work. */
	readonly status: 'ok' | 'warn' | 'fail';
	readonly says: string;
	/** A command for a shell. */
	readonly fix?: string;
	/** What to do where no command can be given. */
	readonly advice?: string;
}

export interface Patient {
	readonly world: DoctorWorld;
	readonly session: Session;
	/** Null: git cannot be run, or this is no repository. */
	readonly repository: Extract<RepositoryFacts, { kind: 'checkout' }> | null;
	/** The committed configuration; null: there is none, or it is not valid. */
	readonly config: ProjectConfig | null;
	/** What is wrong with the committed configuration. */
	readonly configError: string | null;
}

export interface Check {
	readonly id: string;
	run(patient: Patient): Promise<CheckResult>;
}

type Remedy = { readonly fix: string } | { readonly advice: string } | Record<string, never>;

export const ok = (says: string): CheckResult => ({ status: 'ok', says });
export const warn = (says: string, remedy: Remedy = {}): CheckResult => ({ status: 'warn', says, ...remedy });
export const fail = (says: string, remedy: Remedy = {}): CheckResult => ({ status: 'fail', says, ...remedy });

/** A command that only root may run. */
export function asRoot(world: DoctorWorld, command: string): string {
	return world.uid === 0 ? command : `sudo ${command}`;
}
