/** The same over everything that lies between replicas in production: registry, dialling, sync, questions. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Board, ItemDraft } from '../../../shared/operations/index.ts';
import type { SimRandom } from '../../../shared/ports/sim/index.ts';
import { askReplica } from '../../../shared/replica/ask-replica.ts';
import { seenBoard, seenDetail } from '../../../shared/replica/replica-answers.ts';
import { WholeMesh } from '../../support/whole-mesh.ts';

const names = ['desk', 'gate', 'ann', 'bob'] as const;
const elsewhere = names.slice(1);
const key = (n: number): string => `01JZ0000000000000000000${String(n).padStart(3, '0')}`;

function wish(random: SimRandom, who: string): ItemDraft {
	const item = key(random.below(4));
	const by = 'user' as const;
	const choice = random.below(5);
	if (choice < 2) return { by, who, item, event: 'add', args: { title: `by ${who}`, type: 'story', held: true } };
	if (choice === 2) return { by, who, item, event: 'delete' };
	return { by, who, item, event: 'edit', args: { title: `title ${random.below(1_000)}` } };
}

let mesh: WholeMesh;
afterEach(() => mesh.stop());

describe('a whole mesh', () => {
	it('carries a wish from a laptop to the home and the answer back', async () => {
		mesh = await WholeMesh.start('whole', names);
		const answer = mesh.seat('ann').replica.submit([wish(mesh.random, 'ann')], { waitMs: 2_000 });
		await mesh.run(2_100);
		expect((await answer)[0]?.kind).not.toBe('tentative');
		await mesh.until(() => mesh.isSettled());
		expect(mesh.complaints()).toEqual([]);
	});

	it('reaches the home through the gateway where there is no other way', async () => {
		mesh = await WholeMesh.start('through', names);
		mesh.net.partition(mesh.id('ann'), mesh.id('desk'));
		await mesh.run(35_000, 100);
		const answer = mesh.seat('ann').replica.submit([wish(mesh.random, 'ann')], { waitMs: 2_000 });
		await mesh.run(2_100);
		expect((await answer)[0]?.kind).not.toBe('tentative');
		await mesh.until(() => Object.keys(mesh.home().exchange.index.refusals).length === 0);
	});

	it('[I14] refuses nobody for want of a right before the home has read who has which', async () => {
		mesh = await WholeMesh.start('unread', names);
		mesh.crash('desk');
		const args = { title: 'Stored in time', type: 'story', held: true };
		const draft: ItemDraft = { by: 'user', who: 'ann', item: key(1), event: 'add', args };
		const { replica } = mesh.seat('ann');
		await mesh.during(replica.submit([draft], { waitMs: 0 }));
		await mesh.storeUnfolded('desk', replica);
		await mesh.boot('desk');
		await mesh.until(() => mesh.isSettled());
		expect((await mesh.historyAtHome()).map(({ event, outcome }) => `${event} ${outcome}`)).toEqual(['add applied']);
	});

	it('[I1] merges what two write at a description while they are apart, with what the item was added with', async () => {
		mesh = await WholeMesh.start('written', names);
		const item = key(1);
		const description = 'title\n\nend\n';
		const args = { title: 'Write it', type: 'story', held: true, description };
		await mesh.during(mesh.home().home.submit('edge', [{ by: 'user', who: 'desk', item, event: 'add', args }]));
		await mesh.until(() => mesh.isSettled());
		for (const name of ['ann', 'bob']) mesh.isolate(name);
		await mesh.run(35_000, 100);
		const edit = (who: string, text: string) => {
			const edited = {
				project: { kind: 'id', id: mesh.seat(who).replica.id },
				item: { kind: 'key', key: item },
				description: text,
			};
			const caller = { person: who, access: 'owner' } as const;
			return mesh.during(askReplica(mesh.seat(who), { name: 'item.edit', args: edited as never, caller }));
		};
		expect((await edit('ann', 'title\nby ann\n\nend\n')).answer).toContain('kept here until the home answers');
		await edit('bob', 'title\n\nend, says bob\n');
		mesh.net.heal();
		const both = 'title\nby ann\n\nend, says bob\n';
		const textAt = (name: string) =>
			mesh.seat(name).replica.openTexts.described({ key: item, description }).description;
		const { exchange, home } = mesh.home();
		const atHome = () => exchange.openTexts.described({ key: item, description }).description;
		await mesh.until(() => atHome() === both && ['ann', 'bob'].every((name) => textAt(name) === both));
		expect(seenDetail(mesh.seat('ann'), { kind: 'key', key: item }).description).toBe(both);
		expect(home.item(item)?.description).toBe(description);
		await expect(edit('ann', 'x'.repeat(20)).then(() => exchange.openTexts.write(key(9), 'x'))).rejects.toMatchObject({
			code: 'UNKNOWN_ITEM',
		});
	});

	for (const seed of ['storm 1', 'storm 2', 'storm 3']) {
		it(`[I1] [I6] [I14] settles everything once after a storm (${seed})`, async () => {
			mesh = await WholeMesh.start(seed, names);
			const random = mesh.random.fork('storm');
			const asked = new Set<string>();
			for (let step = 0; step < 40; step += 1) {
				const at = random.pick(elsewhere);
				const choice = random.below(8);
				if (choice === 0) mesh.net.partition(mesh.id(random.pick(names)), mesh.id(at));
				else if (choice === 1) mesh.net.heal();
				else if (choice === 2) {
					const victim = random.pick(names);
					mesh.crash(victim);
					await mesh.run(200);
					await mesh.boot(victim);
				} else if (choice === 3) await mesh.run(5_000, 50);
				else if (choice === 4) await mesh.home().home.submit('edge', [wish(random, 'desk')]);
				else {
					const replica = mesh.seatOrNull(at)?.replica;
					void replica?.submit([wish(random, at)], { waitMs: 500 }).then(([answer]) => {
						if (answer) asked.add(`${answer.intent.author}#${answer.intent.n}`);
					});
				}
				await mesh.run(100);
			}
			mesh.net.heal();
			await mesh.until(() => mesh.isSettled());
			const history = await mesh.historyAtHome();
			const ids = history.map(({ id }) => id);
			expect(new Set(ids).size).toBe(ids.length);
			expect(asked.size).toBeGreaterThan(5);
			for (const id of asked) expect(ids).toContain(id);
			for (const name of elsewhere) {
				expect([...mesh.seat(name).replica.views()]).toEqual([...mesh.seat('gate').replica.views()]);
			}
			expect(mesh.complaints()).toEqual([]);
		});
	}
});

describe('a person who may only look by the time the others are met again', () => {
	const args = { title: 'Wanted offline', type: 'story', held: true } as const;
	const add = (item: string): ItemDraft => ({ by: 'user', who: 'ann', item, event: 'add', args });
	const board = (): Board => seenBoard(mesh.seat('ann'), 0);
	const setAccess = (access: 'viewer' | 'member'): Promise<void> =>
		mesh.register((facts) => ({ ...facts, people: { ...facts.people, ann: { id: 'ann', access } } }));

	async function writeOfflineAndReturn(): Promise<void> {
		mesh.isolate('ann');
		await mesh.run(35_000, 100);
		await mesh.during(mesh.seat('ann').replica.submit([add(key(1))], { waitMs: 50 }));
		expect(board().items.map(({ title }) => title)).toEqual(['Wanted offline']);
		await setAccess('viewer');
		mesh.net.heal();
		await mesh.until(() => mesh.running('ann').mesh.facts().people.ann?.access === 'viewer');
	}

	it('[I13] [I14] is told that it stays here and what to do, until it was seen', async () => {
		mesh = await WholeMesh.start('lowered', names);
		await writeOfflineAndReturn();
		await mesh.run(40_000, 100);
		const { refused, items, home } = board();
		expect(items).toEqual([]);
		expect(home.changesWaiting).toBe(0);
		expect(mesh.seat('ann').replica.waitsForHome).toBe(false);
		expect(refused.map(({ words }) => words)).toEqual([
			'add of ~ann-1 "Wanted offline" stays on this machine: ann may look at the project but not change it now. An owner can change that (gangline person add ann --access member), and then it is sent',
		]);
		expect(mesh.home().home.facts.items).toEqual({});
		await mesh.during(mesh.seat('ann').replica.seen());
		expect(board().refused).toEqual([]);
		mesh.crash('ann');
		await mesh.boot('ann');
		await mesh.until(() => mesh.seatOrNull('ann') !== null);
		expect(board().refused).toEqual([]);
	});

	it('[I14] has it applied when an owner lets them change things again', async () => {
		mesh = await WholeMesh.start('raised', names);
		await writeOfflineAndReturn();
		await mesh.run(5_000, 100);
		await setAccess('member');
		await mesh.until(() => Object.keys(mesh.home().home.facts.items).length === 1);
		await mesh.until(() => mesh.isSettled());
		expect(board().refused).toEqual([]);
	});
});
