/**
 * A home as a process that does nothing but land: real store, real logs and facts, real git, wired as in
 * node/compose-project.ts without worker, gates and HTTP. It is started to be killed. One JSON object as its argument;
 * JSON lines on stdout.
 *
 * `seed` brings items into the queue, `land` recovers and lands what waits, `dump` only prints the facts that it finds.
 */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { historyWrites } from '../../node/home/history.ts';
import { Home } from '../../node/home/home.ts';
import { LandingJournal } from '../../node/home/landing-journal.ts';
import { LandingQueue } from '../../node/home/landing-queue.ts';
import { MainReader } from '../../node/home/main-reader.ts';
import { openFacts } from '../../node/home/open-facts.ts';
import { CanonicalRepository } from '../../shared/git/canonical-repository.ts';
import { loadOrCreateIdentity, verifySignature } from '../../shared/log/index.ts';
import { GanglineError, parseCommitId, pause, type Store } from '../../shared/ports/index.ts';
import { SimLog } from '../../shared/ports/sim/sim-log.ts';
import { SystemClock, SystemRandom } from '../../shared/ports/system/index.ts';
import { projectConfigSchema } from '../../shared/project/index.ts';
import { openStore } from '../../shared/store/index.ts';
import { itemsInMerge } from './crashes/items-in-merge.ts';
import { Steps, steppedGit, steppedStore } from './doomed-steps.ts';
import { person } from './git-signer.ts';

const orderSchema = z.strictObject({
	mode: z.enum(['seed', 'land', 'dump']),
	folder: z.string(),
	/** The name of the store's folder: a rival has a copy of its own. */
	store: z.string(),
	/** For `seed`: commits to land, each with the commit it grew on. */
	items: z.array(z.strictObject({ key: z.string(), commit: z.string(), base: z.string() })).default([]),
	doom: z
		.strictObject({
			step: z.number().nullable(),
			children: z.enum(['killed', 'left', 'stopped']),
			afterMs: z.number(),
		})
		.default({ step: null, children: 'left', afterMs: 0 }),
});

const project = '01K00000000000000000000000';
/** A rival that is not killed lands all there is before it lets go. */
const lockWaitMs = 300_000;
/** Passes that a git child's death may cost; more would be no accident. */
const passesMax = 40;
const order = orderSchema.parse(JSON.parse(process.argv[2] ?? ''));
const say = (line: object): void => void writeSync(1, `${JSON.stringify(line)}\n`);
const clock = new SystemClock();
const random = new SystemRandom();
const log = new SimLog();
const steps = new Steps(order.doom);

const identity = await loadOrCreateIdentity(join(order.folder, 'identity'), random);
const store = steppedStore(await openFreeStore(), steps);
say({ kind: 'waiting' });
const repository = await CanonicalRepository.open({
	path: join(order.folder, 'canonical.git'),
	branch: 'main',
	committer: { name: 'Gangline', email: 'gangline@localhost' },
	environment: { PATH: process.env.PATH },
	lockWaitMs,
	signer: {
		sign: (bytes) => identity.sign(bytes),
		verify: (bytes, signature) => verifySignature(identity.publicKey, bytes, signature),
	},
});
say({ kind: 'opened', cleared: repository.cleared.length });
const git = steppedGit(repository, steps);
const { index, own, pending } = await openFacts({ store, clock, random, log, identity, project });
const home = new Home({
	document: index,
	logs: own,
	pending,
	context: async () => ({ diffIsAsShown: () => true }),
	historyWrites: (entries) => historyWrites(project, entries),
	log,
});
const main = new MainReader(git);
const config = projectConfigSchema.parse({ id: project, name: 'kills', branch: 'main', review: { mode: 'server' } });
const queue = new LandingQueue({
	git,
	main,
	home,
	clock,
	log,
	author: async () => person,
	described: (item) => item,
	config: async () => config,
	verdictOnMain: async () => null,
	verdict: async (_item, { tree }) => ({ tree, gateSet: 'none', passed: true, gates: [] }),
	redMain: async () => null,
	bringIn: async () => null,
	isPaused: () => false,
	propose: async () => false,
	merged: async () => null,
	afterLanding: async (item, commit) => say({ kind: 'landed', item: item.key, commit }),
	check: async () => null,
	journal: new LandingJournal(store, project),
});

if (order.mode !== 'dump') {
	await throughDeadGits(() => queue.recover());
	await home.settlePending();
}
if (order.mode === 'seed') {
	const items = order.items.map(({ key, commit, base }) => ({
		key,
		commit: parseCommitId(commit),
		base: parseCommitId(base),
	}));
	await itemsInMerge({ home, workAuthor: own.work.author }, items);
}
if (order.mode === 'land') {
	// One pass lands all that can land; items that were sent back would be missing at the end.
	await throughDeadGits(() => queue.pass());
}
const items = Object.values(index.facts.items).map(({ key, stage }) => ({
	key,
	stage: stage.kind,
	commit: stage.kind === 'done' ? (stage.commit ?? null) : null,
}));
say({ kind: 'ended', steps: steps.count, trouble: queue.trouble, items });
await repository.close();
await store.close();

/** As the work loop does: what a killed git child makes impossible is tried again, nothing else is. */
async function throughDeadGits(action: () => Promise<void>): Promise<void> {
	for (let pass = 1; ; pass++) {
		try {
			return await action();
		} catch (error) {
			const isDeadGit =
				error instanceof GanglineError && error.code === 'GIT_FAILED' && error.data.signal === 'SIGKILL';
			if (!isDeadGit || pass === passesMax) throw error;
			say({ kind: 'again', why: error.message });
		}
	}
}

/** A rival on the same store waits for its turn, as a person would who starts the node again at once. */
async function openFreeStore(): Promise<Store> {
	for (;;) {
		try {
			return await openStore(join(order.folder, order.store), { log });
		} catch (error) {
			if (!(error instanceof GanglineError) || error.code !== 'STORE_LOCKED') throw error;
			await pause(clock, 10);
		}
	}
}
