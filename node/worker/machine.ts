/** What is free on this machine, from the kernel. */
import { readFileSync, statfsSync } from 'node:fs';
import { freemem } from 'node:os';
import type { MachineState } from './machine-room.ts';

/** Free disk where `folder` lies, and memory that programs can still get. */
export function readMachine(folder: string): MachineState {
	const { bavail, bsize } = statfsSync(folder);
	return { freeDiskBytes: bavail * bsize, freeMemoryBytes: availableMemory() };
}

/** MemAvailable: what is free and what caches would give back. */
function availableMemory(): number {
	try {
		const kibibytes = /^MemAvailable: +(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'latin1'))?.[1];
		return kibibytes === undefined ? freemem() : Number(kibibytes) * 1024;
	} catch {
		return freemem();
	}
}
