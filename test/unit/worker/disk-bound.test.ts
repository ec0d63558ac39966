import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DiskBound, diskBoundOf } from '../../../node/worker/disk-bound.ts';
import { MachineRoom } from '../../../node/worker/index.ts';
import type { Log } from '../../../shared/ports/index.ts';
import { SimClock } from '../../../shared/ports/sim/index.ts';
import { takenBy } from '../../../shared/ports/system/taken-by.ts';
import { readDiskUsed, writeDiskBound } from '../../../shared/provision/disk-files.ts';
import { temporaryFolder } from '../../support/git.ts';

const gibibyte = 1024 ** 3;
const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined, child: () => silent };
let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
	folder = temporaryFolder();
	mkdirSync(join(folder.path, 'state'));
});
afterEach(() => folder.remove());

function bounded(used: { now: number | null }) {
	const clock = new SimClock();
	const said: string[] = [];
	const tell = (event: string): void => void said.push(event);
	const at = (name: string): string => join(folder.path, 'state', name);
	let looks = 0;
	const bound = new DiskBound({
		...{ boundFile: at('disk-bound'), usedFile: at('disk-used'), clock },
		log: { ...silent, info: tell, warn: tell },
		measure: async () => {
			looks += 1;
			return used.now;
		},
	});
	return { bound, clock, said, looks: () => looks };
}

describe('the bound on disk of a project in a container', () => {
	it('[I15] begins nothing above it, says what to do, and goes on when there is room', async () => {
		const used = { now: 5 * gibibyte };
		const { bound, said } = bounded(used);
		await writeDiskBound(folder.path, 10 * gibibyte);
		const machine = { freeDiskBytes: 1e12, freeMemoryBytes: 1e12, load: 0 };
		const room = new MachineRoom({ slots: 1, machine: () => machine, bound: () => bound.shortage() });
		const seen: (string | null)[] = [];
		for (const now of [5, 9, 12, 12, 4]) {
			used.now = now * gibibyte;
			await bound.look();
			seen.push(room.shortage());
		}
		const full = expect.stringMatching(
			/^source, state and downloads take 12\.0 GiB of disk, at most 10\.0 GiB are allowed: make room/,
		);
		expect(seen).toEqual([null, null, full, full, null]);
		expect(said).toEqual(['disk.filling', 'disk.full', 'disk.room']);
		expect(await readDiskUsed(folder.path, 10 * gibibyte)).toBe(4 * gibibyte);
	});

	it('is looked at when somebody asks, twice a minute at most, and not at all where there is none', async () => {
		const used = { now: 1 };
		const { bound, clock, looks } = bounded(used);
		bound.shortage();
		await bound.look();
		expect(looks()).toBe(0);
		await writeDiskBound(folder.path, gibibyte);
		for (const look of [1, 2, 3]) {
			used.now = look;
			await clock.advance(29_000);
			bound.shortage();
			await clock.advance(1_000);
			bound.shortage();
			bound.shortage();
			await expect.poll(() => readDiskUsed(folder.path, gibibyte)).toBe(look);
			expect(looks()).toBe(look);
		}
	});

	it('is none where nothing can be measured, or what stands in its file is no number', async () => {
		const { bound } = bounded({ now: null });
		await writeDiskBound(folder.path, 1);
		await bound.look();
		expect(bound.shortage()).toBeNull();
		const other = bounded({ now: 9 }).bound;
		writeFileSync(join(folder.path, 'state/disk-bound'), '1e1 or so');
		await other.look();
		expect(other.shortage()).toBeNull();
		writeFileSync(join(folder.path, 'state/disk-used'), '12');
		expect(await readDiskUsed(folder.path, 1)).toBeNull();
		expect(await readDiskUsed(join(folder.path, 'gone'), 1)).toBeNull();
	});

	it('counts what the kernel has given to source and state, and a file with two names once', async () => {
		const project = join(folder.path, 'source');
		mkdirSync(project);
		execFileSync('dd', ['if=/dev/zero', `of=${join(project, 'a')}`, 'bs=1M', 'count=8'], { stdio: 'ignore' });
		linkSync(join(project, 'a'), join(folder.path, 'state/b'));
		const taken = (await takenBy([join(folder.path, 'state'), project])) ?? 0;
		expect(taken / 1024 ** 2).toBeGreaterThanOrEqual(8);
		expect(taken / 1024 ** 2).toBeLessThan(9);
		expect(await takenBy([join(folder.path, 'nowhere')])).toBe(0);
		const joinFile = join(folder.path, 'state/join-token');
		await writeDiskBound(folder.path, gibibyte);
		const bound = diskBoundOf({ joinFile, project, caches: null }, { clock: new SimClock(), log: silent });
		await bound.look();
		expect(Number(readFileSync(join(folder.path, 'state/disk-used'), 'utf8'))).toBeGreaterThan(8 * 1024 ** 2);
	});
});
