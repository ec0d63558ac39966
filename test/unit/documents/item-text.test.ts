/** Texts of items: everyone writes, everything merges, nothing is shown before it is stored. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { type DocumentChange, ItemText } from '../../../shared/documents/index.ts';
import { textEdits } from '../../../shared/documents/text-diff.ts';
import { openSimStore, SimDisk, SimRandom } from '../../../shared/ports/sim/index.ts';
import { projectOne } from '../../support/facts.ts';

const openText = async (seed: string, disk = new SimDisk(), first = ''): Promise<ItemText> =>
	ItemText.open({
		store: await openSimStore(disk),
		project: projectOne,
		item: 'a',
		random: new SimRandom(seed),
		first,
	});

describe('ItemText', () => {
	it('keeps its text over a restart', async () => {
		const disk = new SimDisk();
		const text = await openText('one', disk);
		await text.replace('# Title\n\nfirst\n');
		await text.replace('# Title\n\nfirst 👍\nsecond\n');
		disk.crash();
		expect((await openText('one', disk)).text).toBe('# Title\n\nfirst 👍\nsecond\n');
	});

	it('[I1] merges what two wrote while they were apart', async () => {
		const [ada, bob] = [await openText('ada'), await openText('bob')];
		await ada.replace('title\n\nend\n');
		await bob.apply(ada.difference(), 'ada');
		await ada.replace('title\nby ada\n\nend\n');
		await bob.replace('title\n\nend, says bob\n');
		await ada.apply(bob.difference(ada.stateVector), 'bob');
		await bob.apply(ada.difference(bob.stateVector), 'ada');
		expect(ada.text).toBe('title\nby ada\n\nend, says bob\n');
		expect(bob.text).toBe(ada.text);
		expect(await bob.apply(ada.difference(bob.stateVector), 'ada')).toBe('known');
	});

	it('[I1] begins with what the item was added with, once, wherever it is opened first', async () => {
		const first = 'title\n\nend\n';
		const disk = new SimDisk();
		const [ada, bob] = [await openText('ada', disk, first), await openText('bob', new SimDisk(), first)];
		expect([ada.text, bob.text]).toEqual([first, first]);
		expect(ada.stateHash).toBe(bob.stateHash);
		await ada.replace('title\nby ada\n\nend\n');
		await bob.replace('title\n\nend, says bob\n');
		await ada.apply(bob.difference(ada.stateVector), 'bob');
		await bob.apply(ada.difference(bob.stateVector), 'ada');
		expect([ada.text, bob.text]).toEqual(['title\nby ada\n\nend, says bob\n', ada.text]);
		await ada.replace('');
		disk.crash();
		expect((await openText('ada', disk, first)).text).toBe('');
	});

	it('[I6] tells of a change, with its origin, only when it is on disk', async () => {
		const disk = new SimDisk();
		const text = await openText('one', disk);
		const seen: DocumentChange[] = [];
		text.subscribe((change) => seen.push(change));
		disk.holdSyncs();
		const replaced = text.replace('x');
		await new Promise((resolve) => setImmediate(resolve));
		expect([text.text, seen.length]).toEqual(['', 0]);
		disk.releaseSyncs();
		await replaced;
		expect(seen.map(({ origin }) => origin)).toEqual([{ kind: 'local' }]);
	});

	it('[I6] makes no two replicas differ when a crash takes a change that was not stored', async () => {
		const disk = new SimDisk();
		const [ada, bob] = [await openText('ada', disk), await openText('bob')];
		await ada.replace('kept\n');
		disk.holdSyncs();
		void ada.replace('kept\nlost\n');
		await new Promise((resolve) => setImmediate(resolve));
		await bob.apply(ada.difference(), 'ada');
		disk.crash();
		const again = await openText('ada', disk);
		await again.replace('kept\nafterwards\n');
		await bob.apply(again.difference(bob.stateVector), 'ada');
		expect(bob.text).toBe('kept\nafterwards\n');
		expect(again.text).toBe(bob.text);
	});

	it('draws a new client id when another writes under its own', async () => {
		const ada = await openText('same');
		const bob = await openText('same');
		await ada.replace('from ada');
		await bob.apply(ada.difference(), 'ada');
		await bob.replace('from ada and bob');
		expect(Y.decodeStateVector(bob.stateVector).size).toBe(2);
		await ada.apply(bob.difference(ada.stateVector), 'bob');
		expect(ada.text).toBe('from ada and bob');
	});

	it('[I15] refuses a text that is too large, its own or a peer’s, and keeps nothing of it', async () => {
		const text = await openText('one');
		await text.replace('small');
		await expect(text.replace('x'.repeat(1024 * 1024 + 1))).rejects.toMatchObject({ code: 'TOO_LARGE' });
		const document = new Y.Doc();
		for (let i = 0; i < 3; i++) document.getText('text').insert(0, 'y'.repeat(400_000));
		const applied = text.apply(Y.encodeStateAsUpdate(document), 'mallory');
		await expect(applied).rejects.toMatchObject({ code: 'TOO_LARGE' });
		expect(text.text).toBe('small');
		await text.replace('small still');
		expect(text.text).toBe('small still');
	});

	it('[I1] converges whatever is written, wherever, and however updates are repeated and reordered', async () => {
		const step = fc.record({ who: fc.nat(2), text: fc.stringMatching(/^([ab ü👍]{0,6}\n){0,4}$/u), to: fc.nat(2) });
		await fc.assert(
			fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
				const replicas = await Promise.all(['0', '1', '2'].map((seed) => openText(seed)));
				const sync = async (from: number, to: number): Promise<void> => {
					const [a, b] = [replicas[from], replicas[to]];
					if (a && b && a !== b) await b.apply(a.difference(b.stateVector), `${from}`);
				};
				for (const { who, text, to } of steps) {
					await replicas[who]?.replace(text);
					expect(replicas[who]?.text).toBe(text.toWellFormed());
					await sync(who, to);
				}
				for (const round of [0, 1]) {
					for (const from of [0, 1, 2]) for (const to of [2, 1, 0]) await sync(from, (to + round) % 3);
				}
				expect(new Set(replicas.map((replica) => replica.text)).size).toBe(1);
			}),
			{ numRuns: 30, seed: 2 },
		);
	});
});

describe('textEdits', () => {
	const applyEdits = (before: string, after: string): string =>
		textEdits(before, after).reduce(
			(text, { at, remove, insert }) => text.slice(0, at) + insert + text.slice(at + remove),
			before,
		);

	it('leads from any text to any other', () => {
		const text = fc.stringMatching(/^([abc👍👎]{0,3}\n?){0,8}$/u);
		fc.assert(
			fc.property(text, text, (before, after) => {
				expect(applyEdits(before, after)).toBe(after);
			}),
			{ numRuns: 1000, seed: 3 },
		);
	});

	it('touches only the lines that differ', () => {
		const before = 'one\ntwo\nthree\nfour\n';
		expect(textEdits(before, 'one\n2\nthree\nfour!\n')).toEqual([
			{ at: 18, remove: 0, insert: '!' },
			{ at: 4, remove: 3, insert: '2' },
		]);
		expect(textEdits(before, before)).toEqual([]);
	});

	it('never cuts a character in two', () => {
		for (const { insert } of textEdits('a👍b', 'a👎b')) expect(insert.isWellFormed()).toBe(true);
	});
});
