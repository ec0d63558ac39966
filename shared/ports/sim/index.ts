/** The ports' twins, for tests and simulations. */
export * from './sim-clock.ts';
export * from './sim-disk.ts';
export * from './sim-log.ts';
export * from './sim-random.ts';
export * from './sim-store.ts';
