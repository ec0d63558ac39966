/** Projects in containers: the engine behind an interface, images by stack, the steps of making one, its life. */
export type { HostOwner } from './container-plan.ts';
export { Containers } from './containers.ts';
export { dockerProvisioner } from './docker-provisioner.ts';
export { FileDigests } from './file-digests.ts';
export { giveIdentity, giveKey, giveToken, takeCredentials } from './give-git.ts';
export { type Doing, IdleWatch } from './idle.ts';
export { ContainerRecords } from './records.ts';
