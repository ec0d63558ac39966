import { describe, expect, test } from 'vitest';
import { MachineRoom } from '../../../node/worker/index.ts';

const gibibyte = 1024 ** 3;
const make = (disk = 100, memory = 8, load = 0) =>
	new MachineRoom({
		slots: 2,
		machine: () => ({ freeDiskBytes: disk * gibibyte, freeMemoryBytes: memory * gibibyte, load }),
	});

describe('MachineRoom', () => {
	test('gives away as many slots as there are, less those in quarantine', () => {
		const room = make();
		expect([room.takeSlot(), room.takeSlot(), room.takeSlot()]).toEqual([true, true, false]);
		room.quarantineSlot();
		room.freeSlot();
		expect(room.freeSlots).toBe(0);
		room.freeSlot();
		expect(room.freeSlots).toBe(1);
	});

	test('says when a slot is free again after all were taken, not before', () => {
		const room = make();
		let told = 0;
		room.onFreed(() => {
			told += 1;
		});
		room.takeSlot();
		room.freeSlot();
		expect(told).toBe(0);
		room.takeSlot();
		room.takeSlot();
		room.freeSlot();
		room.freeSlot();
		expect(told).toBe(1);
		room.takeSlot();
		room.takeSlot();
		room.quarantineSlot();
		room.freeSlot();
		expect(told).toBe(1);
	});

	test('takes another number of slots, and tells who waits when there are more', () => {
		const room = make();
		let told = 0;
		room.onFreed(() => {
			told += 1;
		});
		room.takeSlot();
		room.takeSlot();
		room.setSlots(1);
		expect([room.slots, room.freeSlots, told]).toEqual([1, 0, 0]);
		room.setSlots(4);
		expect([room.slots, room.freeSlots, told]).toEqual([4, 2, 1]);
	});

	test('gives no two runs the same ports', () => {
		const room = make();
		const [a, b] = [room.takePorts(), room.takePorts()];
		expect([a, b]).toEqual([21_000, 21_010]);
		room.freePorts(a);
		expect(room.takePorts()).toBe(21_000);
		expect(room.takePorts()).toBe(21_020);
	});

	test('says what is short', () => {
		expect(make().shortage()).toBeNull();
		expect(make(0.5).shortage()).toBe('only 0.5 GiB of disk are free, 1.0 GiB are needed');
		expect(make(9, 0.1).shortage()).toBe('only 0.1 GiB of memory are free, 0.3 GiB are needed');
		expect(make(100, 8, 33).shortage()).toBe('the load is 33.0 per core, at most 32 are allowed');
	});
});
