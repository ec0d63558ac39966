/** Doors for what other nodes, joiners and browsers send, at the decoders: no state, so nothing to change in part. */
import {
	readMessage,
	writeAwareness,
	writeDifference,
	writeStateVector,
	writeUpdate,
} from '../../../gateway/edge/wire.ts';
import { checkUpdate } from '../../../shared/documents/bounded-update.ts';
import { decodeSegment, encodeSegment, isCoveredBy, segmentHash } from '../../../shared/documents/index.ts';
import { parseBundleHeader } from '../../../shared/git/bundle-header.ts';
import { decodeFlush, parseJson } from '../../../shared/log/index.ts';
import { encodeFrame, FrameDecoder } from '../../../shared/mesh/frame-decoder.ts';
import { joinAnswerSchema, joinRequestSchema } from '../../../shared/mesh/join/messages.ts';
import { formatToken, parseToken } from '../../../shared/mesh/join/token.ts';
import { decode, pullerSchema, serverSchema } from '../../../shared/mesh/pack/messages.ts';
import { BodyAssembler, decodeFrame } from '../../../shared/mesh/rpc/frames.ts';
import { decodeDigests, decodeMessage, decodeTexts } from '../../../shared/mesh/sync/wire.ts';
import { decodeError, encodeError } from '../../../shared/mesh/wire-error.ts';
import { frameBytesMax, ganglineError } from '../../../shared/ports/index.ts';
import { makeItem, projectOne } from '../facts.ts';
import type { Dice } from './dice.ts';
import type { Door } from './door.ts';
import { jsonText, spoilValue } from './json.ts';
import { bytesFrom, jsonFrom, textFrom } from './makers.ts';
import type { Recorded } from './recorded.ts';
import { sampleUpdates, updatesFrom } from './updates.ts';

const digest = 'ab'.repeat(32);
const author = `n${'1'.repeat(16)}.01234567.edge`;
const node = `n${'1'.repeat(16)}`;
const publicKey = Buffer.alloc(32, 7).toString('base64');

export function wireDoors(recorded: Recorded): readonly Door[] {
	const ofNodes = [...syncDoors(recorded), ...rpcDoors(recorded), ...packDoors, ...joinDoors];
	return [...ofNodes, ...documentDoors, ...edgeDoors, ...textDoors];
}

function bytesDoor(door: Omit<Door<Uint8Array>, 'isBytes'>): Door<Uint8Array> {
	return { ...door, isBytes: true };
}

/** JSON as bytes, around these values. */
const jsonBytes = (samples: readonly unknown[], max = frameBytesMax): ((dice: Dice) => Uint8Array) => {
	const make = jsonFrom(samples, max);
	return (dice) => Buffer.from(make(dice));
};

function syncDoors(recorded: Recorded): readonly Door<Uint8Array>[] {
	const frames = recorded['/gangline/sync/1'];
	const spoilt = bytesFrom(frames, frameBytesMax + 10);
	return [
		bytesDoor({
			name: 'frames of sync',
			covers: ['/gangline/sync/1', 'shared/mesh/sync/wire.ts'],
			weight: 4,
			make: (dice) => (dice.once(2) ? spoilt(dice) : spoiltHeader(dice, dice.pick(frames))),
			feed: (frame) => decodeMessage(frame),
		}),
		bytesDoor({
			name: 'digests of logs',
			covers: ['shared/mesh/sync/wire.ts'],
			make: jsonBytes([[[author, 3, digest]], [], Array.from({ length: 50 }, (_, n) => [author, n + 1, digest])]),
			feed: (payload) => decodeDigests(payload),
		}),
		bytesDoor({
			name: 'digests of texts',
			covers: ['shared/mesh/sync/wire.ts'],
			make: jsonBytes([[['a', digest]], []]),
			feed: (payload) => decodeTexts(payload),
		}),
		bytesDoor({
			name: 'frames on a byte stream',
			covers: ['shared/mesh/frame-decoder.ts'],
			make: bytesFrom(frames.slice(0, 60).map((frame) => encodeFrame(frame))),
			feed: (bytes) => {
				const decoder = new FrameDecoder(64 * 1024);
				const half = bytes.length >> 1;
				return [...decoder.decode(bytes.subarray(0, half)), ...decoder.decode(bytes.subarray(half))];
			},
		}),
	];
}

/** A frame of sync with a header that says something else. */
function spoiltHeader(dice: Dice, frame: Uint8Array): Uint8Array {
	const { message, payload } = decodeMessage(frame);
	const header = Buffer.from(jsonText(spoilValue(dice, message, 40_000)));
	const length = Buffer.alloc(2);
	length.writeUInt16BE(header.length & 0xffff);
	return Buffer.concat([length, header, payload]);
}

function rpcDoors(recorded: Recorded): readonly Door<Uint8Array>[] {
	return [
		bytesDoor({
			name: 'frames of rpc',
			covers: ['/gangline/rpc/1', 'shared/mesh/rpc/frames.ts'],
			weight: 3,
			make: bytesFrom(recorded['/gangline/rpc/1'], frameBytesMax),
			feed: (frame) => {
				const assembler = new BodyAssembler();
				return [assembler.take(decodeFrame(frame)), assembler.take(decodeFrame(frame))];
			},
		}),
		bytesDoor({
			name: 'errors of others',
			covers: ['shared/mesh/wire-error.ts'],
			make: jsonBytes(
				[ganglineError('REFUSED', 'no', { hint: 'yes', data: { a: 1 } }), new Error('x')].map((error) =>
					JSON.parse(Buffer.from(encodeError(error)).toString()),
				),
			),
			// What was taken must be fit to be told to a person, logged and sent on.
			feed: (body) => Buffer.from(encodeError(decodeError(body))).toString(),
		}),
	];
}

const commit = 'a'.repeat(40);
const want = {
	kind: 'want',
	project: projectOne,
	ref: 'refs/heads/main',
	commit,
	have: [commit],
	offset: 0,
	sha256: digest,
};
const words = (value: unknown): Uint8Array => Buffer.concat([Buffer.from([0]), Buffer.from(jsonText(value))]);

const packDoors: readonly Door<Uint8Array>[] = [
	bytesDoor({
		name: 'words of who pulls',
		covers: ['/gangline/pack/1', 'shared/mesh/pack/messages.ts'],
		make: packWords([want, { kind: 'credit', bytes: 1 }]),
		feed: (frame) => decode(pullerSchema, frame),
	}),
	bytesDoor({
		name: 'words of who serves a pack',
		covers: ['/gangline/pack/1', 'shared/mesh/pack/messages.ts'],
		make: packWords([
			{ kind: 'begin', offset: 0 },
			{ kind: 'wait' },
			{ kind: 'done', bytes: 5, sha256: digest },
			{ kind: 'error', error: { code: 'REFUSED', message: 'no' } },
		]),
		feed: (frame) => decode(serverSchema, frame),
	}),
	bytesDoor({
		name: 'headers of bundles',
		covers: ['shared/git/bundle-header.ts'],
		make: bytesFrom(
			[
				`# v2 git bundle\n-${commit} x\n${commit} refs/heads/main\n\nPACK`,
				`# v3 git bundle\n@object-format=sha256\n${'b'.repeat(64)} refs/heads/main\n\nPACK`,
			].map((text) => Buffer.from(text)),
			80 * 1024,
		),
		feed: (bytes) => parseBundleHeader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)),
	}),
];

function packWords(samples: readonly unknown[]): (dice: Dice) => Uint8Array {
	const json = jsonFrom(samples, frameBytesMax - 1);
	const spoilt = bytesFrom(samples.map(words));
	return (dice) =>
		dice.once(3)
			? spoilt(dice)
			: Buffer.concat([Buffer.from([dice.once(20) ? dice.below(256) : 0]), Buffer.from(json(dice))]);
}

const request = {
	v: 1,
	mesh: projectOne,
	secret: 'A'.repeat(22),
	hostName: 'laptop',
	wish: { name: 'laptop', duties: ['work'], worksFor: 'all', homeFor: [], slots: { total: 2 }, labels: ['gpu'] },
	addresses: ['/ip4/192.0.2.7/tcp/7421'],
	version: '0.1.0',
};
const joined = {
	kind: 'joined',
	node: { id: node, name: 'laptop', publicKey, addresses: [] },
	already: false,
	gatewayName: 'gate',
	version: '0.1.0',
	registryBytes: 5,
};

const joinDoors: readonly Door<Uint8Array>[] = [
	bytesDoor({
		name: 'requests to join',
		covers: ['/gangline/join/1', 'shared/mesh/join/messages.ts', 'shared/mesh/join/serve-join.ts'],
		make: jsonBytes([request], 64 * 1024),
		feed: (frame) => orRefused(joinRequestSchema.safeParse(jsonOrNull(frame)).data),
	}),
	bytesDoor({
		name: 'answers to who joins',
		covers: ['/gangline/join/1', 'shared/mesh/join/join-mesh.ts'],
		make: jsonBytes([joined, { kind: 'refused', reason: 'used', message: 'no', hint: null }]),
		feed: (frame) => orRefused(joinAnswerSchema.safeParse(jsonOrNull(frame)).data),
	}),
];

/** As both ends of joining read a frame. */
function jsonOrNull(frame: Uint8Array): unknown {
	try {
		return parseJson(Buffer.from(frame).toString('utf8'));
	} catch {
		return null;
	}
}

/** Both ends hang up on what is none. */
function orRefused<T>(read: T | undefined): T {
	if (read === undefined) throw ganglineError('MALFORMED', 'it is hung up on');
	return read;
}

const segment = encodeSegment(projectOne, 1, [makeItem('a'), makeItem('b')]).bytes;
const flushes = [
	{
		v: 1,
		kind: 'entries',
		project: projectOne,
		author,
		first: 1,
		previous: digest,
		entries: ['{}'],
		signature: 'A'.repeat(86),
		opening: { publicKey, predecessor: null },
	},
	{ v: 1, kind: 'trimmed', project: projectOne, author, n: 4, hash: digest, publicKey, signature: 'A'.repeat(86) },
	{
		v: 1,
		kind: 'void',
		project: projectOne,
		author,
		first: 1,
		last: 4,
		hash: digest,
		publicKey,
		signer: publicKey,
		reason: 'x',
		signature: 'A'.repeat(86),
	},
];
const vectors = [Uint8Array.of(0), Uint8Array.of(1, 5, 9), Uint8Array.of(2, 5, 9, 0xff, 0xff, 0xff, 0xff, 0x0f, 3)];

const documentDoors: readonly Door<Uint8Array>[] = [
	bytesDoor({
		name: 'updates of records, before Yjs',
		covers: ['shared/documents/bounded-update.ts', 'shared/documents/byte-reader.ts'],
		weight: 3,
		make: updatesFrom('records', 256 * 1024),
		feed: (update) => checkUpdate(update, { root: 'facts', kind: 'records' }),
	}),
	bytesDoor({
		name: 'updates of texts, before Yjs',
		covers: ['shared/documents/bounded-update.ts', 'shared/documents/byte-reader.ts'],
		weight: 3,
		make: updatesFrom('text', 256 * 1024),
		feed: (update) => checkUpdate(update, { root: 'text', kind: 'text' }),
	}),
	bytesDoor({
		name: 'state vectors',
		covers: ['shared/documents/wire.ts'],
		make: bytesFrom(vectors, 128 * 1024),
		feed: (vector) => [isCoveredBy(vector, vectors[1] ?? vector), isCoveredBy(vectors[1] ?? vector, vector)],
	}),
	bytesDoor({
		name: 'segments',
		covers: ['shared/documents/segment.ts'],
		make: jsonBytes([JSON.parse(segment.toString())], 256 * 1024),
		// As the index names them: by what they are, or by what they were before.
		feed: (bytes) => decodeSegment(bytes, { project: projectOne, hash: segmentHash(bytes) }),
	}),
	bytesDoor({
		name: 'flushes of logs',
		covers: ['shared/log/flush.ts'],
		weight: 2,
		make: jsonBytes(flushes),
		feed: (bytes) => decodeFlush(bytes),
	}),
];

const edgeMessages = [
	...vectors.map((vector) => writeStateVector(vector)),
	...sampleUpdates('text').flatMap((update) => [writeDifference(update), writeUpdate(update)]),
	writeAwareness([
		{ client: 5, clock: 1, state: '{"cursor":3}' },
		{ client: 6, clock: 2, state: 'null' },
	]),
	Uint8Array.of(3),
];

const edgeDoors: readonly Door<Uint8Array>[] = [
	bytesDoor({
		name: 'messages of y-websocket',
		covers: ['gateway/edge/wire.ts'],
		weight: 2,
		make: bytesFrom(edgeMessages, frameBytesMax),
		feed: (message) => readMessage(message),
	}),
];

const token = formatToken({
	mesh: projectOne,
	gateway: { node: node as never, publicKey: new Uint8Array(32).fill(7), addresses: ['/ip4/192.0.2.7/tcp/7421'] },
	secret: new Uint8Array(16).fill(3),
	build: digest,
});

const textDoors: readonly Door<string>[] = [
	{
		name: 'join tokens',
		covers: ['shared/mesh/join/token.ts'],
		make: textFrom([token, ` ${token}\n`]),
		feed: (text) => parseToken(text),
	},
];
