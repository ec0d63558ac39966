/** Generations: when a document is begun anew, and that nothing but its past is lost then. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTurnDue, nextGeneration } from '../../../shared/documents/generation.ts';
import { currentGeneration, HomeIndex, ProjectIndex, type TurnBounds } from '../../../shared/documents/index.ts';
import { identityOf } from '../../../shared/log/index.ts';
import { emptyFacts, type IntentId, type ProjectFacts } from '../../../shared/pipeline/index.ts';
import type { Store } from '../../../shared/ports/index.ts';
import { openSimStore, SimDisk, SimLog, SimRandom } from '../../../shared/ports/sim/index.ts';
import { makeItem, projectOne } from '../../support/facts.ts';

const identity = identityOf(new SimRandom('generation').bytes(32));
const soon: TurnBounds = { structuresMin: 12, structuresPerRecordMax: 2 };
const never: TurnBounds = { structuresMin: Number.POSITIVE_INFINITY, structuresPerRecordMax: 1 };

async function openHome(store: Store, turnBounds: TurnBounds): Promise<HomeIndex> {
	const generation = await currentGeneration(store, projectOne);
	const random = new SimRandom(`home ${generation}`);
	const homeKey = identity.publicKey;
	const index = await ProjectIndex.open({ store, project: projectOne, generation, random, homeKey, identity });
	return new HomeIndex({ store, project: projectOne, log: new SimLog(), index, turnBounds });
}

const indexStreams = (store: Store): readonly string[] =>
	store.streams().filter((stream) => stream.startsWith(`doc/${projectOne}/index/`));

/** One change of the facts, small enough that any sequence of them makes sense. */
type Step =
	| { readonly kind: 'put'; readonly key: string; readonly held: boolean }
	| { readonly kind: 'remove'; readonly key: string }
	| { readonly kind: 'settle'; readonly upTo: number; readonly refuses: boolean };

function stepped(facts: ProjectFacts, step: Step): ProjectFacts {
	const next = { ...facts, revision: facts.revision + 1 };
	if (step.kind === 'put') {
		const item = makeItem(step.key, { held: step.held, changedAt: facts.revision });
		return { ...next, items: { ...facts.items, [step.key]: item } };
	}
	if (step.kind === 'remove') {
		const { [step.key]: _gone, ...items } = facts.items;
		return { ...next, items };
	}
	return { ...next, acceptedUpTo: { ...facts.acceptedUpTo, 'n1.edge': step.upTo } };
}

const refusalsOf = (step: Step): Readonly<Record<IntentId, { readonly reason: string }>> =>
	step.kind === 'settle' && step.refuses ? { [`n1.edge#${step.upTo}`]: { reason: 'stale' } } : {};

const steps: fc.Arbitrary<Step> = fc.oneof(
	fc.record({ kind: fc.constant('put' as const), key: fc.constantFrom('a', 'b', 'c'), held: fc.boolean() }),
	fc.record({ kind: fc.constant('remove' as const), key: fc.constantFrom('a', 'b', 'c') }),
	fc.record({ kind: fc.constant('settle' as const), upTo: fc.integer({ min: 1, max: 9 }), refuses: fc.boolean() }),
);

describe('isTurnDue', () => {
	it('waits until most of a document that is worth it is past', () => {
		const due = (structures: number, records: number): boolean => isTurnDue({ structures, records });
		expect(due(10_000, 1)).toBe(false);
		expect(due(10_001, 1)).toBe(true);
		expect(due(80_000, 20_000)).toBe(false);
		expect(due(80_001, 20_000)).toBe(true);
	});

	it('counts generations upwards, also those of a restored store', () => {
		expect([nextGeneration('1'), nextGeneration('3000'), nextGeneration('1794000000')]).toEqual([
			'2',
			'3001',
			'1794000001',
		]);
	});
});

describe('HomeIndex', () => {
	it('[I15] stays small however often an item changes, and says so in the log', async () => {
		const store = await openSimStore();
		const home = await openHome(store, { structuresMin: 50, structuresPerRecordMax: 4 });
		let facts = home.facts;
		const turns: string[] = [];
		home.onTurn(() => turns.push(home.current.generation));
		for (let n = 0; n < 200; n++) {
			facts = stepped(facts, { kind: 'put', key: 'a', held: n % 2 === 0 });
			await home.publish(facts);
			expect(home.current.size.structures).toBeLessThan(60);
		}
		expect(turns.length).toBeGreaterThan(4);
		expect(turns).toEqual(turns.map((_, i) => String(i + 2)));
		expect(home.facts).toEqual(facts);
	});

	it('[I6] tells of a turn when it is on disk, and leaves nothing of the generation before', async () => {
		const disk = new SimDisk();
		const store = await openSimStore(disk);
		const home = await openHome(store, soon);
		let facts = stepped(emptyFacts(), { kind: 'put', key: 'a', held: false });
		while (home.current.generation === '1') {
			facts = stepped(facts, { kind: 'put', key: 'a', held: !facts.items.a?.held });
			await home.publish(facts, [{ kind: 'put', key: 'along', value: facts.revision }]);
		}
		expect(indexStreams(store)).toEqual([`doc/${projectOne}/index/2`]);
		expect(await store.list(`client/doc/${projectOne}/index/`)).toHaveLength(1);
		expect(await store.get('along')).toBe(facts.revision);
		await store.close();
		const again = await openSimStore(disk);
		const reopened = await openHome(again, soon);
		expect(reopened.current.generation).toBe('2');
		expect(reopened.facts).toEqual(facts);
		expect(reopened.current.stateHash).toBe(home.current.stateHash);
	});

	it('keeps the generation it has when what is to be published is unfit', async () => {
		const store = await openSimStore();
		const home = await openHome(store, { structuresMin: 0, structuresPerRecordMax: 0 });
		await home.publish(stepped(emptyFacts(), { kind: 'put', key: 'a', held: false }));
		const { generation } = home.current;
		const unfit = { ...home.facts, items: { b: makeItem('c') } };
		await expect(home.publish(unfit)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
		expect(home.current.generation).toBe(generation);
		expect(indexStreams(store)).toEqual([`doc/${projectOne}/index/${generation}`]);
		await home.publish(stepped(home.facts, { kind: 'put', key: 'a', held: true }));
		expect(home.facts.items.a?.held).toBe(true);
	});

	it('begins none under a name that the store has something of', async () => {
		const store = await openSimStore();
		const home = await openHome(store, { structuresMin: 0, structuresPerRecordMax: 0 });
		await store.write([{ kind: 'append', stream: `doc/${projectOne}/index/2`, bytes: Uint8Array.of(0, 0) }]);
		await home.publish(stepped(emptyFacts(), { kind: 'put', key: 'a', held: false }));
		await home.publish(stepped(home.facts, { kind: 'put', key: 'a', held: true }));
		expect(home.current.generation).toBe('3');
		expect(indexStreams(store)).toEqual([`doc/${projectOne}/index/3`]);
	});

	it('[I6] says after any history of publications, crashes and turns what it says without turns', async () => {
		const history = fc.array(fc.record({ step: steps, crash: fc.constantFrom('none', 'none', 'kill', 'power') }), {
			minLength: 20,
			maxLength: 40,
		});
		let turned = 0;
		await fc.assert(
			fc.asyncProperty(history, fc.integer({ min: 0 }), async (events, seed) => {
				const random = new SimRandom(seed);
				const disks = [new SimDisk('turning'), new SimDisk('staying')] as const;
				const plain = await openHome(await openSimStore(disks[1]), never);
				let store = await openSimStore(disks[0]);
				let turning = await openHome(store, soon);
				for (const { step, crash } of events) {
					const next = stepped(turning.facts, step);
					const before = turning.current.generation;
					if (crash === 'none') {
						await turning.publish(next, [], refusalsOf(step));
						await plain.publish(next, [], refusalsOf(step));
					} else {
						// It dies while the batch is on its way: the next process finds it whole, or nothing of it.
						disks[0].holdSyncs();
						void turning.publish(next, [], refusalsOf(step)).catch(() => {});
						for (let turn = 0; turn < 8; turn++) await new Promise((resolve) => setImmediate(resolve));
						disks[0].crash(crash === 'kill' ? { kind: 'kill' } : { kind: 'power', random });
						store = await openSimStore(disks[0]);
						turning = await openHome(store, soon);
						if (turning.facts.revision === next.revision) await plain.publish(next, [], refusalsOf(step));
					}
					if (turning.current.generation !== before) turned += 1;
					expect(turning.facts).toEqual(plain.facts);
					expect(turning.refusals).toEqual(plain.refusals);
					expect(turning.current.stateHash).toBe(plain.current.stateHash);
					expect(indexStreams(store).length).toBeLessThanOrEqual(1);
				}
				await store.close();
				turning = await openHome(await openSimStore(disks[0]), soon);
				expect(turning.facts).toEqual(plain.facts);
			}),
			{ numRuns: 8 },
		);
		expect(turned).toBeGreaterThan(8);
	});
});
