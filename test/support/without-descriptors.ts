/** A process whose table of descriptors is full starts runs, looks at them and ends one; says what came of each, as JSON. */
import { closeSync, openSync } from 'node:fs';
import { createProcesses } from '../../node/agents/processes/index.ts';
import type { ProcessSpec } from '../../shared/ports/index.ts';
import { runProgram } from '../../shared/provision/run-program.ts';
import { plainEnv, temporaryStage, unconfined } from './hostile-tree.ts';

const processes = await createProcesses({
	scope: `full-${process.pid}`,
	anchors: ['marker'],
	stage: temporaryStage(),
});
const specOf = (id: string, argv: ProcessSpec['argv']): ProcessSpec => ({
	...{ id, argv, cwd: '/', env: plainEnv, confinement: unconfined },
});
const living = processes.start(specOf('living', ['sleep', '600']));
const held: number[] = [];
try {
	for (;;) held.push(openSync('/dev/null', 'r'));
} catch {
	// That is what was wanted.
}
const run = processes.start(specOf('refused', ['true']));
const exited = await run.exited;
const activity = processes.activity('living');
const keys = await runProgram('ssh-keygen', []);
const written = run.write('x');
const ended = living.stop(0);
setTimeout(() => {
	for (const file of held) closeSync(file);
}, 100);
const stopped = await ended;
await run.stop(0);
// What was to end the program that did not begin still has its time.
process.stdout.write(JSON.stringify({ exited, written, activity, keys, stopped }), () => process.exit());
