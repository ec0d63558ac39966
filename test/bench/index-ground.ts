/** A home with an index of many items over a store on disk, as a node opens it, without git, workers and mesh. */
import { mkdirSync } from 'node:fs';
import { historyWrites } from '../../node/home/history.ts';
import { type Draft, Home } from '../../node/home/home.ts';
import { openFacts } from '../../node/home/open-facts.ts';
import { currentGeneration, type HomeIndex, type ProjectIndexOptions } from '../../shared/documents/index.ts';
import { type Identity, identityOf, type ProjectLogs } from '../../shared/log/index.ts';
import { type Item, noTries } from '../../shared/pipeline/index.ts';
import type { Log, Store } from '../../shared/ports/index.ts';
import { SystemClock, SystemRandom } from '../../shared/ports/system/index.ts';
import { newUlid } from '../../shared/ports/ulid.ts';
import { openStore } from '../../shared/store/index.ts';

export const project = '01JZZZZZZZZZZZZZZZZZZZZZZ1';

const clock = new SystemClock();
const random = new SystemRandom();
/** The same in every process of a run. */
const identity: Identity = identityOf(Uint8Array.from({ length: 32 }, (_, at) => at));
const silent: Log = { info() {}, warn() {}, error() {}, child: () => silent };

export interface IndexGround extends AsyncDisposable {
	readonly store: Store;
	readonly home: Home;
	readonly index: HomeIndex;
	readonly logs: ProjectLogs;
	/** Keys of all items. */
	readonly keys: readonly string[];
}

/** Opens the store in `folder` and the home over it, with `items` in the index where it has none. */
export async function openIndexGround(folder: string, items: number): Promise<IndexGround> {
	mkdirSync(folder, { recursive: true });
	const store = await openStore(folder, { log: silent });
	const { index, logs, own, pending } = await openFacts({ store, clock, random, identity, log: silent, project });
	const home = new Home({
		document: index,
		logs: own,
		pending,
		context: async () => ({ diffIsAsShown: () => true }),
		historyWrites: (entries) => historyWrites(project, entries),
		log: silent,
	});
	if (Object.keys(index.facts.items).length === 0) {
		const made = Array.from({ length: items }, (_, at): Item => makeItem(newUlid(clock, random), at + 1));
		const all = Object.fromEntries(made.map((item) => [item.key, item]));
		await home.revise((facts) => ({ ...facts, items: all, nextNumber: items + 1 }));
	}
	const keys = Object.keys(index.facts.items);
	return { store, home, index, logs, keys, [Symbol.asyncDispose]: () => store.close() };
}

/** What people do to `count` items from `from` on: each is held or let go. All of them are accepted. */
export function wishes({ keys, index }: IndexGround, from: number, count: number): readonly Draft[] {
	return Array.from({ length: count }, (_, at): Draft => {
		// Another item each time, in no order that would let the document merge anything.
		const item = keys[((from + at) * 7919) % keys.length] ?? '';
		const held = ((from + at) / keys.length) % 2 < 1;
		return { by: 'user', who: 'ada', item, event: 'edit', args: { held }, basedOn: index.facts.revision };
	});
}

/** An item of ordinary size: some 650 bytes of JSON. */
function makeItem(key: string, number: number): Item {
	return {
		...{ key, number, title: `Let the ${number}th list be sorted by what was changed last`, type: 'story' },
		description: 'What is seen first is what somebody waits for. '.repeat(4),
		...{ dependsOn: [], parent: null, labels: ['lists'], held: false, agent: null, review: null },
		...{ origin: { by: 'user', who: 'ada' }, createdAt: 1, changedAt: 1, stage: { kind: 'backlog' } },
		...{ token: null, holder: null, role: null, result: null, approval: null, lastFailure: null },
		...{ words: [], tries: noTries },
	};
}

/** What opening the index needs that lies in the store in `folder`. */
export async function openIndexReading(
	folder: string,
): Promise<{ readonly options: ProjectIndexOptions; readonly close: () => Promise<void> }> {
	const store = await openStore(folder, { log: silent });
	const generation = await currentGeneration(store, project);
	const homeKey = identity.publicKey;
	return { options: { store, project, generation, random, homeKey, identity }, close: () => store.close() };
}
