/** Projects in containers: the engine behind an interface, images by stack, the steps of making one, its life. */
export { containerHandlers, pruneWords } from './container-handlers.ts';
export { type HostOwner, limitsDefault } from './container-plan.ts';
export { Containers } from './containers.ts';
export type { ContainersOptions, MeshView } from './containers-options.ts';
export { dockerProvisioner } from './docker-provisioner.ts';
export { FileDigests } from './file-digests.ts';
export { isPortFree } from './free-port.ts';
export { gitHandlers } from './git-handlers.ts';
export { hostOwner } from './host-owner.ts';
export { type Doing, type IdleRecord, IdleWatch } from './idle.ts';
export type { Provisioner } from './provisioner.ts';
export { ContainerRecords } from './records.ts';
export { hostKeyAlias } from './ssh-keys.ts';
export { swarmProvisioner } from './swarm-provisioner.ts';
