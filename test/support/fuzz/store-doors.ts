/**
 * Doors for what lies on this machine's disk: the whole store under a spoilt map, each kind of record under its own
 * reader, and files beside it. A spoilt store shows what was written or names the damage, never anything else; a record
 * of another shape is refused in words or passed over.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readListening } from '../../../gateway/listening.ts';
import { SecretFile } from '../../../node/secret-file.ts';
import { loadOrCreateIdentity } from '../../../shared/log/index.ts';
import { readMembership } from '../../../shared/mesh/membership.ts';
import { ganglineError, type JsonValue, type Store } from '../../../shared/ports/index.ts';
import { openSimStore, SimDisk, SimLog, SimRandom } from '../../../shared/ports/sim/index.ts';
import { readProcessStat } from '../../../shared/project/api-file.ts';
import { readNote } from '../../../shared/provision/kept-state.ts';
import { decodePairs } from '../../../shared/store/dump.ts';
import { readMark } from '../../../shared/store/index.ts';
import { projectOne } from '../facts.ts';
import { identityNo } from '../registry-facts.ts';
import { spoilBytes } from './bytes.ts';
import type { Dice } from './dice.ts';
import type { Door } from './door.ts';
import { bytesFrom, jsonFrom, textFrom, valuesFrom } from './makers.ts';
import { type RecordKind, recordKinds } from './record-kinds.ts';
import { roomRecords } from './room-records.ts';

const random = new SimRandom('store doors');

export async function storeDoors(folder: string): Promise<readonly Door[]> {
	return [
		await diskDoor(),
		await dumpDoor(),
		...[...recordKinds, ...roomRecords].map(recordDoor),
		...fileDoors(folder),
	];
}

/** A store with streams, a compacted one and records, as it lies on a disk. */
async function sampleDisk(): Promise<SimDisk> {
	const disk = new SimDisk();
	const store = await openSimStore(disk);
	for (let i = 0; i < 6; i++) {
		await store.write([
			{ kind: 'append', stream: 'log/a', bytes: Buffer.from(`entry ${i}`) },
			{ kind: 'append', stream: 'doc/b', bytes: Buffer.from(`update ${i}`) },
			{ kind: 'put', key: `item/${i}`, value: { i, text: 'é' } },
		]);
	}
	await store.write([{ kind: 'compact', stream: 'doc/b', through: 4, snapshot: Buffer.from('snapshot') }]);
	await store.close();
	return disk;
}

type Spoilt = readonly (readonly [key: string, value: Uint8Array])[];

async function diskDoor(): Promise<Door<Spoilt>> {
	const { pairs, mark } = (await sampleDisk()).backup();
	const original = [...pairs];
	const written = new Set(original.map(([, value]) => Buffer.from(value).toString('latin1')));
	return {
		name: 'a spoilt store',
		covers: [
			'shared/store/open.ts',
			'shared/store/inspect.ts',
			'shared/store/layout.ts',
			'shared/store/chained-store.ts',
			'record store/incarnation',
		],
		weight: 2,
		make: (dice) => spoilPairs(dice, original),
		feed: async (spoilt) => {
			const disk = new SimDisk();
			disk.restore({ pairs: new Map(spoilt), mark });
			const log = new SimLog();
			const store = await openSimStore(disk, { log });
			await mustBeWritten(store, written);
			await store.write([{ kind: 'append', stream: 'log/a', bytes: Buffer.from('more') }]);
			await store.close();
			if (store.damaged.length > 0)
				throw ganglineError('STORE_DAMAGED', store.damaged.map(({ reason }) => reason).join('; '));
		},
	};
}

function spoilPairs(dice: Dice, original: Spoilt): Spoilt {
	const pairs = original.map(([key, value]) => [key, value] as [string, Uint8Array]);
	for (let times = 1 + dice.below(3); times > 0; times--) {
		const at = dice.below(pairs.length);
		const pair = pairs[at];
		if (!pair) break;
		const other = dice.pick(pairs);
		const kind = dice.below(6);
		if (kind === 0) pairs.splice(at, 1);
		else if (kind === 1) pair[1] = other[1];
		else if (kind === 2) pair[0] = spoilBytes(dice, Buffer.from(pair[0])).toString('latin1').slice(0, 200);
		else if (kind === 3) pairs.push([`${pair[0]}${dice.pick(['', '!', 'x', '0'])}`, other[1]]);
		else pair[1] = spoilBytes(dice, pair[1]);
	}
	return pairs;
}

/** Whatever the store shows was written by us, as it is shown. */
async function mustBeWritten(store: Store, written: ReadonlySet<string>): Promise<void> {
	const all = [...written];
	for (const stream of store.streams()) {
		for (const { bytes } of await store.read(stream)) {
			const text = Buffer.from(bytes).toString('latin1');
			if (!all.some((value) => value.endsWith(text)))
				throw new Error(`the stream ${stream} shows what nobody wrote: ${text}`);
		}
	}
	for (const { key, value } of await store.list('item/')) {
		const text = Buffer.from(JSON.stringify(value)).toString('latin1');
		if (!all.some((one) => one.endsWith(text))) throw new Error(`the record ${key} shows what nobody wrote: ${text}`);
	}
}

async function dumpDoor(): Promise<Door<Uint8Array>> {
	const store = await openSimStore(await sampleDisk());
	const parts: Uint8Array[] = [];
	for await (const part of store.dump()) parts.push(part);
	await store.close();
	return {
		name: 'a dump of a store',
		covers: ['shared/store/dump.ts', 'shared/store/sound-record.ts'],
		isBytes: true,
		make: bytesFrom([Buffer.concat(parts), ...parts.slice(0, 3)], 256 * 1024),
		feed: async (bytes) => {
			const pairs: unknown[] = [];
			for await (const [key, value] of decodePairs(inPieces(bytes)))
				pairs.push([key, Buffer.from(value).toString('hex')]);
			return createHash('sha256').update(JSON.stringify(pairs)).digest('hex');
		},
	};
}

async function* inPieces(bytes: Uint8Array): AsyncIterable<Uint8Array> {
	for (let at = 0; at < bytes.length; at += 1_000) yield bytes.subarray(at, at + 1_000);
}

/** The value is spoilt, its hash is right: another version or a hand wrote it. */
function recordDoor({ kind, in: file, at, isStream = false, samples, read }: RecordKind): Door {
	const values = valuesFrom(samples, 200_000);
	const texts = jsonFrom(samples, 200_000);
	return {
		name: `the record ${kind}`,
		covers: [isStream ? kind : `record ${kind}`, ...(file === undefined ? [] : [file])],
		make: (dice) => (isStream ? texts(dice) : values(dice)),
		feed: async (value) => {
			const store = await openSimStore();
			if (isStream) await store.write([{ kind: 'append', stream: at, bytes: Buffer.from(String(value)) }]);
			else await store.write([{ kind: 'put', key: at, value: value as JsonValue }]);
			return read(store);
		},
	};
}

function fileDoors(folder: string): readonly Door[] {
	const path = join(folder, 'file');
	const listening = { v: 1, hosts: [{ host: '192.0.2.7', port: null }], port: 7431 };
	const kept = { name: 'shop', path: '/home/ada/shop', removedAt: 5 };
	const publicKey = identityNo(1).publicKey;
	const membership = {
		...{ v: 1, mesh: projectOne },
		gateway: {
			node: identityNo(1).nodeId,
			publicKey: Buffer.from(publicKey).toString('base64'),
			addresses: ['/ip4/192.0.2.7/tcp/7431'],
		},
	};
	const secrets = { KEY: { value: 'hidden-value', changedAt: 5 }, OTHER: { value: '', changedAt: 6 } };
	const mark = 'gangline-mark 1 12 345 0123456789abcdef'.padEnd(95);
	const text = (
		name: string,
		covers: readonly string[],
		make: (dice: Dice) => string,
		read: () => unknown,
	): Door<string> => ({
		...{ name, covers, make },
		feed: (content) => {
			writeFileSync(path, content, { mode: 0o600 });
			return read();
		},
		state: () => 'left as it was',
	});
	const pem =
		'-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n-----END PRIVATE KEY-----\n';
	return [
		text('mesh.json', ['shared/mesh/membership.ts'], jsonFrom([membership]), () => readMembership(path)),
		text('where a gateway listens', ['gateway/listening.ts'], jsonFrom([listening]), () => readListening(path)),
		text('whose state was kept', ['shared/provision/kept-state.ts'], jsonFrom([kept]), () => readNote(path)),
		text('the mark of a store', ['shared/store/mark-file.ts'], textFrom([mark]), () => readMark(path)),
		text('the secrets of a node', ['node/secret-file.ts'], jsonFrom([secrets]), () => {
			const file = new SecretFile(path);
			const before = file.list().length;
			file.set('ADDED', 'another-value', 7);
			const read = new SecretFile(path);
			if (read.list().length < before) throw new Error('a secret was lost while another was set');
			return [read.valuesOf(['KEY', 'toString']), read.redact('a hidden-value in a line')];
		}),
		text("a node's key", ['shared/log/identity-file.ts'], textFrom([pem]), async () => {
			const before = readFileSync(path);
			const identity = await loadOrCreateIdentity(path, random).finally(() => {
				if (!readFileSync(path).equals(before)) throw new Error('a key was overwritten');
			});
			return identity.nodeId;
		}),
		text(
			'what the kernel says of a process',
			['shared/project/api-file.ts'],
			textFrom(['12 (a b) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20']),
			() => readProcessStat(readFileSync(path, 'utf8')),
		),
	];
}
