/** `/gangline/join/1`: a one-time token becomes membership. */
export { type Joined, type JoinOptions, joinMesh } from './join-mesh.ts';
export type { JoinRequest, JoinWish } from './messages.ts';
export { type Admitted, type JoinService, serveJoin } from './serve-join.ts';
export { formatToken, hashSecret, type JoinToken, parseToken, secretBytes } from './token.ts';
