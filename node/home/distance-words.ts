/** How far the checkout and the remote are from main, in a sentence with what to type. Pure. */
import type { SyncResult } from '../../shared/git/index.ts';

interface Apart {
	readonly ahead: number;
	readonly behind: number;
}

export function originWords({ ahead, behind, name, exists }: Apart & { name: string; exists: boolean }): string {
	if (!exists) return `${name} has no such branch yet`;
	if (ahead === 0 && behind === 0) return `${name} is up to date`;
	if (ahead === 0) return `${name} lacks ${commits(behind)}`;
	if (behind === 0) return `${name} has ${commits(ahead)} more`;
	return `${name} has ${commits(ahead)} more and lacks ${commits(behind)}`;
}

export function checkoutWords(
	sync: SyncResult,
	{ ahead, behind, branch }: Apart & { branch: string },
): { readonly inTheWay: readonly string[]; readonly words: string } {
	if (sync.kind !== 'left') {
		const words = ahead > 0 ? `your checkout has ${commits(ahead)} of its own` : 'your checkout is up to date';
		return { inTheWay: [], words };
	}
	const lacks = `your checkout lacks ${commits(sync.behind ?? behind)}`;
	const { obstacle } = sync;
	switch (obstacle.kind) {
		case 'otherBranch':
			return left(lacks, `it is on ${obstacle.branch}`, `git fetch gangline ${branch}:${branch}`);
		case 'detached':
			return left(lacks, 'its HEAD is detached', `git switch ${branch}`);
		case 'inProgress':
			return left(lacks, `a ${obstacle.what} is in progress`, 'finish or abort it');
		case 'inTheWay': {
			const more = obstacle.count > obstacle.paths.length ? ` and ${obstacle.count - obstacle.paths.length} more` : '';
			const words = `${lacks}; in the way: ${obstacle.paths.slice(0, 3).join(', ')}${more}. Commit, stash or move them`;
			return { inTheWay: obstacle.paths, words };
		}
		case 'ownCommits':
			return left(lacks, `it has ${commits(obstacle.count)} of its own`, `git pull --rebase gangline ${branch}`);
		case 'noCheckout':
			return left(lacks, 'the folder is gone', 'gangline start in the new place adds it again');
		case 'refused':
			return left(refusedLacks(sync.behind), cause(obstacle.words), `git pull gangline ${branch}`);
	}
}

/** Where git could not even look, nothing is claimed about the distance. */
function refusedLacks(behind: number | null): string {
	return behind === null ? 'your checkout was left as it is' : `your checkout lacks ${commits(behind)}`;
}

/** The first line that says what went wrong; what follows only says that it did. */
function cause(words: string): string {
	const lines = words.trim().split('\n');
	return lines.find((line) => /^(?:error|fatal): /.test(line)) ?? lines.at(-1) ?? 'git refused';
}

function left(lacks: string, why: string, what: string): { inTheWay: readonly string[]; words: string } {
	return { inTheWay: [why], words: `${lacks}: ${why} (${what})` };
}

function commits(count: number): string {
	return count === 1 ? '1 commit' : `${count} commits`;
}
