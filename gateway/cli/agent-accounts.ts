/**
 * Logins of agents' programs by name, as the command line sees them: folders of this machine's state folder that the
 * programs fill themselves, and tokens among its secrets. Nothing here reads what is in them: whether they are there is
 * all that is asked, and whether they work, `doctor --agents` proves.
 */
import { mkdir, rm } from 'node:fs/promises';
import { ganglineError } from '../../shared/ports/errors.ts';
import {
	type AccountRuntime,
	accountPattern,
	loginFolder,
	loginPlaces,
	loginSecret,
} from '../../shared/project/agent-logins.ts';
import type { DoctorWorld } from './doctor-world.ts';
import type { Session } from './session.ts';

/** What makes a program use this login and no other; undefined takes a variable away. */
export type AccountEnvironment = Readonly<Record<string, string | undefined>>;

/** @throws GanglineError INVALID_ARGUMENT */
export function parseAccount(name: string): string {
	if (accountPattern.test(name)) return name;
	throw ganglineError(
		'INVALID_ARGUMENT',
		`${JSON.stringify(name.slice(0, 100))} is no name of an account: expected lower-case letters, digits and _, at most 24, such as work`,
	);
}

/** Makes the folder of an account where there is none, for its owner alone, and answers it. */
export async function makeAccount({ state }: Session, runtime: AccountRuntime, account: string): Promise<string> {
	const folder = loginFolder(state, runtime, account);
	await mkdir(folder, { recursive: true, mode: 0o700 });
	return folder;
}

/** Removes the folder of an account with all that the program keeps there; false where there was none. */
export async function removeAccount(
	{ state }: Session,
	world: Pick<DoctorWorld, 'stat'>,
	{ runtime, account }: { readonly runtime: AccountRuntime; readonly account: string },
): Promise<boolean> {
	const folder = loginFolder(state, runtime, account);
	const isThere = (await world.stat(folder)) !== null;
	await rm(folder, { recursive: true, force: true });
	return isThere;
}

/** The environment in which a program logs in to, or uses, an account. */
export function accountEnvironment({ state }: Session, runtime: AccountRuntime, account: string): AccountEnvironment {
	const { folderVariable, keys } = loginPlaces[runtime];
	const withheld = Object.fromEntries(keys.map((name) => [name, undefined]));
	return { ...withheld, [folderVariable]: loginFolder(state, runtime, account) };
}

/** Names of what this machine keeps as secrets, tokens of logins among them; whether or not its node runs. */
export async function secretNames({ state }: Session, world: Pick<DoctorWorld, 'read'>): Promise<ReadonlySet<string>> {
	try {
		const kept: unknown = JSON.parse((await world.read(state.secrets)) ?? '{}');
		return new Set(typeof kept === 'object' && kept !== null ? Object.keys(kept) : []);
	} catch {
		return new Set();
	}
}

/** Those of some accounts that are on this machine, logged in or with a token; `kept`: names of its secrets. */
export async function accountsHere(
	{ state }: Session,
	world: Pick<DoctorWorld, 'stat'>,
	asked: { readonly runtime: AccountRuntime; readonly accounts: readonly string[]; readonly kept: ReadonlySet<string> },
): Promise<readonly string[]> {
	const { runtime, accounts, kept } = asked;
	const here: string[] = [];
	for (const account of accounts) {
		const file = `${loginFolder(state, runtime, account)}/${loginPlaces[runtime].file}`;
		if (kept.has(loginSecret(runtime, account)) || (await world.stat(file)) !== null) here.push(account);
	}
	return here;
}
