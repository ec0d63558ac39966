/**
 * The keys of a project's sshd: one for the host, so that it is recognised over all rebuilds, and one for whoever comes
 * from this machine. Made once by OpenSSH's own program; the private half of the second stays with the gateway.
 */
import { access, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { ganglineError } from '../ports/index.ts';
import { containerFolder, sshPortInside, stateInside } from './container-plan.ts';
import { runProgram } from './run-program.ts';
import { SharedFolder } from './shared-folder.ts';

export interface SshWish {
	readonly name: string;
	/** The project's folder in the gateway's state. */
	readonly folder: string;
	/** Who may log in: the only user there is. */
	readonly user: string;
	/** Variables that a login sees too. */
	readonly env: Readonly<Record<string, string>>;
	/** Where the engine puts secrets; null: the host's key is a file of the state. */
	readonly secretsInside: string | null;
}

/** Of the private half of the host's key, inside. */
export const hostKeyFile = 'host_ed25519';

/** What known_hosts calls the project, whatever port or container it has. */
export function hostKeyAlias(name: string): string {
	return `gangline-${name}`;
}

/** Makes what is missing and writes what follows from it. Answers the private half of the host's key. */
export async function ensureSshKeys(wish: SshWish): Promise<string> {
	const { name, folder, secretsInside } = wish;
	const at = containerFolder(folder);
	await ensureKey(at.hostKey, `host of ${name}`);
	await ensureKey(at.key, `gangline to ${name}`);
	const [kind = '', key = ''] = (await readFile(`${at.hostKey}.pub`, 'utf8')).split(' ');
	await writeFile(at.knownHosts, `${hostKeyAlias(name)} ${kind} ${key}\n`, { mode: 0o600 });
	await using inside = await SharedFolder.open(at.state, 'ssh');
	const hostKey = await readFile(at.hostKey, 'utf8');
	if (secretsInside === null) await inside.write(hostKeyFile, hostKey, 0o600);
	await inside.write(`${hostKeyFile}.pub`, await readFile(`${at.hostKey}.pub`, 'utf8'), 0o644);
	await inside.write('authorized_keys', await readFile(`${at.key}.pub`, 'utf8'), 0o600);
	await inside.write('sshd_config', sshdConfig(wish), 0o600);
	return hostKey;
}

/** The public half of the key of its sshd; null before it was made. */
export async function readHostKey(folder: string): Promise<string | null> {
	const text = await readFile(`${containerFolder(folder).hostKey}.pub`, 'utf8').catch(() => null);
	return text?.trim().split(' ').slice(0, 2).join(' ') ?? null;
}

/** An sshd without a single right: it serves the user that it runs as, by key alone. */
export function sshdConfig({ user, env, secretsInside }: Pick<SshWish, 'user' | 'env' | 'secretsInside'>): string {
	const at = `${stateInside}/ssh`;
	const variables = Object.entries(env).map(([name, value]) => `"${name}=${value.replace(/["\\]/g, '\\$&')}"`);
	return [
		`Port ${sshPortInside}`,
		`HostKey ${secretsInside ?? at}/${hostKeyFile}`,
		// The second has the keys of those who come through the mesh, while they are there: its node writes it.
		`AuthorizedKeysFile ${at}/authorized_keys ${at}/people`,
		`AllowUsers ${user}`,
		'PidFile none',
		'UsePAM no',
		'PasswordAuthentication no',
		'KbdInteractiveAuthentication no',
		'PubkeyAuthentication yes',
		'PermitRootLogin no',
		'StrictModes yes',
		'AllowTcpForwarding yes',
		'AllowStreamLocalForwarding yes',
		'AllowAgentForwarding yes',
		'X11Forwarding no',
		'PrintMotd no',
		// A way through the mesh that is silent for long is closed.
		'ClientAliveInterval 60',
		'LogLevel VERBOSE',
		...(variables.length === 0 ? [] : [`SetEnv ${variables.join(' ')}`]),
		'Subsystem sftp internal-sftp',
		'',
	].join('\n');
}

/** Made by OpenSSH unless it is there, in a folder that is the gateway's alone. */
export async function ensureKey(path: string, comment: string): Promise<void> {
	const isThere = await access(`${path}.pub`).then(
		() => true,
		() => false,
	);
	if (isThere) return;
	const draft = `${path}.new`;
	await rm(draft, { force: true });
	await rm(`${draft}.pub`, { force: true });
	const { code, stderr } = await runProgram('ssh-keygen', [
		'-q',
		'-t',
		'ed25519',
		'-N',
		'',
		'-C',
		comment,
		'-f',
		draft,
	]);
	if (code !== 0) {
		throw ganglineError('UNSUITABLE_MACHINE', `no key for ssh could be made: ${stderr.trim()}`, {
			hint: "install OpenSSH's client (it brings ssh-keygen): apt-get install openssh-client",
		});
	}
	// The public half last: it says that the other one is there.
	await rename(draft, path);
	await rename(`${draft}.pub`, `${path}.pub`);
}
