/**
 * Whether a project could commit and push now, tried without changing anything at the remote: who would commit and where
 * that is said, which credential git was told to use, and what the remote answers to a push for show.
 */
import { personGit } from './git-environment.ts';
import type { Environment } from './git-process.ts';
import { probeRemote, type RemoteAnswer, readIdentity } from './person-access.ts';
import { readSetting } from './person-repository.ts';
import { redact } from './remote-address.ts';

/** Settings of ours in a configuration that a gateway wrote: what there says who commits, and how a push is let in. */
export const identitySetting = 'gangline.identity';
export const accessSetting = 'gangline.access';

/** `project`: its own repository says it. `gateway`: said for it at the gateway. `host`: of the machine or its person. */
type IdentitySource = 'project' | 'gateway' | 'host';

export interface GitAccess {
	/** Null where git would have to guess. */
	readonly identity: {
		readonly name: string;
		readonly email: string;
		readonly from: IdentitySource;
	} | null;
	/** Without credentials; null where there is no such remote. */
	readonly url: string | null;
	/** What a gateway gave it to push with; null: whatever git of the machine has. */
	readonly credential: string | null;
	readonly answer: RemoteAnswer;
}

export interface GitAccessQuestion {
	readonly folder: string;
	readonly environment: Environment;
	readonly remote: string;
	readonly branch: string;
}

/** Takes as long as the remote does, half a minute at most. */
export async function checkGitAccess(question: GitAccessQuestion): Promise<GitAccess> {
	const { folder, environment, remote } = question;
	const [identity, url, credential] = await Promise.all([
		whoCommits(folder, environment),
		readSetting(folder, `remote.${remote}.url`, environment),
		readSetting(folder, accessSetting, environment),
	]);
	const answer = await probeRemote(question);
	return { identity, url: url === null ? null : redact(url), credential, answer };
}

/** Null where git would have to guess. */
export async function whoCommits(folder: string, environment: Environment): Promise<GitAccess['identity']> {
	const { name, email } = await readIdentity(folder, environment);
	if (name === null || email === null || name === '' || email === '') return null;
	if (environment.GIT_AUTHOR_EMAIL !== undefined) return { name, email, from: 'host' };
	const args = ['config', '--show-scope', '--get', 'user.email'];
	const { stdout } = await personGit(environment).run({ cwd: folder, args, codes: [0, 1] });
	const scope = stdout.toString().split('\t')[0];
	if (scope === 'local' || scope === 'worktree') return { name, email, from: 'project' };
	const by = await readSetting(folder, identitySetting, environment);
	return { name, email, from: by === 'gateway' ? 'gateway' : 'host' };
}
