/** The ports' twins, for tests and simulations. */
export * from './sim-clock.ts';
export { SimClockView, type SimClockViewOptions } from './sim-clock-view.ts';
export * from './sim-disk.ts';
export { SimGit, type SimGitOptions } from './sim-git.ts';
export { SimObjects } from './sim-git-objects.ts';
export * from './sim-log.ts';
export { SimNet, type SimNetOptions, type SimNodeOptions } from './sim-network.ts';
export { SimNetwork } from './sim-network-node.ts';
export * from './sim-processes.ts';
export * from './sim-random.ts';
export * from './sim-store.ts';
