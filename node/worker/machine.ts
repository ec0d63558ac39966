/** What is free on this machine, from the kernel. */
import { readFileSync, statfsSync } from 'node:fs';
import { availableParallelism, freemem, loadavg } from 'node:os';
import type { MachineState } from './machine-room.ts';

/** Free disk where `folder` lies, memory that programs can still get, and how busy the cores are. */
export function readMachine(folder: string): MachineState {
	const load = (loadavg()[0] ?? 0) / availableParallelism();
	const { bavail, bsize } = statfsSync(folder);
	return { freeDiskBytes: bavail * bsize, freeMemoryBytes: availableMemory(), load };
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
