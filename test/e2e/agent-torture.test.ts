/**
 * Agents that misbehave, as real processes: floods, garbage, a closed stdout, no end, ever more processes. The node's
 * memory stays bounded, the session's end says what happened, and no process of it is left. A gigabyte is
 * for `scripts/test --long`.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
	type AgentSettings,
	createProcesses,
	createRuntime,
	runtimePrograms,
	type SessionEnd,
} from '../../node/agents/index.ts';
import type { Processes } from '../../shared/ports/index.ts';
import { SystemClock } from '../../shared/ports/system/index.ts';

const isLong = Boolean(process.env.GANGLINE_TEST_LONG);
const floodBytes = isLong ? 1024 ** 3 : 16 * 1024 ** 2;
/** What the collector of a test runner lets lie; a flood that is kept would be more in the long form. */
const grownMax = 384 * 1024 ** 2;

const folder = mkdtempSync(join(tmpdir(), 'gangline-torture-'));
let processes: Processes;
let runs = 0;

beforeAll(async () => {
	mkdirSync(join(folder, 'stage'));
	processes = await createProcesses({ scope: `torture-${process.pid}`, stage: join(folder, 'stage') });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const init = `echo '{"type":"system","subtype":"init","session_id":"s"}'`;
const done = `echo '{"type":"result","subtype":"success","is_error":false}'`;

/** One session of a `claude` that is this script. */
async function play(script: string, settings: Partial<AgentSettings> = {}): Promise<SessionEnd> {
	const program = join(folder, 'claude');
	writeFileSync(program, `#!/bin/sh\n${script}\n`);
	chmodSync(program, 0o755);
	const runtime = createRuntime(runtimePrograms['claude-code'], {
		processes,
		clock: new SystemClock(),
		isRoot: false,
		shellPath: '/bin/sh',
		programFor: () => program,
	});
	const session = runtime.start({
		runId: `run-${++runs}`,
		agent: {
			...{ runtime: 'claude-code', permissions: 'all', allow: [], env: [] },
			...{ max_turns: 5, timeout_seconds: 300, silence_seconds: 2 },
			...settings,
		},
		session: { kind: 'new', id: 'x' },
		prompt: 'p',
		description: '',
		cwd: folder,
		tmp: folder,
		env: { PATH: process.env.PATH ?? '/usr/bin:/bin' },
		confinement: { hidden: [], readOnly: [], writable: [] },
	});
	return await session.ended;
}

describe('a session whose agent', () => {
	it.each([
		['one endless line', `head -c ${floodBytes} /dev/zero | tr '\\0' x`],
		['lines of garbage', `yes 'no json at all' | head -c ${floodBytes}`],
		['errors', `yes 'it is broken' | head -c ${floodBytes} >&2`],
	])(
		'[I15] prints a flood of %s costs no memory, and goes on',
		async (_, flood) => {
			const before = process.memoryUsage().rss;
			const end = await play(`${init}; ${flood}; echo; ${done}`);
			expect(end).toMatchObject({ outcome: { kind: 'finished' }, tree: { kind: 'empty' } });
			expect(process.memoryUsage().rss - before).toBeLessThan(grownMax);
		},
		600_000,
	);

	it('[I12] closes its output and lives on is called stuck, with the evidence', async () => {
		const { outcome, tree } = await play(`${init}; exec >&- 2>&-; sleep 1000`);
		expect(outcome).toMatchObject({ kind: 'inactive', evidence: expect.stringContaining('sleep') });
		expect(tree).toMatchObject({ kind: 'empty' });
	}, 120_000);

	it('[I12] is silent and computes is let be until its time is up', async () => {
		const { outcome } = await play(`${init}; while :; do :; done`, { timeout_seconds: 8 });
		expect(outcome).toEqual({ kind: 'overBudget', which: 'time' });
	}, 120_000);

	it('[I5] [I15] becomes ever more processes is ended, and nothing of it lives', async () => {
		const { outcome, tree } = await play(`${init}; i=0; while [ $i -lt 1100 ]; do sleep 500 & i=$((i+1)); done; wait`, {
			silence_seconds: 200,
		});
		expect(outcome).toEqual({ kind: 'overBudget', which: 'processes' });
		expect(tree).toMatchObject({ kind: 'empty' });
	}, 120_000);
});
