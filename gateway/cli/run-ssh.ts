/**
 * `gangline ssh` and `ssh-config`: the machine's own OpenSSH client does everything. Our settings are a file of our own;
 * of a person's file one Include is added after a yes, and taken out again exactly.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ContainerView } from '../../shared/operations/index.ts';
import { shellWord } from '../../shared/operations/shell-word.ts';
import { GanglineError, ganglineError } from '../../shared/ports/errors.ts';
import { launcherPath } from '../../shared/ports/system/installation.ts';
import { writeWhole } from '../../shared/ports/system/whole-file.ts';
import type { NodeClient } from './client.ts';
import { plainLine } from './output.ts';
import type { Session } from './session.ts';
import {
	hostOf,
	type SshHost,
	settingText,
	sshConfigText,
	sshSettings,
	type Way,
	withInclude,
	withoutInclude,
} from './ssh-config.ts';
import { knownHostFile, personKey, personKeyFile } from './ssh-key.ts';

export interface Login {
	readonly name: string;
	readonly command: readonly string[];
	/** Through the mesh also where the container is on this machine. */
	readonly mesh: boolean;
}

export async function sshInto(session: Session, { name, command, mesh }: Login): Promise<number> {
	const client = await session.gateway();
	const { container } = await client.call('container.show', { name });
	requireRunning(container);
	const { programs } = session.context;
	if ((await programs.find('ssh')) === null) {
		throw ganglineError('UNSUITABLE_MACHINE', "OpenSSH's client is not installed", {
			hint: 'apt-get install openssh-client',
		});
	}
	const host = { ...container, way: await wayTo(session, client, container, mesh) };
	const settings = sshSettings(host).flatMap(([key, value]) => ['-o', `${key}=${settingText(key, value)}`]);
	// No file of the person's: a `Host *` there must not send this elsewhere.
	const remote =
		command.length === 0 ? [] : ['--', `cd ${shellWord(container.path)} && ${command.map(shellWord).join(' ')}`];
	return programs.run(['ssh', '-F', 'none', ...settings, hostOf(name), ...remote]);
}

/** @throws GanglineError REFUSED */
export function requireRunning({ name, state, connected, words, next }: ContainerView): void {
	// Where a hook goes on or has failed, its container runs, and inside is where that is mended.
	if (state === 'running' || connected) return;
	throw ganglineError('REFUSED', `${name} does not run: ${words}`, { hint: next[0] ?? `gangline start ${name}` });
}

export async function printSshConfig(session: Session): Promise<undefined> {
	const text = await currentText(session);
	session.out.result({ text }, () => text);
	return undefined;
}

/** Where our file was written before, it has the names of now. */
export async function refreshSshConfig(session: Session): Promise<void> {
	const file = ownFile(session);
	const before = await readFile(file, 'utf8').catch(() => null);
	if (before === null) return;
	try {
		await writeWhole(file, await currentText(session));
	} catch (error) {
		// What was asked for is done all the same.
		const why = error instanceof Error ? error.message : String(error);
		session.out.message(`${file} is as it was (${plainLine(why)}); to bring it up to date: gangline ssh-config`);
	}
}

interface Included {
	readonly file: string;
	readonly person: string;
	/** Our file is read by every ssh of the person. */
	readonly included: boolean;
}

async function include(session: Session): Promise<Included> {
	const file = ownFile(session);
	await replace(file, await currentText(session));
	const person = personFile(session);
	const before = await readOwn(person);
	const after = withInclude(before, file);
	const added = after !== null && (await session.confirm(`Add one line to ${person}: Include ${file}?`));
	if (added) await replace(person, after);
	return { file, person, included: added || after === null };
}

/** Every ssh of the person finds the containers by name now. @throws GanglineError REFUSED after a no */
export async function findableBySsh(session: Session): Promise<void> {
	const { included, person } = await include(session);
	if (included) return;
	throw ganglineError('REFUSED', `an editor finds the container through ${person}, and that was left as it is`, {
		hint: 'gangline ssh-config --print shows what ssh has to know',
	});
}

export async function writeSshConfig(session: Session): Promise<undefined> {
	const { file, person, included } = await include(session);
	session.out.result({ file, person, included }, () =>
		included
			? `every project is found as ssh <name>.gangline; take it out again: gangline ssh-config --remove`
			: `${file} is written and nothing of yours was changed; use it so: ssh -F '${file}' <name>.gangline`,
	);
	return undefined;
}

export async function removeSshConfig(session: Session): Promise<undefined> {
	const person = personFile(session);
	const before = await readOwn(person);
	const after = withoutInclude(before, ownFile(session));
	if (after !== before) await replace(person, after);
	session.out.result({ person, removed: after !== before }, () =>
		after === before ? `${person} has no line of ours` : `${person} is as it was before`,
	);
	return undefined;
}

async function currentText(session: Session): Promise<string> {
	const client = await session.gateway();
	const { containers } = await client.call('container.list', {});
	const hosts: SshHost[] = [];
	for (const container of containers) {
		// One that can be reached in no way yet keeps the others from none.
		const way = await wayTo(session, client, container, false).catch((error: unknown) => {
			if (error instanceof GanglineError && error.code === 'REFUSED') return null;
			throw error;
		});
		if (way !== null) hosts.push({ ...container, way });
	}
	return sshConfigText(hosts);
}

/** Its port, where the gateway of this machine made it here; otherwise the mesh. */
async function wayTo(session: Session, { who }: NodeClient, container: ContainerView, mesh: boolean): Promise<Way> {
	const isHere = who === 'gateway' && container.on === null && container.ssh.port !== null;
	if (isHere && !mesh) return { kind: 'port' };
	const words = [process.execPath, launcherPath, 'ssh', '--stdio', container.name].map(shellWord).join(' ');
	// Made before ssh looks for it.
	await personKey(session);
	return {
		kind: 'mesh',
		proxy: `env GANGLINE_HOME=${shellWord(session.state.root)} ${words}`,
		key: personKeyFile(session),
		knownHosts: await knownHostFile(session, container),
	};
}

/** The folder of a gateway says that there is one. */
function ownFile({ state }: Session): string {
	return existsSync(state.gateway.root) ? join(state.gateway.root, 'ssh_config') : join(state.root, 'ssh', 'config');
}

function personFile({ context }: Session): string {
	const { HOME } = context.env;
	if (HOME !== undefined) return join(HOME, '.ssh', 'config');
	throw ganglineError('INVALID_CONFIG', 'HOME is not set, so your ssh configuration is nowhere', {
		hint: 'gangline ssh-config --print',
	});
}

/** Empty only where there is none: what cannot be read must not be written over. @throws GanglineError REFUSED */
async function readOwn(path: string): Promise<string> {
	try {
		return await readFile(path, 'utf8');
	} catch (cause) {
		if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return '';
		const why = cause instanceof Error ? cause.message : String(cause);
		throw ganglineError('REFUSED', `${path} cannot be read, so it was left as it is: ${why}`, {
			hint: `look at it (ls -l '${path}'), or add the line yourself: gangline ssh-config --print`,
			cause,
		});
	}
}

/** A person may keep the file elsewhere and have a link here: the link stays, and so does who may read it. */
async function replace(path: string, text: string): Promise<void> {
	await mkdir(dirname(path), { recursive: true, mode: 0o700 });
	const real = await realpath(path).catch(() => path);
	const mode = await stat(real).then(
		(found) => found.mode & 0o777,
		() => 0o600,
	);
	await writeWhole(real, text, mode);
}
