/**
 * What a project in a container commits and pushes with: a deploy key made here by OpenSSH, the host key of its forge
 * pinned, a token, an identity. All of it lies in the project's own state (0600), where whatever runs inside can read it:
 * so it is a key or a token of that one repository, never the person's. What is given is in the project's record.
 */

import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type Environment, onlyReading, repositoryDetails } from '../git/index.ts';
import { type GanglineError, ganglineError } from '../ports/index.ts';
import { writeWhole } from '../ports/system/whole-file.ts';
import { containerFolder, stateInside } from './container-plan.ts';
import { type ForgeAddress, forgeOf, gitFiles, gitSettings, knownAs, tokenText, withInclude } from './git-settings.ts';
import type { ContainerRecord } from './records.ts';
import { runProgram } from './run-program.ts';
import { SharedFolder } from './shared-folder.ts';
import { ensureKey } from './ssh-keys.ts';

export type GitGiven = ContainerRecord['gitGiven'];

/** Where the settings are inside. */
export const gitInside = `${stateInside}/git`;

export function gitFolder(folder: string): string {
	return join(containerFolder(folder).state, 'git');
}

async function openGitFolder(folder: string): Promise<SharedFolder> {
	const { state } = containerFolder(folder);
	await mkdir(state, { recursive: true, mode: 0o700 });
	return SharedFolder.open(state, 'git');
}

export interface GitPlace {
	/** The project's folder in the gateway's state. */
	readonly folder: string;
	/** Where the settings are seen by whoever uses them. Default: inside a container. */
	readonly seenAt?: string;
}

/** Writes what follows from the record and lets the home folder inside include it. */
export async function writeGitSettings({ folder, seenAt = gitInside }: GitPlace, given: GitGiven): Promise<void> {
	await using git = await openGitFolder(folder);
	await git.write(gitFiles.config, gitSettings(given, seenAt), 0o600);
	await using home = await SharedFolder.open(containerFolder(folder).state, 'home');
	// The rest is whoever works inside's own: only what is missing is added to it.
	const after = withInclude((await home.read('.gitconfig')) ?? '', seenAt);
	if (after !== null) await home.write('.gitconfig', after, 0o600);
}

/** The same of what is given `now`, which somebody may change while it is written: who gives keeps first, and writes then. */
export async function writeGiven(place: GitPlace, now: () => GitGiven): Promise<void> {
	let written: GitGiven;
	do {
		written = now();
		await writeGitSettings(place, written);
	} while (!isDeepStrictEqual(now(), written));
}

/** The public half. */
export async function ensureDeployKey({ folder }: GitPlace, name: string): Promise<string> {
	const { gitKey } = containerFolder(folder);
	await using git = await openGitFolder(folder);
	await ensureKey(gitKey, `gangline ${name}`);
	const publicKey = await readFile(`${gitKey}.pub`, 'utf8');
	await git.write(gitFiles.key, await readFile(gitKey, 'utf8'), 0o600);
	await git.write(`${gitFiles.key}.pub`, publicKey, 0o644);
	return publicKey.trim();
}

export async function keepToken({ folder }: GitPlace, login: Parameters<typeof tokenText>[0]): Promise<void> {
	await using git = await openGitFolder(folder);
	await git.write(gitFiles.token, tokenText(login), 0o600);
}

export async function forgetCredentials({ folder }: GitPlace): Promise<void> {
	const { key, knownHosts, token } = gitFiles;
	const { gitKey, gitKnownHosts } = containerFolder(folder);
	for (const path of [gitKey, `${gitKey}.pub`, gitKnownHosts]) await rm(path, { force: true });
	await using git = await openGitFolder(folder);
	for (const name of [key, `${key}.pub`, knownHosts, token]) await git.remove(name);
}

/** Where its remote is. @throws GanglineError REFUSED where that is no forge of the kind that the credential is for */
export async function forgeFor(
	{ name, path }: Pick<ContainerRecord, 'name' | 'path'>,
	kind: ForgeAddress['kind'],
	environment: Environment,
): Promise<ForgeAddress> {
	const { remotes: all } = await repositoryDetails(path, onlyReading(environment));
	// That one is the canonical repository of the node inside.
	const remotes = all.filter((one) => one.name !== 'gangline');
	const remote = remotes.find((one) => one.name === 'origin') ?? remotes[0];
	if (remote === undefined) {
		throw ganglineError('REFUSED', `${name} has no remote: there is nobody to push to`, {
			hint: `git -C '${path}' remote add origin ${kind === 'ssh' ? 'git@example.org:you/app.git' : 'https://example.org/you/app.git'}`,
		});
	}
	const forge = forgeOf(remote.pushUrl);
	if (forge?.kind === kind) return forge;
	const [fits, other] = kind === 'ssh' ? ['a key is for ssh', 'token'] : ['a token is for https', 'key'];
	const change = kind === 'ssh' ? 'git@HOST:YOU/APP.git' : 'https://HOST/YOU/APP.git';
	throw ganglineError('REFUSED', `${fits}, and ${remote.name} of ${name} is ${remote.pushUrl}`, {
		hint: `${forge === null ? '' : `gangline git ${other} ${name}, or `}git -C '${path}' remote set-url ${remote.name} ${change}`,
	});
}

export type Pinned =
	| { readonly state: 'ready'; readonly words: string }
	| {
			readonly state: 'hostUnknown';
			readonly offered: readonly { readonly kind: string; readonly fingerprint: string }[];
	  };

export interface PinWish {
	readonly forge: ForgeAddress;
	/** The fingerprint that a person says it has. */
	readonly hostKey: string | undefined;
	readonly environment: Environment;
}

/** Pins what is pinned already, what this machine's person knows, or what they say; never what merely answers. */
export async function pinHost({ folder }: GitPlace, { forge, hostKey, environment }: PinWish): Promise<Pinned> {
	const name = knownAs(forge);
	const { gitKnownHosts } = containerFolder(folder);
	if (hostKey === undefined && (await linesOf(name, gitKnownHosts)).length > 0) return ready(`${name} is pinned`);
	if (hostKey === undefined) {
		for (const known of knownFiles(environment)) {
			const lines = await linesOf(name, known);
			if (lines.length === 0) continue;
			await pin(folder, name, lines);
			return ready(`${name} is pinned as ${known} has it`);
		}
	}
	const shown = await scan(forge);
	const offered = await Promise.all(shown.map(async (line) => ({ line, ...(await fingerprintOf(line)) })));
	if (hostKey === undefined) {
		return { state: 'hostUnknown', offered: offered.map(({ kind, fingerprint }) => ({ kind, fingerprint })) };
	}
	const chosen = offered.filter(({ fingerprint }) => fingerprint === hostKey);
	if (chosen.length === 0) throw otherKey(name, hostKey, offered);
	await pin(
		folder,
		name,
		chosen.map(({ line }) => line),
	);
	return ready(`${name} is pinned by the fingerprint that you gave`);
}

const ready = (words: string): Pinned => ({ state: 'ready', words });

function knownFiles({ HOME }: Environment): readonly string[] {
	return [...(HOME === undefined ? [] : [join(HOME, '.ssh', 'known_hosts')]), '/etc/ssh/ssh_known_hosts'];
}

/** Key type and key of each line for the host; names in such files may be hashed, so OpenSSH itself looks. */
async function linesOf(name: string, file: string): Promise<readonly string[]> {
	const { code, stdout } = await runProgram('ssh-keygen', ['-F', name, '-f', file]);
	return code === 0 ? keysIn(stdout) : [];
}

async function scan(forge: ForgeAddress): Promise<readonly string[]> {
	const { host, port } = forge;
	const where = ['-T', '10', '-t', 'ed25519,ecdsa,rsa', ...(port === null ? [] : ['-p', String(port)]), '--', host];
	const { stdout, stderr } = await runProgram('ssh-keyscan', where);
	const found = keysIn(stdout);
	if (found.length > 0) return found;
	const why = stderr.trim().split('\n').at(-1) ?? '';
	throw ganglineError('REMOTE_FAILED', `${knownAs(forge)} showed no host key: ${why || 'it did not answer'}`, {
		hint: 'is the address of the remote right, and is it reached from this machine?',
	});
}

function keysIn(text: string): readonly string[] {
	const lines = text.split('\n').flatMap((line) => {
		const [, kind, key] = /^[^#@\s]\S* (ssh-[a-z0-9-]+|ecdsa-sha2-[a-z0-9-]+) ([A-Za-z0-9+/=]+)/.exec(line) ?? [];
		return kind === undefined || key === undefined ? [] : [`${kind} ${key}`];
	});
	return [...new Set(lines)];
}

async function fingerprintOf(line: string): Promise<{ readonly kind: string; readonly fingerprint: string }> {
	const { stdout } = await runProgram('ssh-keygen', ['-l', '-f', '-'], { stdin: `${line}\n` });
	const [, fingerprint = '', kind = ''] = /^\d+ (SHA256:\S+) .*\(([A-Z0-9-]+)\)/.exec(stdout) ?? [];
	return { kind, fingerprint };
}

async function pin(folder: string, name: string, keys: readonly string[]): Promise<void> {
	const text = keys.map((key) => `${name} ${key}\n`).join('');
	await using git = await openGitFolder(folder);
	await git.write(gitFiles.knownHosts, text, 0o600);
	await writeWhole(containerFolder(folder).gitKnownHosts, text, 0o600);
}

function otherKey(
	name: string,
	hostKey: string,
	offered: readonly { readonly kind: string; readonly fingerprint: string }[],
): GanglineError {
	const shows = offered.map(({ kind, fingerprint }) => `${fingerprint} (${kind})`).join(', ');
	return ganglineError('REFUSED', `${name} does not show ${hostKey} but ${shows}: nothing was pinned`, {
		hint: 'compare with what the forge publishes; where it differs, somebody is in between',
	});
}
