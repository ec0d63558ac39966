/**
 * What all projects of this node share: slots, port ranges with their temporary folders, and the floor of disk, memory
 * and load below which nothing new is begun. A range is given to one run at a time, so no two clones listen on one port.
 */
import { portsPerClone } from '../agents/index.ts';

export interface MachineState {
	readonly freeDiskBytes: number;
	readonly freeMemoryBytes: number;
	/** Run queue per core over the last minute: 1 is busy. */
	readonly load: number;
}

export interface MachineRoomOptions {
	/** Items worked on at once on this machine, over all projects. */
	readonly slots: number;
	/** The first port that may be given away. */
	readonly portBase?: number;
	readonly machine: () => MachineState;
	/** Why nothing may be begun for a bound that the machine knows nothing of. */
	readonly bound?: () => string | null;
	readonly freeDiskBytesMin?: number;
	readonly freeMemoryBytesMin?: number;
	readonly loadMax?: number;
}

const gibibyte = 1024 ** 3;
const rangesMax = 1_000;

export class MachineRoom {
	readonly #options: Required<MachineRoomOptions>;
	#slots: number;
	#quarantined = 0;
	#taken = 0;
	readonly #ranges = new Set<number>();
	readonly #waiting = new Set<() => void>();

	constructor(options: MachineRoomOptions) {
		this.#options = {
			portBase: 21_000,
			freeDiskBytesMin: gibibyte,
			freeMemoryBytesMin: gibibyte / 4,
			// A machine that is well used by compilers has two or three per core; this one does nothing in time any more.
			loadMax: 32,
			bound: () => null,
			...options,
		};
		this.#slots = options.slots;
	}

	get freeSlots(): number {
		return Math.max(0, this.#slots - this.#taken - this.#quarantined);
	}

	get slots(): number {
		return this.#slots;
	}

	/** From now on so many; with fewer than are taken, what runs is finished first. */
	setSlots(slots: number): void {
		const wasFull = this.freeSlots === 0;
		this.#slots = slots;
		if (wasFull && this.freeSlots > 0) for (const tell of this.#waiting) tell();
	}

	/** What the machine has, and the floors. */
	resources(): {
		readonly state: MachineState;
		readonly floor: Pick<MachineState, 'freeDiskBytes' | 'freeMemoryBytes'>;
	} {
		const { machine, freeDiskBytesMin, freeMemoryBytesMin } = this.#options;
		return { state: machine(), floor: { freeDiskBytes: freeDiskBytesMin, freeMemoryBytes: freeMemoryBytesMin } };
	}

	/** Why nothing may be begun now, null when it may. */
	shortage(): string | null {
		const { freeDiskBytesMin, freeMemoryBytesMin, loadMax, machine } = this.#options;
		const { freeDiskBytes, freeMemoryBytes, load } = machine();
		if (freeDiskBytes < freeDiskBytesMin)
			return `only ${gigabytes(freeDiskBytes)} of disk are free, ${gigabytes(freeDiskBytesMin)} are needed`;
		if (freeMemoryBytes < freeMemoryBytesMin) {
			return `only ${gigabytes(freeMemoryBytes)} of memory are free, ${gigabytes(freeMemoryBytesMin)} are needed`;
		}
		if (load > loadMax) return `the load is ${load.toFixed(1)} per core, at most ${loadMax} are allowed`;
		return this.#options.bound();
	}

	takeSlot(): boolean {
		if (this.freeSlots === 0) return false;
		this.#taken += 1;
		return true;
	}

	freeSlot(): void {
		const wasFull = this.freeSlots === 0;
		this.#taken -= 1;
		if (wasFull && this.freeSlots > 0) for (const tell of this.#waiting) tell();
	}

	/** `tell` is called when the first slot becomes free again: another project may have waited for it. */
	onFreed(tell: () => void): void {
		this.#waiting.add(tell);
	}

	/** Processes survived in it: it is not given away again before the node starts anew. */
	quarantineSlot(): void {
		this.#quarantined += 1;
	}

	/** The first port of a range that nobody has. */
	takePorts(): number {
		for (let index = 0; index < rangesMax; index++) {
			if (this.#ranges.has(index)) continue;
			this.#ranges.add(index);
			return this.#options.portBase + index * portsPerClone;
		}
		// More runs than that at once are stopped long before by their slots.
		return this.#options.portBase;
	}

	freePorts(base: number): void {
		this.#ranges.delete((base - this.#options.portBase) / portsPerClone);
	}
}

function gigabytes(bytes: number): string {
	return `${(bytes / gibibyte).toFixed(1)} GiB`;
}
