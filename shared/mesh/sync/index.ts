/** Keeps documents and logs equal between members over `/gangline/sync/1`; presence. The contract is `../sync.ts`. */
export { schemaNumber as syncSchemaNumber } from './limits.ts';
export { MeshSync, type MeshSyncOptions } from './mesh-sync.ts';
