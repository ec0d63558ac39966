/** The mesh: members over libp2p, what they keep equal, what they ask each other, and how one becomes a member. */
export { Hello } from './hello.ts';

export { type Membership, readMembership, writeMembership } from './membership.ts';
export { type Mesh, type MeshOptions, openMesh } from './open-mesh.ts';
export { type ListeningNetwork, openLibp2pNetwork } from './open-network.ts';
export { type OperationService, serveOperations } from './serve-operations.ts';
