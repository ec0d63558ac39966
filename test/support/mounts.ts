/** Mounts for tests of disks that are full or read-only; only root may make them. Undone when disposed of. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const run = (program: string, ...args: string[]): void => void execFileSync(program, args, { stdio: 'ignore' });

/** Whether this user may mount here. */
export function canMount(): boolean {
	if (process.getuid?.() !== 0) return false;
	try {
		smallDisk('1m')[Symbol.dispose]();
		return true;
	} catch {
		return false;
	}
}

export interface SmallDisk extends Disposable {
	readonly folder: string;
}

/** An empty disk of `size` in a folder of its own. */
export function smallDisk(size: string): SmallDisk {
	const folder = mkdtempSync(join(tmpdir(), 'gangline-disk-'));
	try {
		run('mount', '-t', 'tmpfs', '-o', `size=${size},mode=0700`, 'gangline-test', folder);
	} catch (error) {
		rmdirSync(folder);
		throw error;
	}
	return {
		folder,
		[Symbol.dispose]: () => {
			run('umount', '-l', folder);
			rmdirSync(folder);
		},
	};
}

/** Gives a disk made by `smallDisk` another size. */
export function resize(folder: string, size: string): void {
	run('mount', '-o', `remount,size=${size}`, folder);
}

/** Makes `folder` read-only as it is. */
export function readOnlyView(folder: string): Disposable {
	run('mount', '--bind', folder, folder);
	run('mount', '-o', 'remount,bind,ro', folder);
	return { [Symbol.dispose]: () => run('umount', '-l', folder) };
}
