/**
 * A server of one document as a process of its own: `ours FOLDER`, the edge over a real store, which passes on nothing
 * that is not on disk; or `hocuspocus`, which keeps it in memory. Says its port as a line of JSON, ends with its stdin.
 */
import { createServer } from 'node:http';
import { Server } from '@hocuspocus/server';
import { serveDocuments } from '../../gateway/edge/index.ts';
import { ItemText } from '../../shared/documents/index.ts';
import { SimLog } from '../../shared/ports/sim/index.ts';
import { SystemClock, SystemRandom } from '../../shared/ports/system/index.ts';
import { openStore } from '../../shared/store/index.ts';

const [side, folder = ''] = process.argv.slice(2);
process.stdin.resume().on('end', () => process.exit(0));
const port = side === 'ours' ? await serveOurs() : await serveHocuspocus();
process.stdout.write(`${JSON.stringify({ port })}\n`);

async function serveOurs(): Promise<number> {
	const log = new SimLog();
	const store = await openStore(folder, { log });
	const text = await ItemText.open({ store, project: 'p', item: 'i', random: new SystemRandom(), first: '' });
	const document = {
		name: text.name,
		get stateVector() {
			return text.stateVector;
		},
		difference: (vector?: Uint8Array) => text.difference(vector),
		subscribe: (listener: (update: Uint8Array) => void) => text.subscribe(({ update }) => listener(update)),
		apply: (update: Uint8Array, from: string) => text.apply(update, from),
	};
	const documents = serveDocuments({
		wrongOrigin: () => null,
		callerOf: async () => ({ person: 'ada', access: 'owner' }),
		open: async () => ({ kind: 'document', document, mayWrite: true, onClosed: () => () => {} }),
		clock: new SystemClock(),
		log,
	});
	const http = createServer();
	documents.attach(http);
	await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
	const address = http.address();
	return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

async function serveHocuspocus(): Promise<number> {
	const server = new Server({ port: 0, address: '127.0.0.1', quiet: true, stopOnSignals: false });
	await server.listen();
	return server.address.port;
}
