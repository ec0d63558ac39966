/** Git: the canonical repository, clones for work, the person's checkout, the remote. The only room that spawns git. */
export { type CanonicalOptions, CanonicalRepository } from './canonical-repository.ts';
export { type GitVersion, requireGit } from './git-environment.ts';
export type { Environment } from './git-process.ts';
