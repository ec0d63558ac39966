/**
 * Has a landing compared, by code that shares nothing with what made it, with the tree that was gated, the diff that was
 * reviewed and all earlier landings [I3], [I9].
 */
import { type CanonicalRepository, checkLanding, type LandingClaim } from '../../shared/git/index.ts';
import { parseCommitId } from '../../shared/ports/index.ts';
import type { LandingMade } from './landing-journal.ts';
import type { MainReader } from './main-reader.ts';

export interface LandingToCheck extends Pick<LandingClaim, 'environment' | 'temporaryFolder'> {
	readonly repository: CanonicalRepository;
	readonly main: MainReader;
	readonly item: Pick<LandingMade['item'], 'key' | 'result'>;
	readonly candidate: LandingMade['candidate'];
}

/** What disagrees, in words; null when all of it agrees. */
export async function disagreement(check: LandingToCheck): Promise<string | null> {
	const { repository, main, item, candidate, environment, temporaryFolder } = check;
	const landings = [...main.landings.values()];
	// Main may have more by now: a check that a kill had prevented comes late.
	const at = landings.findIndex(({ commit }) => commit === candidate.commit);
	const earlier = landings.slice(0, at < 0 ? landings.length : at).map(({ commit, landing }) => ({
		item: landing.item,
		commit,
		...(landing.reverts ? { reverts: landing.reverts } : {}),
	}));
	const verdict = await checkLanding({
		gitDir: repository.path,
		environment,
		temporaryFolder,
		landed: candidate.commit,
		item: item.key,
		gatedTree: candidate.tree,
		reviewed: { base: parseCommitId(item.result?.base ?? candidate.tip), commit: candidate.result },
		earlier,
	});
	return verdict.kind === 'agrees' ? null : `${verdict.what}: ${verdict.detail}`;
}
