/** The index: what the home publishes is what everyone reads, and nothing else. */
import { beforeEach, describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { currentGeneration, type IndexChange, ProjectIndex } from '../../../shared/documents/index.ts';
import { canonicalJson, identityOf } from '../../../shared/log/index.ts';
import { itemSchema, type ProjectFacts } from '../../../shared/pipeline/index.ts';
import type { Store } from '../../../shared/ports/index.ts';
import { openSimStore, SimDisk, SimRandom } from '../../../shared/ports/sim/index.ts';
import { factsWith, makeItem, projectOne } from '../../support/facts.ts';

const random = new SimRandom('index');
const identity = identityOf(random.bytes(32));
const stranger = identityOf(random.bytes(32));

interface Opening {
	readonly store: Store;
	readonly generation?: string;
}

const openHome = ({ store, generation = '1' }: Opening): Promise<ProjectIndex> =>
	ProjectIndex.open({ store, project: projectOne, generation, random, homeKey: identity.publicKey, identity });
const openReader = ({ store, generation = '1' }: Opening): Promise<ProjectIndex> =>
	ProjectIndex.open({ store, project: projectOne, generation, random, homeKey: identity.publicKey });

const first: ProjectFacts = factsWith(3, [makeItem('a'), makeItem('b', { number: 2 })], {
	authors: { 'n1.home': ['system'] },
	acceptedUpTo: { 'n1.home': 3 },
});

function moved(facts: ProjectFacts, key: string, changes: Parameters<typeof makeItem>[1]): ProjectFacts {
	const item = facts.items[key] ?? makeItem(key);
	return { ...facts, revision: facts.revision + 1, items: { ...facts.items, [key]: { ...item, ...changes } } };
}

describe('ProjectIndex', () => {
	let disk: SimDisk;
	let store: Store;
	let home: ProjectIndex;
	let reader: ProjectIndex;
	let updates: Uint8Array[];

	beforeEach(async () => {
		disk = new SimDisk();
		store = await openSimStore(disk);
		home = await openHome({ store });
		reader = await openReader({ store: await openSimStore() });
		updates = [];
		home.subscribe(({ change }) => updates.push(change.update));
	});

	it('reads back what was published, and again after a restart', async () => {
		await home.publish(first);
		expect(home.facts).toEqual(first);
		await store.close();
		store = await openSimStore(disk);
		const again = await openHome({ store });
		expect(again.facts).toEqual(first);
		expect(again.stateHash).toBe(home.stateHash);
	});

	it('[I12] publishes refusals of one author that are long together; the oldest lose their sentence, none its reason', async () => {
		const long = { reason: 'unknownItem', detail: '"'.repeat(1_000) };
		const refusals = Object.fromEntries(
			Array.from({ length: 500 }, (_, n) => [`n1.edge#${n + 1}` as const, long] as const),
		);
		await home.publish(first, [], refusals);
		await home.publish({ ...first, revision: 4 }, [], { 'n1.edge#501': long });
		const kept = Object.entries(home.refusals);
		expect(kept.map(([id]) => id)).toEqual(Array.from({ length: 500 }, (_, n) => `n1.edge#${n + 2}`));
		expect(kept.every(([, { reason }]) => reason === 'unknownItem')).toBe(true);
		expect(kept.filter(([, { detail }]) => detail !== undefined).length).toBeGreaterThan(100);
		expect(home.refusals['n1.edge#501']).toEqual(long);
		expect(await reader.apply(home.difference(), 'home')).toBe('applied');
		expect(reader.refusals).toEqual(home.refusals);
	});

	it('[I12] publishes the largest item that the pipeline takes, in whichever characters', async () => {
		const words = Array.from({ length: 20 }, () => '\x1b'.repeat(4 * 1024));
		const item = itemSchema.parse(makeItem('a', { description: '\x1b'.repeat(16 * 1024), words }));
		await home.publish(factsWith(1, [item]));
		expect(await reader.apply(home.difference(), 'home')).toBe('applied');
		expect(reader.facts.items.a).toEqual(item);
	});

	it('[I12] goes on after a batch that the store refuses, as if it had not been', async () => {
		await home.publish(first);
		const tooLarge = { kind: 'put', key: 'large', value: 'x'.repeat(2 * 1024 * 1024) } as const;
		const refused = moved(first, 'a', { title: 'refused' });
		await expect(home.publish(refused, [tooLarge])).rejects.toMatchObject({ code: 'TOO_LARGE' });
		const next = moved(first, 'b', { title: 'taken' });
		await home.publish(next);
		expect(home.facts).toEqual(next);
		expect(await reader.apply(home.difference(), 'home')).toBe('applied');
		expect(reader.facts).toEqual(next);
		await store.close();
		store = await openSimStore(disk);
		expect((await openHome({ store })).facts).toEqual(next);
	});

	it('[I6] shows nothing before it is on disk, and then tells whom it concerns', async () => {
		const seen: IndexChange[] = [];
		home.subscribe((change) => seen.push(change));
		disk.holdSyncs();
		const published = home.publish(first);
		await new Promise((resolve) => setImmediate(resolve));
		expect(home.facts.items).toEqual({});
		expect(home.difference()).toEqual(Uint8Array.of(0, 0));
		expect(seen).toEqual([]);
		disk.releaseSyncs();
		await published;
		expect(seen.map(({ items }) => [...items].sort())).toEqual([['a', 'b']]);
	});

	it('builds on what is on its way to the disk', async () => {
		const second = moved(first, 'a', { held: true });
		await Promise.all([home.publish(first), home.publish(second), home.publish(moved(second, 'b', { held: true }))]);
		expect(home.facts.revision).toBe(5);
		expect(home.facts.items.a?.held).toBe(true);
		for (const update of updates) expect(await reader.apply(update, 'home')).toBe('applied');
		expect(reader.facts).toEqual(home.facts);
	});

	it('[I1] is the same at a reader that got every update, and at one that got the difference', async () => {
		await home.publish(first);
		await home.publish(
			moved(first, 'a', { stage: { kind: 'coding' }, token: [1, 4], holder: 'n2.work', role: 'coder' }),
		);
		for (const update of updates) expect(await reader.apply(update, 'home')).toBe('applied');
		const late = await openReader({ store: await openSimStore() });
		expect(await late.apply(home.difference(late.stateVector), 'relay')).toBe('applied');
		expect(await late.apply(home.difference(late.stateVector), 'relay')).toBe('known');
		for (const replica of [reader, late]) {
			expect(replica.facts).toEqual(home.facts);
			expect(replica.stateHash).toBe(home.stateHash);
			expect(replica.difference()).toEqual(home.difference());
		}
	});

	it('keeps what did not change the very same frozen object', async () => {
		await home.publish(first);
		const { b } = home.facts.items;
		await home.publish(moved(home.facts, 'a', { held: true }));
		expect(home.facts.items.b).toBe(b);
		expect(Object.isFrozen(home.facts.items.a?.stage)).toBe(true);
	});

	it('writes counters apart from the item, and nothing when nothing changed', async () => {
		await home.publish(first);
		const keys: string[] = [];
		const mirror = new Y.Doc();
		mirror.getMap('facts').observe((event) => keys.push(...[...event.keysChanged].map(String)));
		for (const update of updates) Y.applyUpdate(mirror, update);
		keys.length = 0;
		await home.publish(moved(first, 'a', { stage: { kind: 'coding' } }));
		await home.publish(home.facts);
		for (const update of updates.slice(1)) Y.applyUpdate(mirror, update);
		expect(keys.sort()).toEqual(['i/a', 'meta']);
	});

	it('removes items, authors and closed dependencies', async () => {
		await home.publish({ ...first, closedDependencies: { z: 'completed' } });
		await home.publish(factsWith(4, [makeItem('b', { number: 2 })], { nextNumber: 3 }));
		expect(home.facts).toEqual(factsWith(4, [makeItem('b', { number: 2 })], { nextNumber: 3 }));
		await reader.apply(home.difference(), 'home');
		expect(reader.facts).toEqual(home.facts);
	});

	it('takes names that mean something to JavaScript as names', async () => {
		const odd: ProjectFacts = factsWith(1, [makeItem('constructor'), makeItem('toString')], {
			authors: Object.fromEntries([['hasOwnProperty', ['user' as const]]]),
			acceptedUpTo: Object.fromEntries([['hasOwnProperty', 1]]),
		});
		await home.publish(odd);
		await reader.apply(home.difference(), 'home');
		expect(reader.facts).toEqual(odd);
		await home.publish({ ...odd, revision: 2, items: {} });
		expect(home.facts.items).toEqual({});
	});

	it('[I14] keeps refusals per intent until they are forgotten', async () => {
		await home.publish(first, [], {
			'n1.home#2': { reason: 'notAllowed' },
			'n9.x#10': { reason: 'lost', detail: 'gone' },
		});
		await home.publish(first, [], { 'n1.home#3': { reason: 'invalid' } });
		await reader.apply(home.difference(), 'home');
		expect(reader.refusals).toEqual({
			'n1.home#2': { reason: 'notAllowed' },
			'n1.home#3': { reason: 'invalid' },
			'n9.x#10': { reason: 'lost', detail: 'gone' },
		});
		await home.publish(first, [], { 'n1.home#2': null, 'n9.x#10': null });
		expect(home.refusals).toEqual({ 'n1.home#3': { reason: 'invalid' } });
	});

	it('puts other writes into the batch of the facts, also where no fact changed', async () => {
		const before = disk.batches;
		await home.publish(first, [{ kind: 'append', stream: 'history/x', bytes: new Uint8Array(1) }]);
		expect(disk.batches).toBe(before + 1);
		await home.publish(first, [{ kind: 'append', stream: 'history/x', bytes: new Uint8Array(1) }]);
		expect(store.lastSeq('history/x')).toBe(2);
	});

	it('refuses to publish what readers would refuse, and goes on afterwards', async () => {
		await home.publish(first);
		const bad = moved(first, 'a', { title: '' });
		await expect(home.publish(bad)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
		const huge = moved(first, 'a', { words: Array.from({ length: 200 }, () => 'x'.repeat(4000)) });
		await expect(home.publish(huge)).rejects.toMatchObject({ code: 'TOO_LARGE' });
		expect(home.facts).toEqual(first);
		await home.publish(moved(first, 'b', { held: true }));
		await reader.apply(home.difference(), 'home');
		expect(reader.facts).toEqual(home.facts);
	});

	it('asks for what is missing instead of showing half of it', async () => {
		await home.publish(first);
		await home.publish(moved(first, 'a', { held: true }));
		expect(await reader.apply(updates[1] ?? new Uint8Array(), 'home')).toBe('gap');
		expect(reader.facts.items).toEqual({});
		for (const update of updates) expect(await reader.apply(update, 'home')).toBe('applied');
		expect(await reader.apply(updates[0] ?? new Uint8Array(), 'home')).toBe('known');
		expect(reader.facts).toEqual(home.facts);
	});

	it('stays small however often it is published, and reads a snapshot', async () => {
		let facts = first;
		await home.publish(facts);
		for (let i = 0; i < 1100; i++) {
			facts = moved(facts, i % 2 ? 'a' : 'b', { changedAt: i + 2 });
			await home.publish(facts);
		}
		expect((await store.read(home.name)).length).toBeLessThan(520);
		const again = await openHome({ store });
		expect(again.facts).toEqual(facts);
		expect(again.size.structures).toBeGreaterThan(4 * again.size.records);
		const next = await again.startGeneration('2');
		expect(next.facts).toEqual(facts);
		expect(next.size.structures).toBeLessThan(4 * next.size.records);
		expect(await currentGeneration(store, projectOne)).toBe('2');
	});

	it('goes through one large update that no entry can hold', async () => {
		const items = Array.from({ length: 150 }, (_, i) =>
			makeItem(`k${i}`, { number: i + 1, description: 'd'.repeat(16_000) }),
		);
		await home.publish(factsWith(1, items));
		const readerStore = await openSimStore();
		const large = await openReader({ store: readerStore });
		await large.apply(home.difference(), 'home');
		expect((await openReader({ store: readerStore })).facts).toEqual(home.facts);
		expect((await openHome({ store })).facts).toEqual(home.facts);
	});

	it('uses one client id for ever, and a new one after damage or a restored backup', async () => {
		const clients = (index: ProjectIndex): number => Y.decodeStateVector(index.stateVector).size;
		await home.publish(first);
		await store.close();
		const backup = disk.backup();
		store = await openSimStore(disk);
		home = await openHome({ store });
		await home.publish(moved(first, 'a', { held: true }));
		expect(clients(home)).toBe(1);
		await store.close();
		disk.restore(backup);
		store = await openSimStore(disk);
		home = await openHome({ store });
		await home.publish(moved(first, 'b', { held: true }));
		expect(clients(home)).toBe(2);
		await store.close();
		disk.flipBit(random, (key) => key.startsWith(`s!${home.name}!`));
		store = await openSimStore(disk);
		expect(store.damaged.map(({ stream }) => stream)).toEqual([home.name]);
		const damaged = await openHome({ store });
		expect(damaged.isDamaged).toBe(true);
	});
});

describe('ProjectIndex [I13] refuses', () => {
	/** A document that a peer made of the home's, with one thing changed. */
	async function forged(change: (map: Y.Map<unknown>, document: Y.Doc) => void): Promise<void> {
		const store = await openSimStore();
		const home = await openHome({ store });
		await home.publish(first);
		const reader = await openReader({ store: await openSimStore() });
		await reader.apply(home.difference(), 'home');
		const document = new Y.Doc();
		Y.applyUpdate(document, home.difference());
		change(document.getMap('facts'), document);
		const update = Y.encodeStateAsUpdate(document, reader.stateVector);
		await expect(reader.apply(update, 'mallory')).rejects.toMatchObject({ disposition: 'peer' });
		expect(reader.facts).toEqual(first);
		expect(reader.difference()).toEqual(home.difference());
		await home.publish(moved(first, 'a', { held: true }));
		expect(await reader.apply(home.difference(reader.stateVector), 'home')).toBe('applied');
		expect(reader.facts).toEqual(home.facts);
	}

	it('a record that was made up', () => forged((map) => map.set('i/c', canonicalJson(makeItem('c')))));
	it('a record that was removed', () => forged((map) => map.delete('i/a')));
	it('the home’s own changes under a clock that was taken', () =>
		forged((map, document) => {
			document.clientID = [...Y.decodeStateVector(Y.encodeStateVector(document)).keys()][0] ?? 1;
			map.set('i/c', 'x');
			map.delete('i/c');
		}));
	it('a value that is no text', () => forged((map) => map.set('i/a', { isAdmin: true })));
	it('another root', () => forged((_, document) => document.getMap('other').set('a', 'b')));
	it('a text where records are', async () => {
		const document = new Y.Doc();
		document.getText('facts').insert(0, 'x');
		const reader = await openReader({ store: await openSimStore() });
		const applied = reader.apply(Y.encodeStateAsUpdate(document), 'mallory');
		await expect(applied).rejects.toMatchObject({ code: 'MALFORMED' });
	});
	it('a meta record of somebody else', () =>
		forged((map) => {
			const { signature: _, ...meta } = JSON.parse(String(map.get('meta')));
			const signed = Buffer.from(`gangline index 1\0${projectOne}\x001\0${canonicalJson({ ...meta, revision: 9 })}`);
			const signature = Buffer.from(stranger.sign(signed)).toString('base64');
			map.set('meta', canonicalJson({ ...meta, revision: 9, signature }));
		}));
	it('a meta record with a key that means something', () =>
		forged((map) => map.set('meta', `{"__proto__":{"v":1},${String(map.get('meta')).slice(1)}`)));

	it('a home of another key, and another generation', async () => {
		const store = await openSimStore();
		const home = await openHome({ store });
		await home.publish(first);
		const options = { project: projectOne, generation: '1', random, homeKey: stranger.publicKey };
		const other = await ProjectIndex.open({ ...options, store: await openSimStore() });
		await expect(other.apply(home.difference(), 'x')).rejects.toMatchObject({ code: 'BAD_SIGNATURE' });
		const later = await openReader({ store: await openSimStore(), generation: '2' });
		await expect(later.apply(home.difference(), 'x')).rejects.toMatchObject({ code: 'BAD_SIGNATURE' });
		await expect(ProjectIndex.open({ ...options, store })).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
	});
});
