/** The twins' own promises: a simulation can be repeated. */
import { describe, expect, it } from 'vitest';
import { openSimStore, SimClock, SimDisk, SimRandom } from '../../../shared/ports/sim/index.ts';

describe('SimClock', () => {
	it('runs what an action sets in motion to its end before the next one is due', async () => {
		const clock = new SimClock(1000);
		const ran: string[] = [];
		clock.after(1, async () => {
			ran.push(`one ${clock.monotonic()}`);
			await Promise.resolve();
			clock.after(1, () => ran.push(`inner ${clock.monotonic()}`));
		});
		clock.after(2, () => ran.push(`two ${clock.monotonic()}`));
		await clock.advance(10);
		expect(ran).toEqual(['one 1', 'two 2', 'inner 2']);
		expect([clock.now(), clock.waiting, clock.nextDue]).toEqual([1010, 0, undefined]);
	});

	it('lets wall time jump alone', () => {
		const clock = new SimClock(1000);
		clock.jump(-500);
		expect([clock.now(), clock.monotonic()]).toEqual([500, 0]);
	});
});

describe('SimRandom', () => {
	it('repeats itself from the same seed, and its forks do not disturb each other', () => {
		const [a, b] = [new SimRandom(7), new SimRandom(7)];
		a.fork('x').bytes(100);
		expect(a.bytes(33)).toEqual(b.bytes(33));
		expect(a.fork('x').bytes(8)).toEqual(new SimRandom(7).fork('x').bytes(8));
		expect(a.fork('x').bytes(8)).not.toEqual(a.fork('y').bytes(8));
		expect([0, 1, 2]).toContain(a.below(3));
		expect(['p', 'q']).toContain(a.pick(['p', 'q']));
		expect(() => a.pick([])).toThrow(RangeError);
	});
});

describe('SimDisk', () => {
	it('never settles anything of a process that is dead', async () => {
		const disk = new SimDisk();
		const dead = await openSimStore(disk);
		disk.crash();
		const alive = await openSimStore(disk);
		let hasSettled = false;
		const settle = (): void => {
			hasSettled = true;
		};
		dead.write([{ kind: 'put', key: 'k', value: 1 }]).then(settle, settle);
		dead.get('k').then(settle, settle);
		await new Promise((resolve) => setImmediate(resolve));
		await alive.write([{ kind: 'put', key: 'k', value: 2 }]);
		expect(hasSettled).toBe(false);
		expect(await alive.get('k')).toBe(2);
	});
});
