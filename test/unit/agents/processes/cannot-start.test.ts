/** A program that the kernel does not begin is a run that was not started, never an error of the node. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { createProcesses } from '../../../../node/agents/processes/index.ts';
import { plainEnv, removeStage, temporaryStage, unconfined } from '../../../support/hostile-tree.ts';

test('a run whose words are too many for the kernel was not started', async () => {
	const stage = temporaryStage();
	const processes = await createProcesses({ scope: `long-${process.pid}`, anchors: ['marker'], stage });
	for (const argument of ['x'.repeat(200_000), 'a\0b']) {
		const run = processes.start({
			...{ id: 'long', argv: ['echo', argument], cwd: '/', env: plainEnv, confinement: unconfined },
		});
		expect(await run.exited).toMatchObject({ kind: 'notStarted' });
		expect(await run.stop(0)).toEqual({ kind: 'empty', killed: 0 });
	}
	removeStage();
});

test('[I5] a node without a free descriptor starts nothing, and ends what runs when it can look at it again', async () => {
	const program = new URL('../../../support/without-descriptors.ts', import.meta.url).pathname;
	const { stdout } = await promisify(execFile)('sh', ['-c', 'ulimit -n 64; exec "$0" "$1"', process.execPath, program]);
	expect(JSON.parse(stdout)).toEqual({
		exited: { kind: 'notStarted', reason: expect.stringContaining('EMFILE') },
		written: false,
		activity: null,
		keys: { code: null, stdout: '', stderr: expect.stringContaining('EMFILE') },
		stopped: { kind: 'empty', killed: expect.any(Number) },
	});
});
