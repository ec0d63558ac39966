/**
 * Where the programs of agents keep their logins. The program's own login is where it wants it; any number of others,
 * each under a name of its own, are folders in the state folder, 0700, that the program is pointed at by a variable, so
 * that two accounts never see each other. Pure: the node gives them to agents, the command line fills them.
 */
import type { StateFolder } from './state-folder.ts';

/** Runtimes whose program can be pointed at another login. */
export type AccountRuntime = 'claude-code' | 'codex';

export interface LoginPlace {
	/** What people call it: `gangline agent login claude`. */
	readonly tool: 'claude' | 'codex';
	/** Says where its folder is. */
	readonly folderVariable: string;
	/** In its folder, written by its own login. */
	readonly file: string;
	/** In which it takes a token instead. */
	readonly tokenVariable: string;
	/** Any of these would be taken before what lies in the folder. */
	readonly keys: readonly string[];
}

export const loginPlaces: Readonly<Record<AccountRuntime, LoginPlace>> = {
	'claude-code': {
		tool: 'claude',
		folderVariable: 'CLAUDE_CONFIG_DIR',
		file: '.credentials.json',
		tokenVariable: 'CLAUDE_CODE_OAUTH_TOKEN',
		keys: ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN', 'CLAUDE_CODE_OAUTH_TOKEN'],
	},
	codex: {
		tool: 'codex',
		folderVariable: 'CODEX_HOME',
		file: 'auth.json',
		tokenVariable: 'CODEX_API_KEY',
		keys: ['OPENAI_API_KEY', 'CODEX_API_KEY'],
	},
};

/** Capitals of it are the end of a secret's name, so two accounts never mean the same one. */
export const accountPattern: RegExp = /^[a-z][a-z0-9_]{0,23}$/;

/** Whether agents of a runtime can have accounts by name. */
export function hasAccounts(runtime: string): runtime is AccountRuntime {
	return Object.hasOwn(loginPlaces, runtime);
}

/** What a home calls an account by name wherever limits and nodes are compared. */
export function accountName(runtime: AccountRuntime, account: string): string {
	return `${runtime}:${account}`;
}

/** The folder of one account on one machine. */
export function loginFolder({ logins }: Pick<StateFolder, 'logins'>, runtime: AccountRuntime, account: string): string {
	return `${logins}/${loginPlaces[runtime].tool}/${account}`;
}

/** Under which name a token of an account is kept among the secrets of a machine. */
export function loginSecret(runtime: AccountRuntime, account: string): string {
	return `${loginPlaces[runtime].tokenVariable}_${account.toUpperCase()}`;
}
