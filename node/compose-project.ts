/** Puts one project of a node together. Opened in the order in which things depend on each other. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProjectIndex } from '../shared/documents/index.ts';
import {
	CanonicalRepository,
	checkLanding,
	fetchAttempt,
	importMain,
	readIdentity,
	workCloneAt,
} from '../shared/git/index.ts';
import { verifySignature } from '../shared/log/index.ts';
import type { Intent, ProjectRulesContext } from '../shared/pipeline/index.ts';
import {
	type CommitId,
	type GanglineError,
	ganglineError,
	type Person,
	parseCommitId,
	type StoreWrite,
} from '../shared/ports/index.ts';
import type { ProjectConfig } from '../shared/project/index.ts';
import type { Task } from '../shared/protocol/work.ts';
import type { NodeParts } from './compose.ts';
import { openWorker, type ProjectWorkerParts } from './compose-worker.ts';
import { BranchSync } from './home/branch-sync.ts';
import { ConfigAtMain } from './home/config-at-main.ts';
import { historyWrites } from './home/history.ts';
import { Home } from './home/home.ts';
import { touchesJudge } from './home/judge-files.ts';
import type { Candidate } from './home/landing.ts';
import { LandingQueue } from './home/landing-queue.ts';
import { MainReader } from './home/main-reader.ts';
import { openFacts } from './home/open-facts.ts';
import { Project, type ProjectChange, type ProjectRecord } from './home/project.ts';
import { PullRequests } from './home/pull-requests.ts';
import { Qualification, redMain } from './home/qualification.ts';
import { RunBook } from './home/run-book.ts';
import { WorkLoop } from './home/work-loop.ts';
import { GateRunner, workspaceGit } from './worker/index.ts';

export interface ProjectOpening {
	readonly record: ProjectRecord;
	readonly saveRecord: (record: ProjectRecord) => Promise<void>;
	readonly onChange: (change: ProjectChange) => void;
}

/** How long a killed node's last git child may still hold the repository. */
const lockWaitMs = 15_000;
const committer: Person = { name: 'Gangline', email: 'gangline@localhost' };
const textBytesMax = 1024 * 1024;

/** The canonical repository of a project, made from the person's checkout where there is none yet. */
export async function openCanonical(
	{ config, identity, store }: Pick<NodeParts, 'config' | 'identity' | 'store'>,
	{ id, path: checkout, branch }: Pick<ProjectRecord, 'id' | 'path' | 'branch'>,
): Promise<CanonicalRepository> {
	const folder = config.state.project(id);
	await mkdir(folder, { recursive: true, mode: 0o700 });
	const path = join(folder, 'canonical.git');
	const environment = config.personEnvironment;
	const options = {
		path,
		branch,
		committer,
		environment,
		lockWaitMs,
		signer: {
			sign: (bytes: Uint8Array) => identity.sign(bytes),
			verify: (bytes: Uint8Array, signature: Uint8Array) => verifySignature(identity.publicKey, bytes, signature),
		},
	};
	const hadOne = store.streams().some((stream) => stream.startsWith(`doc/${id}/`));
	if (hadOne && !existsSync(path)) throw canonicalGone(`the canonical repository ${path} is gone`, path, checkout);
	const repository = existsSync(path)
		? await CanonicalRepository.open(options)
		: await CanonicalRepository.create(options);
	try {
		if ((await repository.main()) !== null) return repository;
		if (hadOne)
			throw canonicalGone(`the branch ${branch} is gone from the canonical repository ${path}`, path, checkout);
		const commit = await importMain(repository, { checkout, environment });
		if (commit === null) {
			throw ganglineError('UNSUITABLE_REPOSITORY', `${checkout} has no branch ${branch}`, {
				hint: `make it, or put the right branch into .gangline/project.toml`,
			});
		}
		await repository.moveMain(commit, null);
		return repository;
	} catch (error) {
		await repository.close();
		throw error;
	}
}

/** What has landed and what is kept is in there: it is never made anew without being asked for. */
function canonicalGone(what: string, path: string, checkout: string): GanglineError {
	const copy = `rm -rf '${path}' && git clone --bare '${checkout}' '${path}'`;
	return ganglineError('UNSUITABLE_REPOSITORY', `${what}, with what landed and the work that was kept there`, {
		hint: `put it back from a backup; or go on with what your checkout has and lose the rest: ${copy}`,
	});
}

/** Runs main's gates in checkouts of their own. */
export function makeGateRunner(
	parts: Pick<NodeParts, 'config' | 'store' | 'log' | 'clock' | 'processes' | 'room'>,
	{ repository, id, checkout, slots }: { repository: CanonicalRepository; id: string; checkout: string; slots: number },
): GateRunner {
	const { config, store, log, clock, processes, room } = parts;
	return new GateRunner({
		project: id,
		git: workspaceGit(repository),
		store,
		log,
		room,
		ports: { processes, clock, shellPath: existsSync('/bin/bash') ? '/bin/bash' : '/bin/sh' },
		folder: join(config.state.project(id), 'gates'),
		tmpRoot: join(config.state.root, 'tmp'),
		slots,
		copyFrom: checkout,
		person: config.personEnvironment,
		hidden: [config.state.root],
		readOnly: [checkout],
	});
}

export async function openProject(parts: NodeParts, opening: ProjectOpening): Promise<Project> {
	const repository = await openCanonical(parts, opening.record);
	try {
		return await openOn(repository, parts, opening);
	} catch (error) {
		// Its lock would keep everyone out, also the next try of this very process.
		await repository.close();
		throw error;
	}
}

async function openOn(repository: CanonicalRepository, parts: NodeParts, opening: ProjectOpening): Promise<Project> {
	const { config, store, clock, random, log: nodeLog, identity } = parts;
	const { record } = opening;
	const log = nodeLog.child({ project: record.name });
	const main = new MainReader(repository);
	const settings = new ConfigAtMain(repository, record.id);
	const author = (): Promise<Person> => personOf(record.path, config.personEnvironment);

	const { index, own, pending } = await openFacts({ store, clock, random, identity, log, project: record.id });
	const runs = await RunBook.open(store, record.id, () => clock.now());
	const home = new Home({
		document: index,
		logs: own,
		pending,
		context: (intents) => rulesContext(repository, index, intents),
		historyWrites: (entries) => historyWrites(record.id, entries),
		log,
	});
	const gates = makeGateRunner(parts, {
		repository,
		id: record.id,
		checkout: record.path,
		slots: config.slots ?? parts.room.freeSlots,
	});
	const judge = (commit: CommitId, at: ProjectConfig) => gates.verdict({ commit, config: at });
	let project: Project | undefined;
	const poke = (): void => project?.poke();

	const branches = new BranchSync({
		canonical: repository,
		project: record.id,
		checkout: record.path,
		environment: config.personEnvironment,
		config: () => settings.lastGood(),
		store,
		clock,
		log,
		author,
		exclusive: (step) => home.exclusive(step),
		passes: async (commit) => (await judge(commit, await settings.read())).passed,
		onMoved: poke,
	});
	const pulls = new PullRequests({
		repository,
		project: record.id,
		checkout: record.path,
		environment: config.personEnvironment,
		store,
		processes: parts.processes,
		clock,
		random,
		log,
	});
	const queue = new LandingQueue({
		git: repository,
		main,
		home,
		clock,
		log,
		author,
		config: (tip) => settings.at(tip),
		verdict: (_item, candidate, at) => judge(candidate.commit, at),
		redMain: async (tip, at) => {
			const seen = await judge(tip, at);
			return seen.passed ? null : redMain(seen.gates);
		},
		bringIn: () => branches.bringIn(),
		isPaused: () => project?.record.paused ?? false,
		propose: (item, candidate, at) => pulls.propose(item, candidate, at),
		merged: (item, tip) => pulls.merged(item, tip),
		afterLanding: async () => poke(),
		check: (item, candidate) => disagreement(parts, { repository, main, item, candidate }),
		journal: {
			write: async (candidate, item) => {
				const value = { item: item.key, commit: candidate.commit, from: candidate.tip };
				await store.write([{ kind: 'put', key: `landing/${record.id}`, value }]);
			},
			clear: [{ kind: 'delete', key: `landing/${record.id}` }] satisfies StoreWrite[],
		},
	});
	const qualification = new Qualification({ clock, log, verdict: judge, onChange: poke });
	const worker = openWorker(parts, {
		record,
		repository,
		gates,
		runs,
		author: await author(),
		config: () => settings.read(),
		log,
		nameOf: (key) => project?.views().get(key),
		report: (task, report) => work.report(task, report),
	});
	const work: WorkLoop = new WorkLoop({
		project: record.id,
		home,
		git: repository,
		worker: worker.link,
		workAuthor: own.work.author,
		runs,
		log,
		now: () => clock.now(),
		config: () => settings.read(),
		fetchAttempt: (task, commit, base) => keepAttempt(repository, { worker, task, commit, base }),
		verdictOnMain: async (base) => gates.remembered(await repository.treeOf(base), await settings.at(base)),
		judged: async (base, commit, at) =>
			touchesJudge({
				gates: at.gate,
				changes: await repository.changes(base, commit),
				before: (path) => textAt(repository, base, path),
				after: (path) => textAt(repository, commit, path),
			}),
		onSettled: poke,
	});
	project = new Project({
		record,
		nodeId: identity.nodeId,
		nodeName: config.name,
		home,
		repository,
		queue,
		work,
		worker: worker.worker,
		runs,
		config: settings,
		qualification,
		branches,
		proposal: (key) => pulls.words(key),
		clock,
		log,
		saveRecord: opening.saveRecord,
		onChange: opening.onChange,
	});
	return project;
}

/** Keeps a result's commits at a ref that can only be created; fetched from the clone where they are not here yet. */
async function keepAttempt(
	repository: CanonicalRepository,
	{ worker, task, commit, base }: { worker: ProjectWorkerParts; task: Task; commit: CommitId; base: CommitId },
): Promise<void> {
	const ref = `refs/gangline/attempts/${task.item.key}/${task.token.join('.')}`;
	const isHere = await repository.treeOf(commit).then(
		() => true,
		() => false,
	);
	if (isHere) await repository.keep(ref, commit);
	else await fetchAttempt(repository, { clone: workCloneAt(worker.clonePath(task.item.key)), commit, base, ref });
}

/** Looks up in git, before a fold, whether each approval in it is for the change that would land. */
async function rulesContext(
	repository: CanonicalRepository,
	index: ProjectIndex,
	intents: readonly Intent[],
): Promise<ProjectRulesContext> {
	const same = new Map<string, boolean>();
	const ask = async (
		shown: { branch: string; mergeBase: string },
		result: { commit: string; base: string },
	): Promise<void> => {
		const name = `${shown.mergeBase} ${shown.branch} ${result.commit}`;
		same.set(name, shown.branch === result.commit || (await samePatch(repository, shown, result)));
	};
	for (const { item: key, event, args = {} } of intents) {
		const item = index.facts.items[key];
		const { branch, mergeBase, commit, base } = args as Record<string, unknown>;
		if (typeof branch === 'string' && typeof mergeBase === 'string' && item?.result)
			await ask({ branch, mergeBase }, item.result);
		if (event === 'result' && item?.approval && typeof commit === 'string' && typeof base === 'string') {
			await ask(item.approval, { commit, base });
		}
	}
	return {
		diffIsAsShown: (item, shown) => same.get(`${shown.mergeBase} ${shown.branch} ${item.result?.commit}`) ?? false,
	};
}

async function samePatch(
	repository: CanonicalRepository,
	shown: { branch: string; mergeBase: string },
	result: { commit: string; base: string },
): Promise<boolean> {
	try {
		const before = await repository.patchId(parseCommitId(shown.mergeBase), parseCommitId(shown.branch));
		return before === (await repository.patchId(parseCommitId(result.base), parseCommitId(result.commit)));
	} catch {
		// A commit that is not here was never shown by us.
		return false;
	}
}

async function disagreement(
	{ config }: Pick<NodeParts, 'config'>,
	{
		repository,
		main,
		item,
		candidate,
	}: {
		repository: CanonicalRepository;
		main: MainReader;
		item: { key: string; result: { base: string } | null };
		candidate: Candidate;
	},
): Promise<string | null> {
	const earlier = [...main.landings.values()]
		.filter(({ commit }) => commit !== candidate.commit)
		.map(({ commit, landing }) => ({
			item: landing.item,
			commit,
			...(landing.reverts ? { reverts: landing.reverts } : {}),
		}));
	const verdict = await checkLanding({
		gitDir: repository.path,
		environment: config.personEnvironment,
		temporaryFolder: config.state.root,
		landed: candidate.commit,
		item: item.key,
		gatedTree: candidate.tree,
		reviewed: { base: parseCommitId(item.result?.base ?? candidate.tip), commit: candidate.result },
		earlier,
	});
	return verdict.kind === 'agrees' ? null : `${verdict.what}: ${verdict.detail}`;
}

async function textAt(repository: CanonicalRepository, commit: CommitId, path: string): Promise<string | null> {
	const bytes = await repository.file(commit, path, textBytesMax);
	return bytes === null ? null : Buffer.from(bytes).toString();
}

async function personOf(checkout: string, environment: Readonly<Record<string, string>>): Promise<Person> {
	const { name, email } = await readIdentity(checkout, environment);
	return { name: name ?? committer.name, email: email ?? committer.email };
}
