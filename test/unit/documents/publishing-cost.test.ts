/** What a publication costs: by what it changes, not by what there is. The long run is test/bench/index.bench.ts. */
import { describe, expect, it } from 'vitest';
import { HomeIndex, ProjectIndex } from '../../../shared/documents/index.ts';
import { identityOf } from '../../../shared/log/index.ts';
import { foldIntents, type Intent, projectRules } from '../../../shared/pipeline/index.ts';
import { openSimStore, SimLog, SimRandom } from '../../../shared/ports/sim/index.ts';
import { factsWith, makeItem, projectOne } from '../../support/facts.ts';

const identity = identityOf(new SimRandom('cost').bytes(32));
const rules = projectRules({ diffIsAsShown: () => true });

async function openWith(items: number) {
	const random = new SimRandom(items);
	const store = await openSimStore();
	const options = { store, project: projectOne, random, homeKey: identity.publicKey, identity };
	const index = await ProjectIndex.open({ ...options, generation: '1' });
	const log = new SimLog();
	const home = new HomeIndex({ store, project: projectOne, log, index });
	const all = Array.from({ length: items }, (_, i) => makeItem(`k${i}`, { number: i + 1 }));
	await home.publish(factsWith(0, all, { authors: { ann: ['user'] } }));
	let n = 0;
	/** Folds and publishes `count` intents at once, each on another item. */
	const accept = async (count: number): Promise<void> => {
		const intents = Array.from({ length: count }, (): Intent => {
			n += 1;
			const [item, held] = [`k${(n * 7919) % items}`, (n / items) % 2 < 1];
			return { author: 'ann', n, at: [n, 0], by: 'user', who: 'ann', item, event: 'edit', args: { held } };
		});
		const { state, outcomes } = foldIntents(home.facts, intents, rules);
		expect(new Set(Object.values(outcomes))).toEqual(new Set(['applied']));
		await home.publish(state);
	};
	return { home, log, accept };
}

/** Processor time of one call in ms: the fastest of a few rounds, which what else the machine does disturbs least. */
async function cost(once: () => Promise<void>): Promise<number> {
	let best = Number.POSITIVE_INFINITY;
	for (let round = 0; round < 5; round++) {
		const before = process.cpuUsage();
		for (let i = 0; i < 20; i++) await once();
		const { user, system } = process.cpuUsage(before);
		best = Math.min(best, (user + system) / 1000 / 20);
	}
	return best;
}

describe('an accepted intent', () => {
	it('costs with 4,000 items about what it costs with 100', async () => {
		const [small, large] = [await openWith(100), await openWith(4_000)];
		const few = await cost(() => small.accept(1));
		const many = await cost(() => large.accept(1));
		// Copying the items, as it once did, makes it ten times and more.
		expect(many).toBeLessThan(4 * few);
	});
});

describe('an index after many transitions (scripts/test --all)', () => {
	it.runIf(process.env.GANGLINE_TEST_ALL)(
		'[I15] is never more than twice its JSON, and goes on in new generations',
		async () => {
			const { home, log, accept } = await openWith(300);
			let [most, turns] = [0, 0];
			home.onTurn(() => {
				turns += 1;
			});
			for (let i = 0; i < 130; i++) {
				await accept(100);
				if (i % 5 === 0) {
					const encoded = home.current.difference().byteLength;
					most = Math.max(most, encoded / JSON.stringify(home.facts).length);
				}
			}
			expect(home.facts.revision).toBe(13_000);
			expect(turns).toBeGreaterThan(0);
			expect(log.lines.filter(({ event }) => event === 'index.turned')).toHaveLength(turns);
			expect(most).toBeLessThan(2);
		},
	);
});
