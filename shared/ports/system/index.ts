/** The ports on this machine. Only a composition root (compose.ts) makes these. */
export * from './installation.ts';
export * from './person-name.ts';
export * from './pino-log.ts';
export * from './system-clock.ts';
export * from './system-random.ts';
