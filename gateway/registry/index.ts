/** What the gateway alone holds: the registry where it is written, join tokens, people's tokens. */
export { admit, type Gate } from './admit.ts';
export { JoinTokens, type TokenRecord, type TokenWish } from './join-tokens.ts';
export { type Founder, MeshRegistry, type MeshRegistryOptions, meshIdOf, type RegistryEdit } from './mesh-registry.ts';
export { PersonTokens, type TokenUse } from './person-tokens.ts';
export { Recovery, type RecoveryOptions } from './recovery.ts';
