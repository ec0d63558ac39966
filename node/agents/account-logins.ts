/**
 * The logins by name that this machine has for agents' programs, and what a session gets of one: the variable that
 * points at its folder, its token where one is kept, and none of the keys that the program would take first. A session
 * sees the folder of its own account alone; the others lie in the state folder, which is hidden from it.
 */
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Secrets } from '../../shared/ports/index.ts';
import {
	type AccountRuntime,
	accountName,
	accountPattern,
	hasAccounts,
	loginFolder,
	loginPlaces,
	loginSecret,
	type StateFolder,
} from '../../shared/project/index.ts';
import type { AgentSettings } from './runtime.ts';

/** What a session is given of a login. */
export interface AgentLogin {
	/** Null: the program's own, wherever it keeps it. */
	readonly account: string | null;
	readonly env: Readonly<Record<string, string>>;
	/** Variables of the person, and secrets, that would be taken before it. */
	readonly withheld: readonly string[];
	/** Its folder: the program writes there, and keeps its sessions in it. */
	readonly folders: readonly string[];
}

export const programLogin: AgentLogin = { account: null, env: {}, withheld: [], folders: [] };

/** More than anybody has; each is looked for whenever the machine says what it has. */
const accountsMax = 32;

export class AccountLogins {
	readonly #state: Pick<StateFolder, 'logins'>;
	readonly #secrets: Pick<Secrets, 'valuesOf'>;

	constructor(state: Pick<StateFolder, 'logins'>, secrets: Pick<Secrets, 'valuesOf'>) {
		this.#state = state;
		this.#secrets = secrets;
	}

	/** Those that are there now, such as `codex:work`. */
	known(): readonly string[] {
		return Object.keys(loginPlaces)
			.filter(hasAccounts)
			.flatMap((runtime) => this.#accounts(runtime).map((account) => accountName(runtime, account)));
	}

	/**
	 * The login for a session with these settings: the account that was asked for, else the first of theirs that is here,
	 * else the program's own where they name none. Null where what they need is not on this machine.
	 */
	for({ runtime, accounts = [] }: Pick<AgentSettings, 'runtime' | 'accounts'>, wanted?: string): AgentLogin | null {
		if (accounts.length === 0 || !hasAccounts(runtime)) return programLogin;
		const here = this.#accounts(runtime);
		const account = accounts.find((name) => here.includes(name) && (wanted === undefined || name === wanted));
		return account === undefined ? null : this.#login(runtime, account);
	}

	#login(runtime: AccountRuntime, account: string): AgentLogin {
		const { folderVariable, tokenVariable, keys } = loginPlaces[runtime];
		const folder = loginFolder(this.#state, runtime, account);
		mkdirSync(folder, { recursive: true, mode: 0o700 });
		const token = this.#token(runtime, account);
		return {
			account,
			env: { [folderVariable]: folder, ...(token === undefined ? {} : { [tokenVariable]: token }) },
			withheld: keys,
			folders: [folder],
		};
	}

	#accounts(runtime: AccountRuntime): readonly string[] {
		const { tool, file } = loginPlaces[runtime];
		const folder = join(this.#state.logins, tool);
		const names = existsSync(folder) ? readdirSync(folder).filter((name) => accountPattern.test(name)) : [];
		return names
			.filter((name) => existsSync(join(folder, name, file)) || this.#token(runtime, name) !== undefined)
			.slice(0, accountsMax);
	}

	#token(runtime: AccountRuntime, account: string): string | undefined {
		const name = loginSecret(runtime, account);
		return this.#secrets.valuesOf([name]).values[name];
	}
}
