/** Git: the canonical repository, clones for work, the person's checkout, the remote. The only room that spawns git. */

export { type AttemptLimits, attemptLimits, changedPaths, fetchAttempt, inspectAttempt } from './attempts.ts';
export { type BundleImport, type BundleImportInput, importBundle } from './bundle-import.ts';
export { attemptImportLimits, type ImportLimits, mirrorLimits } from './bundle-limits.ts';
export { type BundlePlan, type BundleRequest, planBundle, writeBundle } from './bundle-write.ts';
export { type CanonicalOptions, CanonicalRepository } from './canonical-repository.ts';
export {
	accessSetting,
	checkGitAccess,
	type GitAccess,
	identitySetting,
	whoCommits,
} from './check-access.ts';
export { type CheckoutTree, readCheckoutTree } from './checkout-tree.ts';
export { cloneForPerson, initForPerson } from './clone-for-person.ts';
export { refsFingerprint } from './clone-refs.ts';
export { commitAlone, commitEdit } from './commit-alone.ts';
export { cloneSubjects, commitSubjects } from './commit-subjects.ts';
export { type DiffStat, type DiffText, diffStat, diffText } from './diff-text.ts';
export { checkoutForGates, type GateCheckout, gateChanges, removeGateCheckout } from './gate-checkout.ts';
export { type GitVersion, onlyReading, requireGit } from './git-environment.ts';
export type { Environment } from './git-process.ts';
export { fetchBranch, type Relation, relate } from './incoming.ts';
export { inspectRepository, type RepositoryFacts } from './inspect-repository.ts';
export { type KeptWork, listKeptWork } from './kept-work.ts';
export { checkLanding, type LandingClaim, type LandingVerdict } from './landing-check.ts';
export { type Advance, type MirrorOptions, MirrorRepository } from './mirror-repository.ts';
export { namedPrograms } from './named-programs.ts';
export { type Identity, probeRemote, type RemoteAnswer, readIdentity } from './person-access.ts';
export { type CheckoutInput, importMain, PersonBranch, type PersonCommits } from './person-branch.ts';
export {
	addGanglineRemote,
	checkoutSync,
	type Obstacle,
	requireCheckout,
	type SyncResult,
	trackedCommit,
} from './person-checkout.ts';
export {
	type FetchResult,
	fetchRemote,
	openRemote,
	type PushResult,
	pushRemote,
	type Remote,
	type RemoteTrouble,
} from './remote.ts';
export { compareLink, redact } from './remote-address.ts';
export { restoreRepository, saveRepository } from './repository-copy.ts';
export { type RepositoryDetails, repositoryDetails } from './repository-details.ts';
export { type Salvaged, salvage } from './salvage.ts';
export type { SourceRepository } from './source-repository.ts';
export { type TextChange, textPatch } from './text-patch.ts';
export {
	type CloneInput,
	cloneForWork,
	commitAll,
	hooksOf,
	removeClone,
	type WorkClone,
	type WorkState,
	workCloneAt,
	workState,
} from './work-clone.ts';
