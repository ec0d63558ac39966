/**
 * A project's home as far as it lands: real git, store, signed logs and facts, wired as in node/compose-project.ts
 * without worker, gates and HTTP. Items come into the queue one at a time, each a commit that changes one file, based on
 * a main that has moved on since.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { historyWrites } from '../../node/home/history.ts';
import { Home } from '../../node/home/home.ts';
import { disagreement } from '../../node/home/independent-check.ts';
import type { Candidate } from '../../node/home/landing.ts';
import { LandingJournal, type LandingMade } from '../../node/home/landing-journal.ts';
import { LandingQueue } from '../../node/home/landing-queue.ts';
import { MainReader } from '../../node/home/main-reader.ts';
import { openFacts } from '../../node/home/open-facts.ts';
import { CanonicalRepository } from '../../shared/git/index.ts';
import { identityOf, verifySignature } from '../../shared/log/index.ts';
import type { Item } from '../../shared/pipeline/index.ts';
import type { LandingSigner } from '../../shared/ports/git.ts';
import { parseCommitId } from '../../shared/ports/index.ts';
import { SimLog } from '../../shared/ports/sim/index.ts';
import { SystemClock, SystemRandom } from '../../shared/ports/system/index.ts';
import { projectConfigSchema } from '../../shared/project/index.ts';
import { openStore } from '../../shared/store/index.ts';
import { environment, person } from '../support/git.ts';
import { itemInMerge } from '../support/sim-home.ts';
import { ownCpuMs } from './alternate.ts';

const project = '01K00000000000000000000000';

export interface Landings extends AsyncDisposable {
	/** Lands the next item: ms until its facts are published, and until the independent check has agreed too. */
	land(): Promise<{ readonly landedMs: number; readonly checkedMs: number }>;
	/** Processor time of all landings so far, without what came before and after. */
	cpuMs(): number;
	/** The same change to another main by the commands that it needs at least: merge-tree, commit-tree, update-ref. */
	landByHand(): number;
}

/** `items`: landings of each kind that can be made. */
export async function openLandings(files: number, items: number): Promise<Landings> {
	const folder = mkdtempSync(join(tmpdir(), 'gangline-bench-'));
	const made = join(folder, 'made.git');
	const git = (at: string, args: readonly string[], input = ''): string =>
		execFileSync('git', ['-c', 'core.fsync=all', `--git-dir=${at}`, ...args], { input, encoding: 'utf8' }).trim();
	execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', made]);
	const base = addFiles(made, files, git);
	addItems({ at: made, base, files, items, git });
	git(made, ['repack', '-adq']);
	const commits = git(made, ['for-each-ref', '--format=%(objectname)', 'refs/gangline/attempts']).split('\n');
	const byHand = join(folder, 'by-hand.git');
	cpSync(made, byHand, { recursive: true });

	const canonical = join(folder, 'canonical.git');
	const identity = identityOf(new SystemRandom().bytes(32));
	const repository = await canonicalFrom(made, canonical, {
		sign: (bytes) => identity.sign(bytes),
		verify: (bytes, signature) => verifySignature(identity.publicKey, bytes, signature),
	});
	const [clock, random, log] = [new SystemClock(), new SystemRandom(), new SimLog()];
	const store = await openStore(join(folder, 'store'), { log });
	const { index, own, pending } = await openFacts({ store, clock, random, log, identity, project });
	const home = new Home({
		document: index,
		logs: own,
		pending,
		context: async () => ({ diffIsAsShown: () => true }),
		historyWrites: (entries) => historyWrites(project, entries),
		log,
	});
	const main = new MainReader(repository);
	const config = projectConfigSchema.parse({ id: project, name: 'bench', branch: 'main', review: { mode: 'server' } });
	let landedAt = 0;
	let cpuBefore = 0;
	let cpuMs = 0;
	const options = {
		...{ git: repository, main, home, clock, log },
		author: async () => person,
		described: (item: Item) => item,
		config: async () => config,
		verdict: async (_item: Item, { tree }: Candidate) => ({ tree, gateSet: 'none', passed: true, gates: [] }),
		verdictOnMain: async () => null,
		redMain: async () => null,
		bringIn: async () => null,
		isPaused: () => false,
		propose: async () => false,
		merged: async () => null,
		afterLanding: async () => {},
		check: (made: LandingMade) => {
			landedAt = performance.now();
			cpuMs += ownCpuMs() - cpuBefore;
			return disagreement({
				...{ repository, main, ...made },
				environment: { PATH: process.env.PATH ?? '' },
				temporaryFolder: folder,
			});
		},
		journal: new LandingJournal(store, project),
	};
	const queue = new LandingQueue(options);
	await queue.recover();
	let landed = 0;
	let handed = 0;
	return {
		async land() {
			const commit = parseCommitId(commits[landed] ?? '');
			const key = keyOf(landed);
			landed += 1;
			await itemInMerge({ home, workAuthor: own.work.author }, { key, commit, base: parseCommitId(base) });
			cpuBefore = ownCpuMs();
			const begin = performance.now();
			await queue.pass();
			const end = performance.now();
			if (home.item(key)?.stage.kind !== 'done') {
				throw new Error(`item ${landed} did not land: ${queue.trouble ?? JSON.stringify(home.item(key)?.stage)}`);
			}
			return { landedMs: landedAt - begin, checkedMs: end - begin };
		},
		cpuMs: () => cpuMs,
		landByHand() {
			const commit = commits[handed] ?? '';
			handed += 1;
			const begin = performance.now();
			const tip = git(byHand, ['rev-parse', 'refs/heads/main']);
			const tree = git(byHand, ['merge-tree', '--write-tree', tip, commit]);
			const landing = git(byHand, [...identityArgs, 'commit-tree', tree, '-p', tip, '-m', 'landing']);
			git(byHand, ['update-ref', 'refs/heads/main', landing, tip]);
			return performance.now() - begin;
		},
		async [Symbol.asyncDispose]() {
			await repository.close();
			await store.close();
			rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
		},
	};
}

const identityArgs = ['-c', `user.name=${person.name}`, '-c', `user.email=${person.email}`];

type GitCommand = (at: string, args: readonly string[], input?: string) => string;

const filesPerFolder = 50;
const pathOf = (file: number): string => `src/${Math.floor(file / filesPerFolder)}/file-${file}.txt`;
const inline = (path: string, text: string): string => `M 644 inline ${path}\ndata ${text.length}\n${text}\n`;
const commitOf = (ref: string): string =>
	`commit ${ref}\ncommitter Ada <ada@example.org> 1700000000 +0000\ndata 1\nx\n`;

/** Main with its files as one commit; answers it. */
function addFiles(at: string, files: number, git: GitCommand): string {
	const each = Array.from({ length: files }, (_, file) => inline(pathOf(file), `the text of file ${file}\n`));
	git(at, ['fast-import', '--quiet'], `${commitOf('refs/heads/main')}${each.join('')}`);
	return git(at, ['rev-parse', 'refs/heads/main']);
}

/** Each changes one file of its own on `base`; so main has moved whenever one lands, and nothing conflicts. */
function addItems(of: { at: string; base: string; files: number; items: number; git: GitCommand }): void {
	const { at, base, files, items, git } = of;
	const each = Array.from({ length: items }, (_, item) => {
		const path = pathOf(Math.floor((item * files) / items));
		const ref = `refs/gangline/attempts/${String(item).padStart(6, '0')}`;
		return `${commitOf(ref)}from ${base}\n${inline(path, `changed by item ${item}\n`)}\n`;
	});
	git(at, ['fast-import', '--quiet'], each.join(''));
}

async function canonicalFrom(made: string, path: string, signer: LandingSigner): Promise<CanonicalRepository> {
	const committer = { name: 'Gangline', email: 'gangline@localhost' };
	const repository = await CanonicalRepository.create({ path, branch: 'main', signer, committer, environment });
	execFileSync('git', [`--git-dir=${path}`, 'fetch', '--quiet', made, '+refs/*:refs/*']);
	return repository;
}

function keyOf(index: number): string {
	return `01ARZ3NDEKTSV4RRFFQ6${String(index).padStart(6, '0')}`;
}
