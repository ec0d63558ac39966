/**
 * A process to be killed: holds a store, appends to a stream, to an author's log and publishes facts, one after the
 * other and all at once, for ever. Each line it prints was acknowledged before it was printed.
 *
 *     node store-writer.ts <folder> <seed>
 */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { ProjectIndex } from '../../shared/documents/index.ts';
import { identityOf, ProjectLogs } from '../../shared/log/index.ts';
import { emptyFacts, type Item, intentSchema, type ProjectFacts } from '../../shared/pipeline/index.ts';
import { ganglineError } from '../../shared/ports/index.ts';
import { SimLog, SimRandom } from '../../shared/ports/sim/index.ts';
import { SystemClock } from '../../shared/ports/system/system-clock.ts';
import { SystemRandom } from '../../shared/ports/system/system-random.ts';
import { openStore } from '../../shared/store/index.ts';
import { makeItem, projectOne } from './facts.ts';

const itemsAtOnce = 12;
const [folder, seed] = process.argv.slice(2);
if (!folder || !seed) throw ganglineError('INVALID_ARGUMENT', 'expected a folder and a seed');

const random = new SimRandom(seed);
const store = await openStore(join(folder, 'store'), { log: new SimLog() });
const identity = identityOf(new SimRandom('writer').bytes(32));
const parse = (value: unknown) => intentSchema.parse(value);
const logs = await ProjectLogs.open({ store, project: projectOne, clock: new SystemClock(), log: new SimLog(), parse });
const author = await logs.startAuthor({ identity, duty: 'work', random: new SystemRandom() });
const index = await ProjectIndex.open({
	store,
	project: projectOne,
	generation: '1',
	random: new SystemRandom(),
	homeKey: identity.publicKey,
	identity,
});

say({
	kind: 'opened',
	damaged: store.damaged.length,
	appended: store.lastSeq('stream'),
	wanted: Object.fromEntries(logs.digests().map(({ author: name, n }) => [name, n])),
	revision: index.facts.revision,
});
await Promise.all([appendForEver(), wantForEver(), publishForEver()]);

async function appendForEver(): Promise<void> {
	for (let n = store.lastSeq('stream') + 1; ; n++) {
		await store.write([
			{ kind: 'append', stream: 'stream', bytes: random.bytes(random.below(400)) },
			{ kind: 'put', key: 'count', value: n },
		]);
		say({ kind: 'appended', n });
	}
}

async function wantForEver(): Promise<void> {
	for (;;) {
		const drafts = Array.from(
			{ length: 1 + random.below(3) },
			() => ({ by: 'user', item: 'a', event: 'start' }) as const,
		);
		const intents = await author.append(drafts);
		say({ kind: 'wanted', author: author.author, n: intents.at(-1)?.n ?? 0 });
	}
}

/** Each publication is also written down in a history, in the same batch; the facts must equal its fold. */
async function publishForEver(): Promise<void> {
	let facts: ProjectFacts = index.facts.revision === 0 ? emptyFacts() : index.facts;
	for (;;) {
		const item = makeItem(`k${random.below(itemsAtOnce)}`, { title: `at ${facts.revision + 1}` });
		facts = withItem(facts, item);
		const line = Buffer.from(JSON.stringify({ revision: facts.revision, item }));
		await index.publish(facts, [{ kind: 'append', stream: 'history', bytes: line }]);
		say({ kind: 'published', revision: facts.revision, hash: index.stateHash });
	}
}

function withItem(facts: ProjectFacts, item: Item): ProjectFacts {
	return { ...facts, revision: facts.revision + 1, items: { ...facts.items, [item.key]: item } };
}

/** A reader on a busy machine may leave the pipe full for a moment; a line goes into it whole or not at all. */
function say(line: object): void {
	for (;;) {
		try {
			writeSync(1, `${JSON.stringify(line)}\n`);
			return;
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
		}
	}
}
