/**
 * Compiled code of our own sources and packages, kept from one start to the next: a node reads some eight hundred modules,
 * and compiling them (and taking the types out) is half of its start. It lies in the state folder: code that lay in a
 * temporary folder which others share would be theirs to replace. A matter of speed alone, so nothing that goes wrong
 * here is an error. It must be called before the modules that it is for are imported.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { stateFolder } from '../../project/state-folder.ts';

/** One file for each module of each place that Gangline ever ran from: some 1,200 for one place. */
const filesMax = 5_000;

/** Keeps compiled code below the state folder that `env` names; does nothing where there is none that we may write. */
export function keepCompiledCode(env: Readonly<Record<string, string | undefined>>): void {
	try {
		const { compiled } = stateFolder(env);
		makeFolder(compiled);
		if (filesIn(compiled) > filesMax) rmSync(compiled, { recursive: true, force: true });
		enableCompileCache(compiled);
	} catch {
		// Without a state folder, or on a full or read-only disk: everything is compiled again, as without this.
	}
}

/** The state folder itself is made by whoever has something to keep. */
function makeFolder(path: string): void {
	try {
		mkdirSync(path, { mode: 0o700 });
	} catch (error) {
		if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
	}
}

/** Node.js makes a folder for each version of its own and each user. */
function filesIn(folder: string): number {
	return readdirSync(folder).reduce((sum, one) => sum + readdirSync(join(folder, one)).length, 0);
}
