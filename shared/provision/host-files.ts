/**
 * What a container needs on the host before it is made: the state's folders, a passwd and a group file, git's own
 * settings of the person, keys, and the token with which its node joins. All of it belongs to the owner from the start,
 * because nothing is given away later; what is there stays.
 */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Environment, onlyReading, readIdentity } from '../git/index.ts';
import { writeWhole } from '../ports/system/whole-file.ts';
import { containerFolder, groupText, type HostOwner, passwdText } from './container-plan.ts';
import { gitQuoted } from './git-settings.ts';
import type { ContainerWish } from './provisioner.ts';
import { SharedFolder } from './shared-folder.ts';
import { ensureSshKeys, hostKeyFile } from './ssh-keys.ts';

export interface HostFiles {
	readonly folder: string;
	readonly owner: HostOwner;
	readonly path: string;
	readonly environment: Environment;
	readonly wish: ContainerWish;
	/** For the node's first start; null where it has joined. */
	readonly token: string | null;
	/** Where the engine puts secrets; null: they are files of the state. */
	readonly secretsInside: string | null;
	/** For logins alone. */
	readonly loginEnv: Readonly<Record<string, string>>;
}

/** Answers what is secret, by the names that it has inside. */
export async function writeHostFiles({
	folder,
	owner,
	path,
	environment,
	wish,
	token,
	secretsInside,
	loginEnv,
}: HostFiles): Promise<Readonly<Record<string, string>>> {
	const at = containerFolder(folder);
	await mkdir(at.state, { recursive: true, mode: 0o700 });
	for (const one of ['home', 'node']) await (await SharedFolder.open(at.state, one))[Symbol.asyncDispose]();
	// Mounted files are opened by the container's user, whoever made them.
	await writeWhole(at.passwd, passwdText(owner), 0o644);
	await writeWhole(at.group, groupText(owner), 0o644);
	await seedGitSettings(at.state, path, environment);
	const { HOME: _home, USER: _user, ...env } = wish.env;
	const variables = { ...loginVariables(env), ...loginEnv };
	const user = owner.name;
	const hostKey = await ensureSshKeys({ name: wish.name, folder, user, env: variables, secretsInside });
	if (token !== null && secretsInside === null) await writeWhole(join(at.state, 'join-token'), `${token}\n`, 0o600);
	return { [hostKeyFile]: hostKey, ...(token !== null && { 'join-token': token }) };
}

/** A login is a person's, or an editor's: of the node's own settings it needs none but where its state lies. */
function loginVariables(env: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
	const kept = Object.entries(env).filter(([name]) => !name.startsWith('GANGLINE_') || name === 'GANGLINE_HOME');
	return Object.fromEntries([...kept, ['LANG', 'C.UTF-8'], ['NODE_USE_SYSTEM_CA', '1']]);
}

async function seedGitSettings(state: string, path: string, environment: Environment): Promise<void> {
	const { name, email } = await readIdentity(path, onlyReading(environment));
	const lines = [
		...(name === null || email === null
			? []
			: ['[user]', `\tname = ${gitQuoted(name)}`, `\temail = ${gitQuoted(email)}`]),
		'[safe]',
		`\tdirectory = ${gitQuoted(path)}`,
		'',
	];
	await using home = await SharedFolder.open(state, 'home');
	if ((await home.read('.gitconfig')) === null) await home.write('.gitconfig', lines.join('\n'), 0o600);
}
