/** Answers who commits in a project and whether its remote takes a push, in words that say what to do. */
import { checkGitAccess, type Environment, type GitAccess } from '../../../shared/git/index.ts';
import type { GitCheck } from '../../../shared/operations/index.ts';
import type { Project } from '../../home/project.ts';

export async function checkGit(project: Project, environment: Environment): Promise<GitCheck> {
	const { landing, branch } = project.config();
	const { path } = project.view();
	const { remote } = landing;
	const access = await checkGitAccess({ folder: path, environment, remote, branch });
	return explainGit({ name: project.name, path, remote, needed: landing.mode !== 'local', access });
}

export interface LookedAt {
	readonly name: string;
	readonly path: string;
	/** Its name. */
	readonly remote: string;
	/** Landings are pushed. */
	readonly needed: boolean;
	readonly access: GitAccess;
}

/** Pure. */
export function explainGit({ name, path, remote, needed, access }: LookedAt): GitCheck {
	const push = pushOf(remote, access);
	const isPushed = push.state === 'granted' || !needed;
	const who =
		access.identity === null
			? 'git does not know who commits here'
			: `${access.identity.name} <${access.identity.email}> commits (said by the ${access.identity.from})`;
	return {
		identity: access.identity,
		remote: { name: remote, url: access.url, credential: access.credential },
		needed,
		push,
		ok: access.identity !== null && isPushed,
		answer: `${who}; ${push.words}${needed ? '' : '; landings of this project are not pushed'}`,
		next: [
			...(access.identity === null
				? [`git -C '${path}' config user.name "Your Name" && git -C '${path}' config user.email you@example.org`]
				: []),
			...(isPushed ? [] : nextFor(push.state, { name, path, remote })),
		],
	};
}

function pushOf(remote: string, { answer, credential }: GitAccess): GitCheck['push'] {
	const by = credential === null ? '' : ` with its ${credential}`;
	switch (answer.kind) {
		case 'accepts':
			// What a server asks of a single branch, such as a review, it says at a real push alone.
			return { state: 'granted', words: `${remote} takes a push${by}` };
		case 'missing':
			return { state: 'noRemote', words: `there is no remote ${remote}` };
		case 'silent':
			return { state: 'unreachable', words: `${remote} does not let us read${by}: ${answer.why}` };
		case 'refuses':
			return { state: 'refused', words: `${remote} can be read and takes no push${by}: ${answer.why}` };
	}
}

function nextFor(
	state: GitCheck['push']['state'],
	{ name, path, remote }: Pick<LookedAt, 'name' | 'path' | 'remote'>,
): readonly string[] {
	if (state === 'noRemote') return [`git -C '${path}' remote add ${remote} <address>`];
	return [
		`git -C '${path}' ls-remote ${remote}   shows what it says`,
		`gangline git key ${name}   a deploy key, where it runs in a container and ${remote} is reached by ssh`,
		`gangline git token ${name} < token.txt   a token, where it is reached by https`,
	];
}
