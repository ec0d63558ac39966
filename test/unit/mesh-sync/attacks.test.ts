/** A member that breaks the rules is named, cut off and not listened to; nothing of its message is kept [I13]. */
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { ProjectLogs } from '../../../shared/log/index.ts';
import { encodeMessage, type Message } from '../../../shared/mesh/sync/wire.ts';
import { intentSchema } from '../../../shared/pipeline/index.ts';
import type { ErrorCode } from '../../../shared/ports/index.ts';
import { openSimStore, SimLog } from '../../../shared/ports/sim/index.ts';
import { makeItem, projectOne } from '../../support/facts.ts';
import { SyncAttacker } from '../../support/sync-attacker.ts';
import { draftOf, SyncMesh, type SyncNode } from '../../support/sync-mesh.ts';

const bytesOf = (text: string): Uint8Array => Buffer.from(text);
const digest = 'ab'.repeat(32);
const half = digest.slice(0, 32);
const textA = `doc/${projectOne}/text/a`;
const index = `doc/${projectOne}/index/1`;

/** A frame whose header is this text. */
function frameOf(header: string, payload: Uint8Array = new Uint8Array()): Uint8Array {
	const bytes = Buffer.from(header);
	const length = Buffer.alloc(2);
	length.writeUInt16BE(bytes.byteLength & 0xffff);
	return Buffer.concat([length, bytes, payload]);
}

describe('[I13] a member that breaks the rules', () => {
	let mesh: SyncMesh;
	let victim: SyncNode;
	let attacker: SyncAttacker;
	let before: string;
	let updates: Uint8Array[];

	beforeEach(async () => {
		mesh = await SyncMesh.start('attacks', ['home', 'laptop'], { items: ['a', 'b'] });
		victim = mesh.node('laptop');
		await (await mesh.home.project.text('a'))?.replace('what a is about');
		await mesh.home.project.author.append([draftOf('start')]);
		updates = [];
		mesh.home.project.index.subscribe(({ change }) => updates.push(change.update));
		await mesh.until(() => mesh.isEqual());
		attacker = new SyncAttacker(mesh);
		before = mesh.state(victim);
	});

	afterEach(async () => {
		await attacker.leave();
		await mesh.stop();
	});

	/** It is named in one line, and gone; nothing has changed; nobody listens to it for a minute. */
	async function expectCutOff(code: ErrorCode): Promise<void> {
		expect(victim.log.of('sync.cutOff').map(({ fields }) => [fields.peer, fields.code])).toEqual([[attacker.id, code]]);
		expect(victim.network.links().map(({ node }) => node)).toEqual([mesh.home.id]);
		expect(mesh.state(victim)).toBe(before);
		expect(await attacker.meet(victim).catch(() => false)).toBe(false);
		expect(victim.log.of('sync.cutOff')).toHaveLength(1);
		expect(mesh.isEqual()).toBe(true);
	}

	/** Nothing has changed, and it is still there. */
	function expectUnmoved(): void {
		expect(victim.log.of('sync.cutOff')).toEqual([]);
		expect(attacker.isOver).toBe(false);
		expect(mesh.state(victim)).toBe(before);
	}

	/** Two more publications that only the home has. */
	async function publishUnseen(): Promise<void> {
		mesh.net.partition(mesh.home.id, victim.id);
		for (const key of ['c', 'd']) {
			const publishing = mesh.home.project.publish(({ items }) => ({ items: { ...items, [key]: makeItem(key) } }));
			await mesh.run(20);
			await publishing;
		}
	}

	const forgedIndex = (): Uint8Array => {
		const document = new Y.Doc();
		Y.applyUpdate(document, mesh.home.project.index.difference());
		const from = Y.encodeStateVector(document);
		const records = document.getMap<string>('facts');
		const item = JSON.parse(records.get('i/a') ?? '') as { held: boolean };
		records.set('i/a', JSON.stringify({ ...item, held: true }));
		return Y.encodeStateAsUpdate(document, from);
	};

	const frames: readonly (readonly [string, ErrorCode, () => Uint8Array])[] = [
		['no bytes', 'MALFORMED', () => new Uint8Array()],
		['half a length', 'MALFORMED', () => Uint8Array.of(0)],
		['a header that is longer than its frame', 'MALFORMED', () => Uint8Array.of(0, 200, 123)],
		['a header of 60 KiB', 'MALFORMED', () => frameOf(`{"k":"bye","reason":"${'x'.repeat(60_000)}"}`)],
		['a header that is no JSON', 'MALFORMED', () => frameOf('{"k":')],
		['a header nested 8,000 deep', 'MALFORMED', () => frameOf(`${'['.repeat(8000)}${']'.repeat(8000)}`)],
		['a kind that nobody knows', 'MALFORMED', () => frameOf('{"k":"become","node":"home"}')],
		['a field that nobody knows', 'MALFORMED', () => frameOf('{"k":"bye","reason":"x","isAdmin":true}')],
		['the key __proto__', 'MALFORMED', () => frameOf('{"k":"bye","reason":"x","__proto__":{"isAdmin":true}}')],
		['a second hello', 'MALFORMED', () => frameOf('{"k":"hello","schema":1}')],
		['a frame of 3 MiB', 'TOO_LARGE', () => frameOf('{"k":"hello","schema":1}', Buffer.alloc(3 * 2 ** 20))],
		['credit for what it never got', 'MALFORMED', () => frameOf('{"k":"credit","bytes":9000000}')],
		[
			'the name of another stream as a generation',
			'MALFORMED',
			() =>
				frameOf(
					JSON.stringify({
						...{ k: 'project', project: projectOne, generation: '../text/a', term: 1, revision: 9 },
						...{ index: half, logs: half, texts: half, wantsAnswer: false },
					}),
				),
		],
		['a project of another length', 'MALFORMED', () => frameOf('{"k":"project"}', Buffer.alloc(98))],
		[
			'a project named like a path, of a generation that is none',
			'MALFORMED',
			() => frameOf('{"k":"project"}', Buffer.concat([Buffer.from('\0../../../../../../../../../'), Buffer.alloc(71)])),
		],
		['a project that counts beyond all numbers', 'MALFORMED', () => frameOf('{"k":"project"}', Buffer.alloc(99, 0x41))],
		['a part of another length', 'MALFORMED', () => frameOf(`{"k":"part","document":"${index}","at":-1,"bytes":5}`)],
		['a presence of 5 KiB', 'MALFORMED', () => frameOf('{"k":"presence","kind":"node"}', Buffer.alloc(5000, '1'))],
		['a presence that is no JSON', 'MALFORMED', () => frameOf('{"k":"presence","kind":"node"}', bytesOf('{'))],
		[
			'a presence with the key __proto__',
			'MALFORMED',
			() => frameOf('{"k":"presence","kind":"node"}', bytesOf('{"__proto__":{"isAdmin":true}}')),
		],
	];

	it.each(frames)('is cut off for %s', async (_, code, frame) => {
		await attacker.meet(victim);
		await attacker.raw(frame());
		await expectCutOff(code);
	});

	const update = (document: string): Message => ({ k: 'update', document });
	const payloads: readonly (readonly [string, ErrorCode, Message, () => Uint8Array])[] = [
		['facts that it made up', 'BAD_SIGNATURE', update(index), forgedIndex],
		['33 million structures in ten bytes', 'MALFORMED', update(textA), () => claim],
		['33 million structures for the index', 'MALFORMED', update(index), () => claim],
		['an update in V2 encoding', 'MALFORMED', update(textA), () => Y.encodeStateAsUpdateV2(documentOf('text'))],
		['a root that no document has', 'MALFORMED', update(textA), () => Y.encodeStateAsUpdate(documentOf('other'))],
		['a state vector that is none', 'MALFORMED', { k: 'ask', document: index }, () => Buffer.alloc(9, 0xff)],
		['a state vector of 200 KB', 'MALFORMED', { k: 'ask', document: index }, () => Buffer.alloc(200_000)],
		['a flush that is none', 'MALFORMED', { k: 'flush', project: projectOne }, () => bytesOf('{"v":1}')],
		[
			'digests that are none',
			'MALFORMED',
			{ k: 'digests', project: projectOne, isLast: true, wantsAnswer: true },
			() => bytesOf('[[1]]'),
		],
		['texts that are none', 'MALFORMED', { k: 'texts', project: projectOne }, () => bytesOf('{"__proto__":1}')],
	];

	it.each(payloads)('is cut off for %s', async (_, code, message, payload) => {
		await attacker.meet(victim);
		await attacker.say(message, payload());
		await expectCutOff(code);
	});

	it('is cut off before hello', async () => {
		await attacker.meet(victim, false);
		await attacker.say({ k: 'state', document: index, digest });
		await expectCutOff('MALFORMED');
	});

	it("is cut off for another author's entry that it changed", async () => {
		const { author } = mesh.home.project.author;
		const [flush] = await mesh.home.project.logs.flushesAfter(author, 0);
		await attacker.meet(victim);
		const changed = Buffer.from(flush ?? [])
			.toString()
			.replace('"v":1', '"v":1')
			.replace('start', 'stars');
		await attacker.say({ k: 'flush', project: projectOne }, bytesOf(changed));
		await expectCutOff('BAD_SIGNATURE');
	});

	it('is cut off for the 65th update whose predecessor is missing', async () => {
		await attacker.meet(victim);
		const source = documentOf('text');
		source.getText('text').insert(0, 'first');
		for (let i = 0; i < 66; i++) {
			const from = Y.encodeStateVector(source);
			source.getText('text').insert(0, `${i}`);
			attacker.post(encodeMessage({ message: update(textA), payload: Y.encodeStateAsUpdate(source, from) }));
			attacker.post(encodeMessage({ message: { k: 'diff', document: textA }, payload: new Uint8Array() }));
			await mesh.run(10);
		}
		await expectCutOff('MALFORMED');
	});

	it('[I15] is cut off when it sends more than we said we take while our disk is slow', async () => {
		await attacker.meet(victim);
		victim.disk.holdSyncs();
		const author = await strangersFlush();
		attacker.post(encodeMessage({ message: { k: 'flush', project: projectOne }, payload: author }));
		const text = new Y.Doc();
		for (let i = 0; i < 30; i++) {
			const from = Y.encodeStateVector(text);
			text.getText('text').insert(0, 'x'.repeat(100_000 / 30));
			const payload = Y.encodeStateAsUpdate(text, from);
			attacker.post(encodeMessage({ message: update(textA), payload }));
			attacker.post(encodeMessage({ message: update(`doc/${projectOne}/text/b`), payload: Buffer.alloc(200_000) }));
		}
		await mesh.run(300);
		expect(victim.log.of('sync.cutOff')).toHaveLength(1);
		victim.disk.releaseSyncs();
		await mesh.run(300);
		expect(attacker.isOver).toBe(true);
	});

	/** The first flush of a log that the attacker itself signs. */
	async function strangersFlush(): Promise<Uint8Array> {
		const store = await openSimStore();
		const parse = (value: unknown) => intentSchema.parse(value);
		const logs = await ProjectLogs.open({ store, project: projectOne, clock: mesh.clock, log: new SimLog(), parse });
		const log = await logs.startAuthor({ identity: attacker.identity, duty: 'edge', random: mesh.random });
		await log.append([draftOf('start')]);
		return (await logs.flushesAfter(log.author, 0))[0] ?? new Uint8Array();
	}

	it('changes nothing with what is old, early, withheld or not asked for', async () => {
		await publishUnseen();
		await attacker.meet(victim);
		const [third, fourth] = updates;
		// The second of two: nothing to build on.
		await attacker.say(update(index), fourth);
		expectUnmoved();
		// It is asked for what is missing, and keeps it back.
		expect(attacker.of('ask').map(({ message }) => message)).toEqual([{ k: 'ask', document: index }]);
		await attacker.say({ k: 'diff', document: index });
		expectUnmoved();
		// Answers to nothing.
		await attacker.say({ k: 'diff', document: index }, third);
		await attacker.say({ k: 'large', document: index, bytes: 60_000_000 });
		await attacker.say({ k: 'part', document: index, at: 0, bytes: 60_000_000, digest }, Buffer.alloc(1000));
		await attacker.say({ k: 'update', document: `doc/${projectOne}/index/7` }, third);
		await attacker.say({ k: 'update', document: 'doc/of/nobody' }, third);
		await attacker.say({ k: 'flush', project: '01JZZZZZZZZZZZZZZZZZZZZZZ9' }, bytesOf('{}'));
		expectUnmoved();
		// What the home signed may come from anyone, and in its order it is taken.
		await attacker.say(update(index), third);
		await attacker.say(update(index), third);
		await attacker.say(update(index), fourth);
		expect(victim.project.index.facts).toEqual(mesh.home.project.index.facts);
		expect(victim.log.of('sync.cutOff')).toEqual([]);
	});

	it('gives no generation that its home did not sign, and no old one', async () => {
		await attacker.meet(victim);
		const announced = {
			...({ k: 'project', project: projectOne, term: 1, revision: 99, wantsAnswer: true } as const),
			...{ index: half, logs: half, texts: half },
		};
		await attacker.say({ ...announced, generation: '999' });
		expect(attacker.of('ask').map(({ message }) => message)).toEqual([
			{ k: 'ask', document: `doc/${projectOne}/index/999` },
		]);
		await attacker.say({ k: 'diff', document: `doc/${projectOne}/index/999` });
		expectUnmoved();
		await attacker.say({ ...announced, generation: '7' });
		await mesh.home.project.beginGeneration();
		mesh.home.sync.add(mesh.home.project);
		await mesh.until(() => mesh.isEqual());
		expect(victim.project.index.generation).toBe('2');
		before = mesh.state(victim);
		await attacker.say({ ...announced, generation: '1' });
		expectUnmoved();
		// The home's own words under another generation's name.
		await attacker.say({ ...announced, generation: '8' });
		await attacker.say({ k: 'diff', document: `doc/${projectOne}/index/8` }, mesh.home.project.index.difference());
		await expectCutOff('BAD_SIGNATURE');
	});

	it('is cut off for the fourth time that what we asked for is not signed by the home, and changes nothing before', async () => {
		await attacker.meet(victim);
		for (const n of ['1', '2', '3', '4']) {
			expectUnmoved();
			await attacker.say({ k: 'state', document: index, digest: n.repeat(64) });
			await attacker.say({ k: 'diff', document: index }, forgedIndex());
		}
		await expectCutOff('BAD_SIGNATURE');
	});

	it('makes us hold no document that is not what was announced', async () => {
		await publishUnseen();
		await attacker.meet(victim);
		await attacker.say({ k: 'state', document: index, digest });
		await attacker.say({ k: 'large', document: index, bytes: 300_000 });
		expect(attacker.of('take')).toHaveLength(1);
		const part = Buffer.alloc(200_000);
		const wrong = createHash('sha256').update('something else').digest('hex');
		await attacker.say({ k: 'part', document: index, at: 0, bytes: 300_000, digest: wrong }, part);
		expectUnmoved();
		await attacker.say({ k: 'part', document: index, at: 200_000, bytes: 300_000, digest: wrong }, part.subarray(1e5));
		expect(victim.log.of('sync.cutOff').map(({ fields }) => fields.code)).toEqual(['MALFORMED']);
		expect(mesh.state(victim)).toBe(before);
	});

	it('[I15] gets its channel ended when a document that it offered stands still, and its room is free again', async () => {
		await publishUnseen();
		for (let i = 0; i < 3; i++) {
			await attacker.meet(victim);
			await attacker.say({ k: 'state', document: index, digest });
			await attacker.say({ k: 'large', document: index, bytes: 60_000_000 });
			expect(attacker.of('take')).toHaveLength(i + 1);
			await mesh.run(61_000, 500);
			expect(attacker.isOver).toBe(true);
		}
		mesh.net.heal();
		await mesh.until(() => mesh.isEqual());
		expect(victim.log.of('sync.cutOff')).toEqual([]);
	});

	it('is listened to again after its time, and for longer not after the next fault', async () => {
		await attacker.meet(victim);
		await attacker.raw(frameOf('{"k":"become"}'));
		expect(await attacker.meet(victim)).toBe(false);
		await mesh.run(60_000, 500);
		expect(await attacker.meet(victim)).toBe(true);
		await attacker.raw(frameOf('{"k":"become"}'));
		await mesh.run(60_000, 500);
		expect(await attacker.meet(victim)).toBe(false);
		expect(victim.log.of('sync.cutOff').map(({ fields }) => fields.forMs)).toEqual([60_000, 120_000]);
	});
});

const claim = Uint8Array.of(1, 0xff, 0xff, 0xff, 0x0f, 1, 0, 0, 0, 0);

function documentOf(root: string): Y.Doc {
	const document = new Y.Doc();
	document.getText(root).insert(0, 'hello');
	return document;
}
