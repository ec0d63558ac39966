/**
 * The two ways in which git is called here. *Isolated*: nothing of the machine or the person is read, no hook, no
 * filter driver, no replacement of objects; for the canonical repository and for everything near an agent's files. *As
 * the person*: their own configuration and credentials, because it is their checkout and their remote; still without
 * hooks, prompts and background jobs. And the check that this machine's git can do what is needed.
 */
import { ganglineError } from '../ports/errors.ts';
import { type Environment, GitProcess } from './git-process.ts';

/** Hooks, file monitors and background jobs run code at a time that nobody chose; every call of ours goes without. */
const background = ['gc.auto=0', 'maintenance.auto=false'];
const quiet = ['core.hooksPath=/dev/null', 'core.fsmonitor=false', ...background];

/**
 * fsync=all: the default leaves loose objects and refs unsynced. The graph, index and bitmap files are caches that a
 * hostile object folder could forge, so they are not believed.
 */
const isolatedSettings = [
	...quiet,
	'core.fsync=all',
	'core.commitGraph=false',
	'core.multiPackIndex=false',
	'pack.useBitmaps=false',
	'pack.threads=1',
	'core.quotePath=false',
	'protocol.allow=never',
	'protocol.file.allow=always',
];

/** Git that reads no configuration but the repository's own. `lock`: see repository-lock.ts. */
export function isolatedGit(environment: Environment, lock?: number): GitProcess {
	return new GitProcess({
		settings: isolatedSettings,
		environment: {
			PATH: environment.PATH ?? '/usr/local/bin:/usr/bin:/bin',
			TMPDIR: environment.TMPDIR,
			HOME: '/nonexistent',
			XDG_CONFIG_HOME: '/nonexistent',
			LC_ALL: 'C',
			TZ: 'UTC',
			GIT_CONFIG_NOSYSTEM: '1',
			GIT_CONFIG_GLOBAL: '/dev/null',
			GIT_ATTR_NOSYSTEM: '1',
			GIT_NO_REPLACE_OBJECTS: '1',
			GIT_NO_LAZY_FETCH: '1',
			GIT_OPTIONAL_LOCKS: '0',
			...silent,
		},
		...(lock === undefined ? {} : { lock }),
	});
}

/**
 * Git with the person's own environment and configuration. Never carries the lock: what a person's configuration starts
 * (a credential cache) may live for hours and would hold it. `hooks`: theirs run too, for a commit that
 * is made in their name.
 */
export function personGit(environment: Environment, options: { readonly hooks?: boolean } = {}): GitProcess {
	const own = Object.fromEntries(Object.entries(environment).filter(([name]) => !repositoryVariables.has(name)));
	return new GitProcess({
		settings: [
			...(options.hooks ? background : quiet),
			'core.quotePath=false',
			'submodule.recurse=false',
			'fetch.recurseSubmodules=no',
		],
		environment: { ...own, LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0', ...silent },
	});
}

/**
 * For a repository that somebody else may write, looked at as its owner: it may name a program as the way to a remote,
 * from where git fetches by itself what is missing. Settings, refs, trees and blobs can be read so; whatever has git
 * compare files may run a filter, and must not be asked.
 */
export function onlyReading(environment: Environment): Environment {
	return { ...environment, GIT_ALLOW_PROTOCOL: 'none', GIT_NO_LAZY_FETCH: '1' };
}

const silent = {
	GIT_TERMINAL_PROMPT: '0',
	GIT_ASKPASS: '',
	SSH_ASKPASS: '',
	SSH_ASKPASS_REQUIRE: 'never',
	GCM_INTERACTIVE: 'never',
	GIT_EDITOR: 'true',
	GIT_PAGER: 'cat',
} as const;

/** Set when we are started from a hook or alias; each would point our calls at another repository. */
const repositoryVariables = new Set([
	'GIT_DIR',
	'GIT_WORK_TREE',
	'GIT_INDEX_FILE',
	'GIT_OBJECT_DIRECTORY',
	'GIT_ALTERNATE_OBJECT_DIRECTORIES',
	'GIT_COMMON_DIR',
	'GIT_NAMESPACE',
	'GIT_PREFIX',
	'GIT_CONFIG',
	'GIT_CONFIG_PARAMETERS',
	'GIT_GRAFT_FILE',
	'GIT_SHALLOW_FILE',
	'GIT_REPLACE_REF_BASE',
	'GIT_INTERNAL_SUPER_PREFIX',
]);

export interface GitVersion {
	readonly major: number;
	readonly minor: number;
	readonly text: string;
}

/** The oldest that has `merge-tree --write-tree` and NUL-separated `cat-file --batch-command`. */
const oldest = { major: 2, minor: 38 } as const;

/** Throws UNSUITABLE_MACHINE when git is missing or too old, or this is not Linux. */
export async function requireGit(environment: Environment, platform: string): Promise<GitVersion> {
	if (platform !== 'linux') {
		throw ganglineError('UNSUITABLE_MACHINE', `this machine runs ${platform}; expected Linux`, {
			hint: 'run it on a Linux machine, in WSL 2 or in a Linux container',
			data: { platform },
		});
	}
	const text = await isolatedGit(environment)
		.line({ args: ['version'], timeoutMs: 10_000 })
		.catch((cause: unknown) => {
			throw ganglineError('UNSUITABLE_MACHINE', 'git could not be run; expected git 2.38 or newer on PATH', {
				hint: upgradeHint,
				cause,
			});
		});
	const [, major, minor] = /(\d+)\.(\d+)/.exec(text) ?? [];
	const version = { major: Number(major ?? 0), minor: Number(minor ?? 0), text };
	if (version.major < oldest.major || (version.major === oldest.major && version.minor < oldest.minor)) {
		throw ganglineError('UNSUITABLE_MACHINE', `${text} is too old; expected git 2.38 or newer`, {
			hint: upgradeHint,
			data: { version: text },
		});
	}
	return version;
}

const upgradeHint =
	'Debian 12, Ubuntu 24.04, Fedora 37 and newer have it (`apt-get install git`, `dnf install git`); on older Ubuntu: `add-apt-repository ppa:git-core/ppa && apt-get install git`';
