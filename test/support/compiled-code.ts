/**
 * For the whole run of a kind of tests that starts processes: one folder for compiled code, handed on by each world to
 * the processes in it. Each world has a state folder of its own, so each would compile everything anew; that took half of
 * all end-to-end tests. Vitest calls this once before the kind and calls what it answers once after.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export function setup(): () => void {
	const folder = mkdtempSync(join(tmpdir(), 'gangline-compiled-'));
	process.env.NODE_COMPILE_CACHE = folder;
	return () => rmSync(folder, { recursive: true, force: true });
}
