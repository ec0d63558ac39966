/** What doctor and status want to know of a person's repository beyond the facts that init decides on. Changes nothing. */
import { personGit } from './git-environment.ts';
import type { Environment } from './git-process.ts';
import { readRemotes } from './person-repository.ts';
import { redact } from './remote-address.ts';

export interface RepositoryDetails {
	readonly objectFormat: 'sha1' | 'sha256';
	/** Addresses without credentials. */
	readonly remotes: readonly { readonly name: string; readonly fetchUrl: string; readonly pushUrl: string }[];
	/** Some file is kept by git-lfs: clones for work see its pointer, not its content. */
	readonly usesLfs: boolean;
}

/** Looks at the repository whose top folder is `folder`. */
export async function repositoryDetails(folder: string, environment: Environment): Promise<RepositoryDetails> {
	const git = personGit(environment);
	const format = await git.line({ args: ['rev-parse', '--show-object-format'], cwd: folder });
	const addresses = await readRemotes(folder, environment);
	const remotes = addresses.map(({ name, fetchUrl, pushUrl }) => ({
		name,
		fetchUrl: redact(fetchUrl),
		pushUrl: redact(pushUrl),
	}));
	const patterns = ['--', ':(glob)**/.gitattributes'];
	const lfs = await git.run({
		args: ['grep', '-q', '--cached', '-e', 'filter=lfs', ...patterns],
		cwd: folder,
		codes: [0, 1],
	});
	return { objectFormat: format === 'sha256' ? 'sha256' : 'sha1', remotes, usesLfs: lfs.code === 0 };
}
