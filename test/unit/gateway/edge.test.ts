/** Lines to the edge that are refused, and how much is read from one whose changes are slow to be kept. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import * as Y from 'yjs';
import { Connection } from '../../../gateway/edge/connection.ts';
import { FirstAnswers } from '../../../gateway/edge/first-answers.ts';
import { serveDocuments } from '../../../gateway/edge/index.ts';
import { PresenceRoom } from '../../../gateway/edge/presence-room.ts';
import { writeUpdate } from '../../../gateway/edge/wire.ts';
import { SimClock, SimLog } from '../../../shared/ports/sim/index.ts';

it('leaves no line open to who was refused and does not hang up', async () => {
	const http = createServer();
	const documents = serveDocuments({
		...{
			wrongOrigin: () => null,
			callerOf: async () => null,
			open: () => Promise.reject(new Error('nobody comes in')),
		},
		...{ clock: new SimClock(), log: new SimLog() },
	});
	documents.attach(http);
	http.listen(0, '127.0.0.1');
	await once(http, 'listening');
	const lines = new Set<Promise<unknown>>();
	http.on('connection', (socket) => lines.add(once(socket, 'close')));
	const { port } = http.address() as AddressInfo;
	const asker = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
	asker.on('error', () => undefined);
	asker.write('GET /other HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nand more');
	expect(await textOf(asker)).toMatch(/^HTTP\/1\.1 404/);
	await Promise.all(lines);
	asker.destroy();
	await documents.stop();
	await new Promise((resolve) => http.close(resolve));
});

it('[I15] reads nothing more while one of its changes is on its way to the disk', async () => {
	const doc = new Y.Doc();
	const updates: Uint8Array[] = [];
	doc.on('update', (update: Uint8Array) => updates.push(update));
	for (let n = 0; n < 3; n += 1) doc.getText('text').insert(0, `${n}`);
	const steps: PromiseWithResolvers<void>[] = [];
	let isHeld = false;
	const connection = new Connection({
		socket: {
			send: () => undefined,
			waitingBytes: 0,
			hold: () => {
				isHeld = true;
			},
			goOn: () => {
				isHeld = false;
			},
			close: () => undefined,
		},
		document: {
			...{ name: 'p/text/i', stateVector: Uint8Array.of(0), difference: () => Uint8Array.of(0, 0) },
			subscribe: () => () => undefined,
			apply: async () => {
				const step = Promise.withResolvers<void>();
				steps.push(step);
				await step.promise;
				return 'applied';
			},
		},
		...{ mayWrite: true, person: 'ada', from: 'edge of ada', room: new PresenceRoom(), first: new FirstAnswers() },
		log: new SimLog(),
	});
	// As they come in one packet.
	for (const update of updates) connection.take(writeUpdate(update));
	for (let done = 0; done < updates.length; done += 1) {
		await new Promise((resolve) => setImmediate(resolve));
		expect({ done, isHeld }).toEqual({ done, isHeld: true });
		steps[done]?.resolve();
	}
	await new Promise((resolve) => setImmediate(resolve));
	expect(isHeld).toBe(false);
	connection.end();
});
