/** Mounts for tests of disks that are full or read-only; only root may make them. Undone when disposed of. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';

const run = (program: string, ...args: string[]): void => void execFileSync(program, args, { stdio: 'ignore' });

/** Whether this user may mount here, tried in `folder`. */
export function canMount(folder: string): boolean {
	if (process.getuid?.() !== 0) return false;
	try {
		smallDisk(folder, '1m')[Symbol.dispose]();
		return true;
	} catch {
		return false;
	}
}

/** An empty disk of `size` at `folder`, which is made. */
export function smallDisk(folder: string, size: string): Disposable {
	mkdirSync(folder, { recursive: true });
	run('mount', '-t', 'tmpfs', '-o', `size=${size},mode=0700`, 'gangline-test', folder);
	return { [Symbol.dispose]: () => run('umount', '-l', folder) };
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
