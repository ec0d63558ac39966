/**
 * Questions about a person's repository that a library answers well: its remotes and settings, as git called by the
 * person says. Reads only; whatever moves a ref, or must be right during a rebase too (the library takes `(no branch,
 * rebasing …)` for a branch), goes through git-process.ts.
 */
import { type SimpleGit, simpleGit } from 'simple-git';
import type { Environment } from './git-process.ts';

const answerMsMax = 30_000;

export interface RemoteAddresses {
	readonly name: string;
	readonly fetchUrl: string;
	readonly pushUrl: string;
}

/** As git uses them: after the person's `insteadOf` rules. */
export async function readRemotes(folder: string, environment: Environment): Promise<readonly RemoteAddresses[]> {
	const remotes = await open(folder, environment).getRemotes(true);
	return remotes.map(({ name, refs }) => ({ name, fetchUrl: refs.fetch, pushUrl: refs.push }));
}

/** The value that counts for `key`, null where nothing sets it. */
export async function readSetting(folder: string, key: string, environment: Environment): Promise<string | null> {
	return (await open(folder, environment).getConfig(key)).value;
}

/** What decides which configuration git reads; nothing else of the environment matters to a question. */
const passed = ['PATH', 'HOME', 'XDG_CONFIG_HOME', 'GIT_CONFIG_GLOBAL', 'GIT_CONFIG_SYSTEM', 'GIT_CONFIG_NOSYSTEM'];

function open(folder: string, environment: Environment): SimpleGit {
	const variables: Record<string, string> = { LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0' };
	for (const name of passed) {
		const value = environment[name];
		if (value !== undefined) variables[name] = value;
	}
	// The library asks to be told which variables that steer git are meant; the configuration is the person's own.
	const unsafe = { allowUnsafeConfigPaths: true };
	const options = {
		baseDir: folder,
		timeout: { block: answerMsMax },
		allowEnvironment: Object.keys(variables),
		unsafe,
	};
	return simpleGit(options).env(variables);
}
