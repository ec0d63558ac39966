/** What a million inputs may leave behind: next to nothing in memory, no open file. */
import { readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'vitest';

/** Compiled code, patterns and schemas that the first inputs made; not what each input left. */
const heapBytesMax = 64 * 1024 * 1024;

export interface Watched {
	/** After the garbage was collected. */
	expectBounded(): Promise<void>;
}

export function watchResources(): Watched {
	setFlagsFromString('--expose-gc');
	const collect = runInNewContext('gc') as () => void;
	collect();
	const before = { heap: process.memoryUsage().heapUsed, files: filesOpen() };
	return {
		async expectBounded() {
			await expect.poll(filesOpen, { timeout: 60_000 }).toBeLessThanOrEqual(before.files + 20);
			collect();
			expect(process.memoryUsage().heapUsed - before.heap).toBeLessThan(heapBytesMax);
		},
	};
}

const filesOpen = (): number => readdirSync('/proc/self/fd').length;
