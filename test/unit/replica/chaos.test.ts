/**
 * Seeded days of a mesh: people edit everywhere, links come and go, every node crashes at any time. Afterwards all are
 * equal, and each intent was settled once, with its author told.
 */
import { describe, expect, it } from 'vitest';
import type { ItemDraft } from '../../../shared/operations/index.ts';
import type { SimRandom } from '../../../shared/ports/sim/index.ts';
import type { Submitted } from '../../../shared/replica/index.ts';
import { ReplicaMesh } from '../../support/replica-mesh.ts';

const nodes = ['desk', 'gate', 'ann', 'bob'] as const;
const elsewhere = nodes.slice(1);
const key = (n: number): string => `01JZ0000000000000000000${String(n).padStart(3, '0')}`;
const stepsPerSeed = 40;

/** Something a person may want; with four items for all, much of it comes too late. */
function wish(random: SimRandom, who: string): ItemDraft {
	const item = key(random.below(4));
	const by = 'user' as const;
	switch (random.below(6)) {
		case 0:
		case 1:
			return { by, who, item, event: 'add', args: { title: `by ${who}`, type: 'story', held: true } };
		case 2:
			return { by, who, item, event: 'delete' };
		case 3:
			return { by, who, item, event: random.pick(['freeze', 'unfreeze', 'abandon', 'reopen']), args: {} };
		default:
			return { by, who, item, event: 'edit', args: { title: `title ${random.below(1_000)}` } };
	}
}

interface Told {
	/** Intents that are on a disk, with what their process was told, if it lived to hear it. */
	readonly answers: Map<string, Submitted['kind']>;
	readonly waiting: Promise<void>[];
}

async function step(mesh: ReplicaMesh, random: SimRandom, told: Told): Promise<void> {
	const name = random.pick(elsewhere);
	switch (random.below(10)) {
		case 0:
			mesh.isolate(random.pick(nodes));
			return;
		case 1:
			mesh.heal();
			return;
		case 2:
			mesh.cut(random.pick(nodes), random.pick(nodes));
			return;
		case 3: {
			const victim = random.pick(nodes);
			mesh.crash(victim);
			await mesh.boot(victim);
			return;
		}
		case 4:
			await mesh.home().exchange.tidy();
			return;
		case 5:
		case 6:
			await mesh.pump();
			await mesh.clock.advance(500);
			return;
		case 7:
			await mesh.home().home.submit('edge', [wish(random, 'desk')]);
			return;
		default: {
			const replica = mesh.replica(name);
			const answers = replica.submit([wish(random, name), wish(random, name)], { waitMs: 2_000 });
			told.waiting.push(
				answers.then((all) => {
					for (const { intent, kind } of all) told.answers.set(`${intent.author}#${intent.n}`, kind);
				}),
			);
			await replica.idle();
		}
	}
}

async function day(seed: string): Promise<{ readonly mesh: ReplicaMesh; readonly told: Told }> {
	const mesh = await ReplicaMesh.start({ seed, nodes });
	const random = mesh.random.fork('day');
	const told: Told = { answers: new Map(), waiting: [] };
	for (let i = 0; i < stepsPerSeed; i += 1) await step(mesh, random, told);
	mesh.heal();
	await mesh.pump();
	await mesh.clock.advance(2_000);
	await mesh.pump();
	return { mesh, told };
}

describe('a mesh after a bad day', () => {
	for (const seed of Array.from({ length: 12 }, (_, i) => `day ${i}`)) {
		it(`[I1] [I6] [I14] is equal, has settled everything once, and has told everyone (${seed})`, async () => {
			const { mesh, told } = await day(seed);
			const home = mesh.home().exchange;
			for (const name of elsewhere) {
				const replica = mesh.replica(name);
				expect(replica.index.stateHash).toBe(home.index.stateHash);
				expect(replica.pending()).toEqual([]);
				expect(replica.unsettled()).toEqual([]);
				expect([...replica.views()]).toEqual([...mesh.replica('gate').views()]);
			}
			const history = await mesh.historyAtHome();
			const ids = history.map(({ id }) => id);
			expect(new Set(ids).size, 'each intent once').toBe(ids.length);
			expect(history.length).toBeGreaterThan(5);

			const kept = elsewhere.flatMap((name) => mesh.replica(name).refusals());
			const keptIds = new Set(kept.map(({ author, n }) => `${author}#${n}`));
			for (const { id, outcome } of history) {
				const isOfHome = mesh.id('desk') === id.slice(0, id.indexOf('.'));
				if (isOfHome) continue;
				const answer = told.answers.get(id);
				if (outcome === 'applied') expect(answer ?? 'unheard', id).not.toBe('refused');
				else expect(answer === 'refused' || keptIds.has(id), `${id} was told that it was ${outcome}`).toBe(true);
			}
			for (const id of told.answers.keys()) expect(ids, `${id} is settled`).toContain(id);
			expect(home.index.refusals, 'nothing is kept that was heard').toEqual({});
		});
	}
});
