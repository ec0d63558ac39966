/** Everything that can be asked of the system, once: CLI, HTTP, OpenAPI, later MCP and chat are renderings. Pure. */
export * from './define.ts';
export * from './item-views.ts';
export * from './limits.ts';
export * from './mesh-operations.ts';
export * from './mesh-views.ts';
export * from './move-words.ts';
export * from './nearest.ts';
export * from './node-operations.ts';
export * from './parse.ts';
export * from './person-operations.ts';
export * from './project-operations.ts';
export * from './references.ts';
export * from './registry.ts';
