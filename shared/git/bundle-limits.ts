/**
 * What may come in with a bundle. A pack of a megabyte can name a billion objects, unpack to a thousand times its size or
 * describe a tree of more files than there are atoms; each of these has a bound of its own, and the first one that is
 * passed ends the import with nothing kept.
 */
export interface ImportLimits {
	/** Of the bundle as it travels. */
	readonly packBytesMax: number;
	readonly objectsMax: number;
	/** Of any one object, unpacked. */
	readonly objectBytesMax: number;
	/** Of all objects together, unpacked. */
	readonly unpackedBytesMax: number;
	/** Files and folders in the tree of the commit, however often they are shared. */
	readonly treeEntriesMax: number;
	/** Processor time for a bundle of no size; each MiB adds `cpuMsPerMiB`. */
	readonly cpuMsMin: number;
	readonly cpuMsPerMiB: number;
}

/** For a project's whole history, from its home. */
export const mirrorLimits: ImportLimits = {
	packBytesMax: 4 * 1024 ** 3,
	objectsMax: 10_000_000,
	objectBytesMax: 1024 ** 3,
	unpackedBytesMax: 64 * 1024 ** 3,
	treeEntriesMax: 2_000_000,
	cpuMsMin: 30_000,
	cpuMsPerMiB: 500,
};

/** For one attempt, from a worker: what an agent can have made in a day. */
export const attemptImportLimits: ImportLimits = {
	packBytesMax: 256 * 1024 ** 2,
	objectsMax: 500_000,
	objectBytesMax: 512 * 1024 ** 2,
	unpackedBytesMax: 2 * 1024 ** 3,
	treeEntriesMax: 2_000_000,
	cpuMsMin: 20_000,
	cpuMsPerMiB: 500,
};

/**
 * Git keeps smaller objects in memory while it checks them and streams larger ones; what it must have in memory whatever
 * its size (a delta's result) fails beyond the second.
 */
export const streamedFromBytes = 16 * 1024 ** 2;
export const allocationBytesMax = 1024 ** 3;
