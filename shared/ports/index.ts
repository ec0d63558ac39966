/** The world as interfaces. Adapters live in rooms of their own, twins under ports/sim/. */
export * from './clock.ts';
export * from './errors.ts';
export * from './git.ts';
export * from './ids.ts';
export * from './log.ts';
export * from './network.ts';
export * from './processes.ts';
export * from './random.ts';
export * from './read-as.ts';
export { noSecrets, redactDeep, redactor, type Secrets } from './secrets.ts';
export * from './store.ts';
export * from './why-invalid.ts';
