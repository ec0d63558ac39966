/**
 * What the person's git may do here, tried without changing anything: who they are, and whether a remote answers and
 * would take a push. Their own credentials are used, nothing is asked.
 */
import { GanglineError } from '../ports/errors.ts';
import { personGit } from './git-environment.ts';
import type { Environment } from './git-process.ts';
import { readSetting } from './person-repository.ts';

export interface Identity {
	readonly name: string | null;
	readonly email: string | null;
}

/** The configured name and e-mail address; null where git would have to guess. */
export async function readIdentity(folder: string, environment: Environment): Promise<Identity> {
	const [name, email] = await Promise.all([
		environment.GIT_AUTHOR_NAME ?? readSetting(folder, 'user.name', environment),
		environment.GIT_AUTHOR_EMAIL ?? readSetting(folder, 'user.email', environment),
	]);
	return { name, email };
}

export type RemoteAnswer =
	| { readonly kind: 'accepts' }
	| { readonly kind: 'missing' }
	| { readonly kind: 'silent'; readonly why: string }
	| { readonly kind: 'refuses'; readonly why: string };

const remoteMsMax = 20_000;

/** Asks a remote for its refs, then pushes the branch for show (`--dry-run`). A remote that is ahead accepts. */
export async function probeRemote(input: {
	readonly folder: string;
	readonly environment: Environment;
	readonly remote: string;
	readonly branch: string;
}): Promise<RemoteAnswer> {
	const git = personGit(input.environment);
	const { folder: cwd, remote, branch } = input;
	if (!(await git.lines({ cwd, args: ['remote'] })).includes(remote)) return { kind: 'missing' };
	try {
		await git.run({ cwd, args: ['ls-remote', '--quiet', '--heads', remote], timeoutMs: remoteMsMax });
	} catch (error) {
		return { kind: 'silent', why: lastWords(error) };
	}
	const ref = `refs/heads/${branch}:refs/heads/${branch}`;
	const args = ['push', '--dry-run', '--porcelain', remote, ref];
	try {
		const push = await git.run({ cwd, args, codes: [0, 1], timeoutMs: remoteMsMax });
		// `[rejected]`: others have pushed meanwhile. That is fetched before each landing and says nothing about rights.
		const refused = push.stdout
			.toString()
			.split('\n')
			.find((line) => line.startsWith('!') && !line.includes('[rejected]'));
		return refused === undefined
			? { kind: 'accepts' }
			: { kind: 'refuses', why: refused.split('\t').at(-1) ?? refused };
	} catch (error) {
		return { kind: 'refuses', why: lastWords(error) };
	}
}

function lastWords(error: unknown): string {
	if (!(error instanceof GanglineError)) throw error;
	const words = String(error.data.stderr ?? '')
		.trim()
		.split('\n');
	const at = words.findIndex((line) => line.startsWith('fatal: '));
	// What ssh said of the reason stands before it.
	const before = words[at - 1]?.trim() ?? '';
	if (words[at] === 'fatal: Could not read from remote repository.' && before !== '') return before;
	return words[at]?.slice('fatal: '.length) ?? words.at(-1) ?? error.message;
}
