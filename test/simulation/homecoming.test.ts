/**
 * A home that was away for three days comes back: what people wanted at the gateway and at a laptop meanwhile, a
 * thousand wishes, and every result that its workers finished is settled within a minute, and nobody did anything.
 *
 * A result needs a grant, and only the home grants, so no more results can wait than the workers have slots: here 2 × 16.
 * The other side of a thousand is what people say, which has no such bound. Either the home's process is gone, or it
 * runs on cut off from everyone, takes its workers for lost, and hears of results that have come too late. For
 * half an hour every timer of everyone fires; the rest of the 72 hours is a jump of the clocks, as of machines asleep.
 */
import { afterEach, describe, expect, test } from 'vitest';
import type { ItemDraft } from '../../shared/operations/index.ts';
import type { HistoryEntry, Tries } from '../../shared/pipeline/index.ts';
import { SimRandom } from '../../shared/ports/sim/index.ts';
import { WholeMesh } from '../support/whole-mesh.ts';

const awayMs = 72 * 3_600_000;
const awakeMs = 30 * 60_000;
const settledWithinMs = 60_000;
const people = ['gate', 'ann'] as const;
const wishesEach = 500;
const slots = 16;
const inHand = 2 * slots;

/** Items that workers have in hand when the home goes, and items that nobody works on. */
const taskKey = (n: number): string => `01K0TASK000000000000000${String(n).padStart(3, '0')}`;
const itemKey = (n: number): string => `01K0NOTE000000000000000${String(n).padStart(3, '0')}`;

let mesh: WholeMesh;
afterEach(() => mesh.stop());

const home = () => mesh.home().home;
const countersAtHome = (): ReadonlyMap<string, Tries> =>
	new Map(Object.values(home().facts.items).map(({ key, tries }) => [key, tries]));

/** Every worker has all that it can take. */
async function begin(seed: string): Promise<void> {
	const workMs = [60_000, 240_000] as const;
	mesh = await WholeMesh.start(seed, ['desk', ...people], { workers: ['w1', 'w2'], slots, workMs });
	const tasks = Array.from({ length: inHand }, (_, n) => add(taskKey(n), 'desk', { description: '```sh\ntrue\n```' }));
	const notes = Array.from({ length: 40 }, (_, n) => add(itemKey(n), 'desk', { held: true }));
	await mesh.during(home().submit('edge', [...tasks, ...notes]));
	await mesh.until(() => mesh.workers.every(({ live }) => live.size === slots) && mesh.isSettled());
}

function add(item: string, who: string, args: object): ItemDraft {
	return { by: 'user', who, item, event: 'add', args: { title: `Item ${item}`, type: 'story', ...args } };
}

/** Adds, edits, moves and deletions, of items that are worked on too; many contradict each other. */
function wish(random: SimRandom, who: string, n: number): ItemDraft {
	const said = { by: 'user', who } as const;
	const noted = itemKey(random.below(60));
	const choice = random.below(20);
	if (choice < 4) return add(itemKey(100 + n), who, { held: true });
	if (choice < 5) return add(noted, who, { held: true });
	if (choice < 6) return { ...said, item: noted, event: 'delete' };
	if (choice < 9) return { ...said, item: noted, event: 'freeze', args: {} };
	if (choice < 12) return { ...said, item: noted, event: 'unfreeze', args: {} };
	if (choice < 13 && n % 3 === 0) return { ...said, item: taskKey(random.below(inHand)), event: 'delete' };
	if (choice < 16)
		return { ...said, item: taskKey(random.below(inHand)), event: 'edit', args: { title: `T ${who} ${n}` } };
	return { ...said, item: noted, event: 'edit', args: { title: `${who} ${n}` } };
}

/** What people say while the home is away; answers the ids under which they said it. */
async function sayAll(random: SimRandom): Promise<ReadonlySet<string>> {
	const said = new Set<string>();
	const rounds = 20;
	for (let round = 0; round < rounds; round++) {
		for (const who of people) {
			const first = (people.indexOf(who) * rounds + round) * (wishesEach / rounds);
			const drafts = Array.from({ length: wishesEach / rounds }, (_, n) => wish(random, who, first + n));
			const answers = await mesh.during(mesh.seat(who).replica.submit(drafts, { waitMs: 100 }));
			for (const { kind, intent } of answers) {
				expect(kind).toBe('tentative');
				said.add(`${intent.author}#${intent.n}`);
			}
		}
		await mesh.run(awakeMs / rounds, 1_000);
		if (round === rounds / 2) mesh.clock.jump(awayMs - awakeMs);
	}
	return said;
}

const waiting = (): number => mesh.workers.reduce((sum, { worker }) => sum + worker.reporting.length, 0);
const isSettled = (): boolean => mesh.isSettled() && waiting() === 0;

async function comesBack(seed: string, kind: 'crash' | 'cut'): Promise<void> {
	await begin(seed);
	const random = new SimRandom(`wishes ${seed}`);
	const before = countersAtHome();
	if (kind === 'crash') mesh.crash('desk');
	else mesh.isolate('desk');
	const said = await sayAll(random);
	expect(said.size).toBe(people.length * wishesEach);
	expect(waiting()).toBe(inHand);
	// One of the workers has its results from its disk alone.
	const one = random.pick(mesh.workers);
	one.crash();
	await mesh.during(one.start());

	if (kind === 'crash') await mesh.during(mesh.boot('desk'));
	mesh.net.heal();
	await mesh.until(isSettled, settledWithinMs);
	await expectSettledOnce(said);
	await expectLandedOnce(kind);
	expectCountersKept(before);
}

/** [I1] [I14]: each wish is in the history once, its author knows, and everyone sees the same. */
async function expectSettledOnce(said: ReadonlySet<string>): Promise<void> {
	const history = await mesh.historyAtHome();
	expect(new Set(history.map(({ id }) => id)).size).toBe(history.length);
	const wishes = history.filter(({ id }) => said.has(id));
	expect(wishes).toHaveLength(said.size);
	const refused = wishes.filter(({ outcome }) => outcome !== 'applied').map(({ id }) => id as string);
	expect(refused.length).toBeGreaterThan(20);
	const told = people.flatMap((who) =>
		mesh
			.seat(who)
			.replica.refusals()
			.map(({ author, n }) => `${author}#${n}`),
	);
	expect(told.sort()).toEqual(refused.sort());
	const [gate, ann] = people.map((who) => [...mesh.seat(who).replica.views()]);
	expect(ann).toEqual(gate);
	expect(new Map(gate).size).toBe(Object.keys(home().facts.items).length);
	expect(mesh.complaints()).toEqual([]);
	expect(mesh.broken).toEqual([]);
}

/** [I3] [I4] [I7]: each result was taken once, or refused and kept. */
async function expectLandedOnce(kind: 'crash' | 'cut'): Promise<void> {
	const history = await mesh.historyAtHome();
	const isResult = ({ event }: HistoryEntry): boolean => event === 'submit';
	const taken = history.filter((entry) => isResult(entry) && entry.outcome === 'applied').map(({ item }) => item);
	expect(new Set(taken).size).toBe(taken.length);
	const landed = await mesh.landed();
	expect(new Set(landed).size).toBe(landed.length);
	expect([...landed].sort()).toEqual([...taken].sort());
	const made = mesh.workers.flatMap((worker) => worker.made);
	expect(made.length).toBeGreaterThanOrEqual(inHand);
	// Whose item a person has deleted has nothing to be kept for.
	for (const { key, token, commit } of made.filter((one) => home().item(one.key) !== undefined)) {
		const refs = await mesh.repository.git.refs(`refs/gangline/attempts/${key}`);
		expect(refs.find(({ ref }) => ref.endsWith(`/${token}`))?.commit).toBe(commit);
	}
	if (kind === 'cut') return;
	const left = Array.from({ length: inHand }, (_, n) => taskKey(n)).filter((key) => home().item(key) !== undefined);
	expect(left.map((key) => home().item(key)?.stage.kind)).toEqual(left.map(() => 'done'));
	expect(history.filter(({ event }) => event === 'grant')).toHaveLength(inHand);
}

/** [I11]: neither a crash nor a loss takes a counter back; landing alone ends the count, because it ends the tries. */
function expectCountersKept(before: ReadonlyMap<string, Tries>): void {
	for (const { key, tries, stage } of Object.values(home().facts.items)) {
		const was = before.get(key);
		if (was === undefined || stage.kind === 'done') continue;
		expect(tries.totalAttempts).toBeGreaterThanOrEqual(was.totalAttempts);
		expect(tries.reworks).toBeGreaterThanOrEqual(was.reworks);
		expect(tries.freeFixups).toBeGreaterThanOrEqual(was.freeFixups);
	}
}

describe('a home that was away for 72 hours', () => {
	const count = process.env.GANGLINE_TEST_LONG ? 20 : 3;
	const seeds = Array.from({ length: count }, (_, n) => [`away ${n + 1}`, n % 3 === 1 ? 'cut' : 'crash'] as const);

	test.each(seeds)('[I1] [I3] [I4] [I7] [I11] [I14] settles everything in a minute (seed %s, %s)', comesBack);
});
