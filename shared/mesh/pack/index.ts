/** Commits between members, as git bundles. The contract is ../pack.ts. */
export { NetworkPacks, type NetworkPacksOptions } from './network-packs.ts';
