/** Before anything starts: a machine says only of those agents that it can run them whose program it has. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { availableRuntimes, canRun } from '../../../node/agents/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'programs-'));
afterAll(() => rmSync(folder, { recursive: true }));
const write = (name: string, mode: number): void => {
	writeFileSync(join(folder, name), '#!/bin/sh\n');
	chmodSync(join(folder, name), mode);
};

it('leaves out an agent whose program is not there, or is none', () => {
	const able = () => [
		canRun({ runtime: 'shell' }, folder),
		canRun({ runtime: 'claude-code' }, folder),
		canRun({ runtime: 'codex' }, folder),
		canRun({ runtime: 'acp', command: ['opencode', 'acp'] }, folder),
	];
	expect(able()).toEqual([true, false, false, false]);
	write('claude', 0o644);
	expect(able()).toEqual([true, false, false, false]);
	for (const name of ['claude', 'opencode']) write(name, 0o755);
	expect(able()).toEqual([true, true, false, true]);
	expect(availableRuntimes(folder)).toEqual(['shell', 'claude-code', 'acp']);
});
