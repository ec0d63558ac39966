/**
 * A disk whose syncs take time of the machine's clock, so that a crash may come before, during and after each. What one
 * turn wrote goes out together, as with the real disk.
 */
import type { Clock, Random } from '../../../shared/ports/index.ts';
import type { Disk, DiskOp } from '../../../shared/store/index.ts';
import type { Point } from './repositories.ts';

export interface SlowDiskOptions {
	readonly clock: Clock;
	readonly random: Random;
	readonly point: Point;
}

/** `disk`, slower. */
export function slowDisk(disk: Disk, { clock, random, point }: SlowDiskOptions): Disk {
	const pauseMs = (): number => 0.5 + (random.bytes(1)[0] ?? 0) / 100;
	return {
		path: disk.path,
		mark: disk.mark,
		commit: async (ops: readonly DiskOp[]) => {
			await point('disk.commit');
			await new Promise<void>((resolve) => void clock.after(pauseMs(), resolve));
			await disk.commit(ops);
			await point('disk.commit:done');
		},
		note: (mark) => disk.note(mark),
		get: (key) => disk.get(key),
		scan: (range) => disk.scan(range),
		startAgain: (pairs, report) => disk.startAgain(pairs, report),
		afterTurn: (action) => void clock.after(0, action),
		close: () => disk.close(),
	};
}
