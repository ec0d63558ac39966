/**
 * The beginnings of a person's own checkout: a clone from somewhere, or an empty repository. Made beside its place under
 * a name of ours and moved there when it is whole, so that what was cut off is never taken for a repository.
 */
import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { GanglineError, ganglineError } from '../ports/errors.ts';
import { personGit } from './git-environment.ts';
import type { Environment } from './git-process.ts';
import { redact } from './remote-address.ts';

export interface NewCheckout {
	/** Absent, or empty. */
	readonly folder: string;
	readonly environment: Environment;
}

/** A remote that says nothing for so long has gone. */
const silenceMsMax = 120_000;
const cloneMsMax = 60 * 60_000;

/**
 * Clones `url` with the person's own credentials. An address that carries a password is refused: arguments and the
 * clone's settings can be read by others. @throws GanglineError INVALID_ARGUMENT, REMOTE_FAILED
 */
export async function cloneForPerson({
	folder,
	environment,
	url,
}: NewCheckout & { readonly url: string }): Promise<void> {
	refuseSecret(url);
	const git = personGit(environment);
	await made(folder, async (part) => {
		const args = ['clone', '--quiet', '--progress', '--', url, part];
		try {
			await git.run({ args, timeoutMs: cloneMsMax, silenceMs: silenceMsMax });
		} catch (error) {
			if (!(error instanceof GanglineError) || error.code !== 'GIT_FAILED') throw error;
			const words = String(error.data.stderr ?? error.message)
				.trim()
				.split('\n');
			const why = words.find((line) => line.startsWith('fatal: ')) ?? words.at(-1) ?? '';
			throw ganglineError('REMOTE_FAILED', `${redact(url)} could not be cloned: ${redact(why)}`, {
				hint: 'make `git clone` of it work in a shell of this machine (access, host key, address), then try again',
				cause: error,
			});
		}
	});
}

/** An empty repository without a commit, on the branch that the person's git begins with. */
export async function initForPerson({ folder, environment }: NewCheckout): Promise<void> {
	const git = personGit(environment);
	await made(folder, async (part) => {
		await git.run({ args: ['init', '--quiet', '--', part] });
	});
}

async function made(folder: string, make: (part: string) => Promise<void>): Promise<void> {
	const part = `${folder}.gangline-part`;
	await mkdir(dirname(folder), { recursive: true });
	await rm(part, { recursive: true, force: true });
	await make(part);
	if ((await readdir(folder).catch(() => null)) !== null) await rmdir(folder);
	await rename(part, folder);
}

function refuseSecret(url: string): void {
	const isUrl = /^(?:https?|ssh|git|file):\/\//.test(url);
	const isShort = /^[A-Za-z0-9._-]+@[A-Za-z0-9.-]+:[^\s-][^\s]*$/.test(url);
	const isPath = url.startsWith('/');
	const secret = /^[a-z]+:\/\/[^/@]*:[^/@]*@/.test(url) || /^https?:\/\/[^/@]+@/.test(url);
	if (secret) {
		throw ganglineError(
			'INVALID_ARGUMENT',
			`${redact(url)} carries a login: other users of the machine could read it`,
			{
				hint: 'leave it out and let git keep it: git credential approve, or a key for ssh',
			},
		);
	}
	if (isUrl || isShort || isPath) return;
	throw ganglineError('INVALID_ARGUMENT', `${JSON.stringify(url)} is no address that git clones from`, {
		hint: 'expected such as https://example.org/app.git, git@example.org:app.git or /absolute/path',
	});
}
