/** A project moves from one home to another: sealed, or because the old one is gone for good. */
export { type FormerHome, formerHome } from './records.ts';
export { cedeProject, isSealed, sealProject, unsealProject } from './seal.ts';
export { becomeHome, takeProject } from './take.ts';
