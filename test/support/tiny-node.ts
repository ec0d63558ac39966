/**
 * A process that is to the command line what a node is: a real API with a tiny home, a note, and an end after node.stop.
 * TINY_NODE=refuse ends at once with a logged error, TINY_NODE=crash without one, TINY_NODE=slow lives on for a moment. With the argument `gateway` it is one.
 */
import { writeFile } from 'node:fs/promises';
import { createApi } from '../../shared/http/index.ts';
import { SimLog } from '../../shared/ports/sim/sim-log.ts';
import { SystemClock } from '../../shared/ports/system/system-clock.ts';
import { stateFolder } from '../../shared/project/state-folder.ts';
import { tinyHome } from './tiny-home.ts';

const { TINY_NODE, GANGLINE_PORT } = process.env;
if (TINY_NODE === 'refuse') {
	const hint = 'choose another with `gangline start --port <number>`';
	console.log(
		JSON.stringify({ level: 'error', event: 'node.failed', code: 'PORT_IN_USE', message: 'port 7420 is taken', hint }),
	);
	process.exit(5);
}
if (TINY_NODE === 'crash') throw new Error('a bug in the node');

const home = tinyHome();
const stop = async () => {
	setImmediate(() => void api.stop());
	// One that has something to finish.
	if (TINY_NODE === 'slow') setTimeout(() => undefined, 300);
	return { pid: process.pid, answer: 'stopping', stopping: [] };
};
const handlers = { ...home.handlers, 'node.stop': stop, 'gateway.stop': stop };
const state = stateFolder(process.env);
const isGateway = process.argv.includes('gateway');
if (isGateway) await writeFile(state.gateway.identity, '', { mode: 0o600 });
const clock = new SystemClock();
const api = createApi({
	...home,
	handlers,
	token: 't'.repeat(40),
	person: 'ada',
	version: '0.1.0',
	log: new SimLog(),
	clock,
});
await api.listen({ port: isGateway ? 0 : Number(GANGLINE_PORT ?? 0), noteAt: (isGateway ? state.gateway : state).api });
process.on('SIGTERM', () => void api.stop());
