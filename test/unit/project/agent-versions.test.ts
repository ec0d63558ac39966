/** What a program's answer about its version means. */
import { expect, it } from 'vitest';
import { judgeVersion } from '../../../shared/project/index.ts';

it.each([
	['claude-code', '2.1.329 (Claude Code)\n', 'fine'],
	['claude-code', '2.2.0 (Claude Code)', 'fine'],
	['claude-code', 'v10.0.0', 'fine'],
	['claude-code', '2.1.197 (Claude Code)', 'old'],
	['claude-code', '1.999.999', 'old'],
	['codex', 'codex-cli 0.169.0', 'fine'],
	['codex', 'codex-cli 1.0.0-beta.2', 'fine'],
	['codex', 'codex-cli 0.16.900', 'old'],
	['codex', 'WARNING: 3 plugins\ncodex-cli 0.168.12', 'old'],
	['codex', '', 'unknown'],
	['codex', 'codex 1', 'unknown'],
	['codex', 'built with 1.2.3.4 on 127.0.0.1', 'unknown'],
] as const)('of %s, %j is %s', (runtime, answer, kind) => {
	expect(judgeVersion(runtime, answer).kind).toBe(kind);
});
