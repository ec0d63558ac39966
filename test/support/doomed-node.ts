/** A node that is to be killed: starts a confined and an unconfined tree, says so, and waits. Arguments: scope, anchor, number, stage. */
import { createProcesses } from '../../node/agents/processes/index.ts';
import type { Anchor } from '../../shared/ports/index.ts';
import { plainEnv } from './hostile-tree.ts';

const [scope = '', anchor = '', number = '', stage = ''] = process.argv.slice(2);
const processes = await createProcesses({ scope, anchors: [anchor as Anchor], stage });
const script = `trap '' TERM; (setsid sh -c 'sleep ${number}; :' &); echo up; sleep ${number}; :`;
let up = 0;
for (const [id, hidden] of [
	['plain', []],
	['confined', ['/srv']],
] as const) {
	processes.start({
		id,
		argv: ['sh', '-c', script],
		cwd: '/',
		env: plainEnv,
		confinement: { hidden, readOnly: [], writable: [] },
		onOutput: () => {
			up += 1;
			if (up === 2) process.stdout.write('up\n');
		},
	});
}
