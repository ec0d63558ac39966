/** Keeps documents and logs equal between members over `/gangline/sync/1`; presence. The contract is `../sync.ts`. */
export { MeshSync, type MeshSyncOptions } from './mesh-sync.ts';
