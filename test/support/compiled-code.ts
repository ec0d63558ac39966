/**
 * For the whole run of a kind of tests that starts processes: one folder for compiled code, handed on by each world to
 * the processes in it. Each world has a state folder of its own, so each would compile everything anew; that took half of
 * all end-to-end tests. Vitest calls `setup` once before and `teardown` once after.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let folder: string | null = null;

export function setup(): void {
	folder = mkdtempSync(join(tmpdir(), 'gangline-compiled-'));
	process.env.NODE_COMPILE_CACHE = folder;
}

export function teardown(): void {
	if (folder !== null) rmSync(folder, { recursive: true, force: true });
}
