/**
 * Puts one project of a node together: what everything stands on first, then what goes in and out of main, then the
 * work. Parts that need each other meet in `poke` and in functions that are called only when all are there.
 */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type CanonicalRepository, readIdentity, type SourceRepository } from '../shared/git/index.ts';
import type { CommitId, Person } from '../shared/ports/index.ts';
import type { ProjectConfig } from '../shared/project/index.ts';
import type { TreeVerdict } from '../shared/protocol/work.ts';
import type { NodeParts } from './compose.ts';
import { committer, openCanonical } from './compose-canonical.ts';
import { makeWork, type WorkGround } from './compose-work.ts';
import { hiddenFrom, readOnlyInside } from './compose-worker.ts';
import { speaksFor } from './home/author-rights.ts';
import { BranchSync } from './home/branch-sync.ts';
import { ConfigAtMain } from './home/config-at-main.ts';
import { HomeExchange } from './home/exchange.ts';
import { historyWrites } from './home/history.ts';
import { Home } from './home/home.ts';
import { disagreement } from './home/independent-check.ts';
import { LandingJournal } from './home/landing-journal.ts';
import { LandingQueue } from './home/landing-queue.ts';
import { MainReader } from './home/main-reader.ts';
import { openFacts } from './home/open-facts.ts';
import { Project } from './home/project.ts';
import type { ProjectChange, ProjectRecord } from './home/project-parts.ts';
import { PullRequests } from './home/pull-requests.ts';
import { Qualification, redMain } from './home/qualification.ts';
import { rulesContext } from './home/rules-context.ts';
import { RunBook } from './home/run-book.ts';
import { Segments } from './home/segments.ts';
import { Talks } from './home/talks.ts';
import { GateRunner, Previews, workspaceGit } from './worker/index.ts';

export interface ProjectOpening {
	readonly record: ProjectRecord;
	readonly saveRecord: (record: ProjectRecord) => Promise<void>;
	readonly onChange: (change: ProjectChange) => void;
}

/** What the parts of a project stand on. */
interface Ground extends WorkGround {
	readonly exchange: HomeExchange;
	readonly judge: (commit: CommitId, config: ProjectConfig) => Promise<TreeVerdict>;
}

export interface GateRunning {
	readonly repository: SourceRepository;
	readonly id: string;
	/** Where untracked files that set-up needs come from. */
	readonly copyFrom: string;
	readonly readOnly: readonly string[];
	readonly slots: number;
}

/** Runs main's gates in checkouts of their own. */
export function makeGateRunner(
	parts: Pick<NodeParts, 'secrets' | 'config' | 'store' | 'log' | 'clock' | 'processes' | 'room' | 'accountLimits'>,
	{ repository, id, copyFrom, readOnly, slots }: GateRunning,
): GateRunner {
	const { config, store, secrets, log, clock, processes, room } = parts;
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
		copyFrom,
		person: { own: config.personEnvironment, given: config.given },
		secrets,
		hidden: hiddenFrom(parts),
		readOnly: [...readOnly, ...readOnlyInside(parts.config)],
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
	const { record, saveRecord, onChange } = opening;
	const slot: { project?: Project } = {};
	const ground = await openGround(repository, { parts, record, opened: () => slot.project });
	const { log, home, runs, talks, settings, judge, poke } = ground;
	const branches = makeBranches(ground);
	const pulls = makePulls(ground);
	const { work, worker, desk } = await makeWork(ground);
	const { openTexts: texts } = ground.exchange;
	slot.project = new Project({
		record,
		nodeName: parts.config.name,
		home,
		exchange: ground.exchange,
		segments: new Segments({
			project: record.id,
			store: parts.store,
			home,
			log,
			described: (item) => texts.described(item),
		}),
		nameOf: (node) => parts.registry.nodeName(node),
		repository,
		queue: makeQueue(ground, { branches, pulls }),
		work,
		worker,
		desk,
		runs,
		talks,
		previews: makePreviews(ground),
		endGates: () => ground.gates.stop(),
		config: settings,
		qualification: new Qualification({ clock: parts.clock, log, verdict: judge, onChange: poke }),
		branches,
		proposal: (key) => pulls.words(key),
		clock: parts.clock,
		log,
		saveRecord,
		onChange,
	});
	return slot.project;
}

async function openGround(
	repository: CanonicalRepository,
	{ parts, record, opened }: Pick<Ground, 'parts' | 'record' | 'opened'>,
): Promise<Ground> {
	const { config, store, clock, random, identity, registry } = parts;
	const log = parts.log.child({ project: record.name });
	const { index, logs, own, pending } = await openFacts({ store, clock, random, identity, log, project: record.id });
	const rights = registry.rights(record.id);
	const authors = new Set<string>(Object.values(own).map(({ author }) => author));
	const home = new Home({
		document: index,
		logs: own,
		pending,
		context: async (intents) => ({
			...(await rulesContext(repository, index.facts, intents)),
			speaksFor: speaksFor(rights, identity.nodeId),
		}),
		historyWrites: (entries) => historyWrites(record.id, entries),
		log,
	});
	const exchange = await HomeExchange.open({
		project: record.id,
		node: identity.nodeId,
		home,
		index,
		logs,
		own: authors,
		rights,
		others: () => registry.others(record.id),
		store,
		clock,
		random,
		log,
	});
	const gates = makeGateRunner(parts, {
		repository,
		id: record.id,
		copyFrom: record.path,
		readOnly: [record.path],
		slots: config.slots ?? parts.room.freeSlots,
	});
	return {
		parts,
		record,
		log,
		repository,
		main: new MainReader(repository),
		settings: new ConfigAtMain(repository, record.id),
		home,
		exchange,
		workAuthor: own.work.author,
		runs: await RunBook.open(store, record.id, () => clock.now()),
		talks: await Talks.open(store, record.id),
		gates,
		judge: (commit, at) => gates.verdict({ commit, config: at }),
		author: () => personOf(record.path, config.personEnvironment),
		opened,
		poke: () => opened()?.poke(),
	};
}

function makeBranches(ground: Ground): BranchSync {
	const { parts, record, log, repository, settings, home, judge, author, poke } = ground;
	return new BranchSync({
		canonical: repository,
		project: record.id,
		checkout: record.path,
		environment: parts.config.personEnvironment,
		config: () => settings.lastGood(),
		store: parts.store,
		clock: parts.clock,
		log,
		author,
		exclusive: (step) => home.exclusive(step),
		passes: async (commit) => (await judge(commit, await settings.read())).passed,
		onMoved: poke,
	});
}

function makePulls({ parts, record, repository, log }: Ground): PullRequests {
	const { config, store, processes, clock, random } = parts;
	return new PullRequests({
		repository,
		project: record.id,
		checkout: record.path,
		environment: config.personEnvironment,
		store,
		processes,
		clock,
		random,
		log,
	});
}

/** Below the state folder, which nobody else sees; what an earlier process left there is removed. */
function makePreviews({ parts, record, repository, log, author }: Ground): Previews {
	const { config, secrets, clock, processes, room } = parts;
	const folder = join(config.state.project(record.id), 'previews');
	rmSync(folder, { recursive: true, force: true });
	return new Previews({
		...{ project: record.id, room, clock, log, folder, secrets, author },
		git: workspaceGit(repository),
		ports: { processes, clock, shellPath: existsSync('/bin/bash') ? '/bin/bash' : '/bin/sh' },
		tmpRoot: join(config.state.root, 'tmp'),
		copyFrom: record.path,
		person: { own: config.personEnvironment, given: config.given },
		hidden: hiddenFrom(parts),
		readOnly: [record.path, ...readOnlyInside(config)],
	});
}

function makeQueue(
	ground: Ground,
	{ branches, pulls }: { readonly branches: BranchSync; readonly pulls: PullRequests },
): LandingQueue {
	const { parts, record, log, repository, main, settings, home, exchange, gates, judge, author, opened, poke } = ground;
	const { config, store, clock } = parts;
	const own = { repository, main, environment: config.personEnvironment, temporaryFolder: config.state.root };
	return new LandingQueue({
		git: repository,
		main,
		home,
		clock,
		log,
		author,
		described: (item) => exchange.openTexts.described(item),
		config: (tip) => settings.at(tip),
		verdict: (_item, candidate, at) => judge(candidate.commit, at),
		verdictOnMain: async (tip, at) => gates.remembered(await repository.treeOf(tip), at),
		redMain: async (tip, at) => {
			const seen = await judge(tip, at);
			return seen.passed ? null : redMain(seen.gates);
		},
		bringIn: () => branches.bringIn(),
		isPaused: () => opened()?.record.paused ?? false,
		propose: (item, candidate, at) => pulls.propose(item, candidate, at),
		merged: (item, tip) => pulls.merged(item, tip),
		afterLanding: async () => poke(),
		check: (made) => disagreement({ ...own, ...made }),
		journal: new LandingJournal(store, record.id),
	});
}

async function personOf(checkout: string, environment: Readonly<Record<string, string>>): Promise<Person> {
	const { name, email } = await readIdentity(checkout, environment);
	return { name: name ?? committer.name, email: email ?? committer.email };
}
