/**
 * One change of a document, from one WebSocket client to a hundred others: until the last has it. Ours has it on disk
 * before anyone sees it, `@hocuspocus/server` keeps it in memory. The clients are the same on both sides: they count
 * what comes and apply nothing, so what is measured is the server.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { WebSocket } from 'ws';
import * as Y from 'yjs';
import { alternate, cpuMsOf } from './alternate.ts';
import { type BenchResult, judged } from './result.ts';
import type { BenchOptions } from './run.ts';

const readers = 100;
const document = 'p/text/i';
const kinds = { sync: 0, auth: 2 } as const;
const steps = { stateVector: 0, difference: 1, update: 2 } as const;

/** What stands before each message: nothing at ours, the document's name at the peer. */
type Prefix = (encoder: encoding.Encoder) => void;

export async function measureEdge({ quick }: BenchOptions): Promise<BenchResult> {
	const folder = mkdtempSync(join(tmpdir(), 'gangline-bench-'));
	const [ours, peer] = [await startServer('ours', join(folder, 'store')), await startServer('hocuspocus', '')];
	try {
		const own = await openRoom(`ws://127.0.0.1:${ours.port}/sync/${document}`, () => {}, false);
		const named: Prefix = (encoder) => encoding.writeVarString(encoder, document);
		const other = await openRoom(`ws://127.0.0.1:${peer.port}/`, named, true);
		const measured = await alternate(
			{ once: own.change, cpuMs: () => cpuMsOf(ours.child.pid) },
			{ once: other.change, cpuMs: () => cpuMsOf(peer.child.pid) },
			{ rounds: quick ? 6 : 20, perRound: quick ? 20 : 50, warmUp: 100 },
		);
		own.close();
		other.close();
		return judged({
			...measured,
			name: `one change to ${readers} WebSocket clients`,
			unit: 'ms',
			peer: { ...measured.peer, name: '@hocuspocus/server 4.7, in memory' },
			goals: [{ of: 'ratio', atMost: 1 }],
			note: 'processor time is the server’s alone; ours includes a synced write',
		});
	} finally {
		for (const { child } of [ours, peer]) {
			child.stdin?.end();
			await once(child, 'exit');
		}
		rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
	}
}

async function startServer(side: string, folder: string): Promise<{ child: ChildProcess; port: number }> {
	const program = fileURLToPath(new URL('./edge-server.ts', import.meta.url));
	const child = spawn(process.execPath, [program, side, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
	const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
	return { child, port: Number(JSON.parse(line).port) };
}

interface Room {
	/** Writes one character and resolves when every reader has it. */
	change(): Promise<void>;
	close(): void;
}

async function openRoom(url: string, prefix: Prefix, logsIn: boolean): Promise<Room> {
	let missing = 0;
	let done = (): void => {};
	const heard = (): void => {
		missing -= 1;
		if (missing === 0) done();
	};
	const sockets: WebSocket[] = [];
	for (let at = 0; at < readers; at += 1) sockets.push(await openClient({ url, prefix, logsIn, heard }));
	const writer = await openClient({ url, prefix, logsIn, heard: () => {} });
	const doc = new Y.Doc();
	doc.on('update', (update: Uint8Array) => writer.send(syncMessage(prefix, steps.update, update)));
	const change = (): Promise<void> =>
		new Promise((resolve) => {
			missing = readers;
			done = resolve;
			doc.getText('text').insert(0, 'x');
		});
	return {
		change,
		close: () => {
			for (const socket of [...sockets, writer]) socket.terminate();
		},
	};
}

/** Open when it has had its first answer; `heard` is called for each change after that. */
async function openClient(options: {
	readonly url: string;
	readonly prefix: Prefix;
	readonly logsIn: boolean;
	readonly heard: () => void;
}): Promise<WebSocket> {
	const { url, prefix, logsIn, heard } = options;
	const socket = new WebSocket(url, { perMessageDeflate: false });
	await once(socket, 'open');
	const synced = new Promise<void>((resolve) => {
		socket.on('message', (data: Buffer) => {
			const step = syncStepOf(data, logsIn);
			if (step === steps.difference) resolve();
			if (step === steps.update) heard();
		});
	});
	if (logsIn) socket.send(authMessage(prefix));
	socket.send(syncMessage(prefix, steps.stateVector, Uint8Array.of(0)));
	await synced;
	return socket;
}

function syncMessage(prefix: Prefix, step: number, payload: Uint8Array): Uint8Array {
	return encoded((encoder) => {
		prefix(encoder);
		encoding.writeVarUint(encoder, kinds.sync);
		encoding.writeVarUint(encoder, step);
		encoding.writeVarUint8Array(encoder, payload);
	});
}

/** The peer wants a token before anything else, also where it asks nobody about it. */
function authMessage(prefix: Prefix): Uint8Array {
	return encoded((encoder) => {
		prefix(encoder);
		encoding.writeVarUint(encoder, kinds.auth);
		encoding.writeVarUint(encoder, 0);
		encoding.writeVarString(encoder, 'token');
	});
}

function encoded(write: (encoder: encoding.Encoder) => void): Uint8Array {
	const encoder = encoding.createEncoder();
	write(encoder);
	return encoding.toUint8Array(encoder);
}

/** Null for what is no sync message. */
function syncStepOf(data: Buffer, isNamed: boolean): number | null {
	const decoder = decoding.createDecoder(data);
	if (isNamed) decoding.readVarString(decoder);
	return decoding.readVarUint(decoder) === kinds.sync ? decoding.readVarUint(decoder) : null;
}
