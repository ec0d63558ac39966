/** What folders take on this machine's disk, counted by `du`. */
import { execFile } from 'node:child_process';

const duMsMax = 10 * 60_000;

/** Bytes that the kernel has given to folders, files with several names once; null where that cannot be known. */
export function takenBy(folders: readonly string[]): Promise<number | null> {
	return new Promise((resolve) => {
		const args = ['-scx', '--block-size=1', '--', ...folders];
		// Files that go while it looks make it end with 1; its last line is the sum all the same.
		execFile('du', args, { timeout: duMsMax }, (error, stdout) => {
			const sum = /^([0-9]+)\t/.exec(stdout.trimEnd().split('\n').at(-1) ?? '')?.[1];
			resolve(error?.killed === true || sum === undefined ? null : Number(sum));
		});
	});
}
