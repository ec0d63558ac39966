/**
 * What this machine logs in with where the container is on another one: a key of the person, made here once by OpenSSH,
 * whose private half never leaves the state folder, and the host keys that the gateway names.
 */
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContainerView } from '../../shared/operations/index.ts';
import { ganglineError } from '../../shared/ports/errors.ts';
import { writeWhole } from '../../shared/ports/system/whole-file.ts';
import { captureProgram } from './capture-program.ts';
import type { Session } from './session.ts';

const folderOf = ({ state }: Pick<Session, 'state'>): string => join(state.root, 'ssh');

/** The private half. */
export function personKeyFile(session: Pick<Session, 'state'>): string {
	return join(folderOf(session), 'id_ed25519');
}

/** The public half, without a comment; made where there is none. @throws GanglineError UNSUITABLE_MACHINE */
export async function personKey(session: Pick<Session, 'state' | 'context'>): Promise<string> {
	const file = personKeyFile(session);
	const known = await readFile(`${file}.pub`, 'utf8').catch(() => null);
	const text = known ?? (await makeKey(session, file));
	return text.trim().split(' ').slice(0, 2).join(' ');
}

/** Two at once make one each; the last one counts, whole. */
async function makeKey(session: Pick<Session, 'state' | 'context'>, file: string): Promise<string> {
	await mkdir(folderOf(session), { recursive: true, mode: 0o700 });
	const draft = `${file}.${process.pid}`;
	await rm(draft, { force: true });
	const argv = ['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'gangline', '-f', draft] as const;
	const made = await captureProgram([...argv], { env: session.context.env });
	if (made.code !== 0) {
		throw ganglineError(
			'UNSUITABLE_MACHINE',
			`no key for ssh could be made: ${made.notStarted ?? made.stderr.trim()}`,
			{
				hint: "install OpenSSH's client (it brings ssh-keygen): apt-get install openssh-client",
			},
		);
	}
	// The public half last: it says that the other one is there.
	await rename(draft, file);
	await rename(`${draft}.pub`, `${file}.pub`);
	return readFile(`${file}.pub`, 'utf8');
}

/** Writes what the gateway says that its host key is, and answers where. @throws GanglineError REFUSED, MALFORMED */
export async function knownHostFile(
	session: Pick<Session, 'state'>,
	{ name, ssh }: Pick<ContainerView, 'name' | 'ssh'>,
): Promise<string> {
	if (ssh.hostKey === null) {
		throw ganglineError('REFUSED', `${name} was made by an older program: its host key is not known here`, {
			hint: `gangline rebuild ${name}`,
		});
	}
	if (!/^[a-z0-9-]{1,80}$/.test(ssh.alias) || !/^ssh-ed25519 [A-Za-z0-9+/=]{68,80}$/.test(ssh.hostKey)) {
		throw ganglineError('MALFORMED', `what the gateway says of the host key of ${name} is no host key`);
	}
	const file = join(folderOf(session), `${ssh.alias}.known_hosts`);
	await mkdir(folderOf(session), { recursive: true, mode: 0o700 });
	await writeWhole(file, `${ssh.alias} ${ssh.hostKey}\n`);
	return file;
}
