/** Work that is kept on refs although it did not land: attempts and salvaged clones, as a list for people. */
import { type CommitId, parseCommitId } from '../ports/ids.ts';
import type { CanonicalRepository } from './canonical-repository.ts';

export interface KeptWork {
	readonly ref: string;
	readonly commit: CommitId;
	/** Committer's wall ms. */
	readonly at: number;
	readonly subject: string;
}

const listedMax = 1_000;

/** Newest first. `prefix` is a ref or a folder of refs. */
export async function listKeptWork(repository: CanonicalRepository, prefix: string): Promise<readonly KeptWork[]> {
	const format = '%(refname)%00%(objectname)%00%(committerdate:unix)%00%(subject)';
	const lines = await repository.git.lines({
		cwd: repository.path,
		args: ['for-each-ref', '--sort=-committerdate', `--count=${listedMax}`, `--format=${format}`, prefix],
	});
	return lines.map((line) => {
		const [ref = '', commit = '', seconds = '0', subject = ''] = line.split('\0');
		return { ref, commit: parseCommitId(commit), at: Number(seconds) * 1000, subject };
	});
}
