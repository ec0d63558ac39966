/** A home over the git twin with facts and logs in memory that outlive its process, for tests of landing and acceptance. */
import { dutyRights } from '../../node/home/author-rights.ts';
import { type Draft, Home, type OwnLog } from '../../node/home/home.ts';
import type { LandingMade } from '../../node/home/landing-journal.ts';
import { LandingQueue, type LandingQueueOptions } from '../../node/home/landing-queue.ts';
import { MainReader } from '../../node/home/main-reader.ts';
import { emptyFacts, type HistoryEntry, type Intent, type ProjectFacts } from '../../shared/pipeline/index.ts';
import { type CommitId, type Duty, parseCommitId } from '../../shared/ports/index.ts';
import { SimClock, SimGit, SimLog, SimObjects } from '../../shared/ports/sim/index.ts';
import { projectConfigSchema } from '../../shared/project/index.ts';
import type { GateVerdict } from '../../shared/protocol/work.ts';

const signature = Buffer.from('signed');
/** Stands for the keys of a git: every commit of ours is signed, and nobody forges one. */
export const simSigner = {
	sign: () => signature,
	verify: (_bytes: Uint8Array, given: Uint8Array) => signature.equals(given),
};
const person = { name: 'Ada', email: 'ada@example.org' };
const duties: readonly Duty[] = ['home', 'work', 'edge'];

/** What is on disk: git, the published facts and the logs. Processes come and go over it. */
export class SimDiskOfProject {
	facts: ProjectFacts = emptyFacts();
	readonly logs: Intent[] = [];
	readonly history: HistoryEntry[] = [];
	readonly journal: { made: LandingMade | null } = { made: null };
	readonly objects = new SimObjects();
	readonly clock: SimClock;
	/** Called before each step of git, of a publication and of an append; what it throws is a crash there. */
	onStep: (step: string) => void = () => {};
	readonly git = new SimGit({ signer: simSigner, objects: this.objects, onStep: (step) => this.onStep(`git.${step}`) });
	#starts = 0;

	constructor(clock = new SimClock()) {
		this.clock = clock;
	}

	/** A commit on main with these files, before any process runs. */
	async begin(files: Readonly<Record<string, string>>): Promise<CommitId> {
		const commit = await this.commit(files, null);
		await this.git.moveMain(commit, null);
		return commit;
	}

	async commit(files: Readonly<Record<string, string>>, parent: CommitId | null): Promise<CommitId> {
		const entries = Object.entries(files).map(
			([path, text]) => [path, this.objects.putFile(Buffer.from(text))] as const,
		);
		const tree = this.objects.putTree(new Map(entries));
		const parents = parent === null ? [] : [parent];
		return this.git.createCommit({ tree, parents, message: 'work', author: person, atMs: this.clock.now() });
	}

	/** A process of the home, with authors of its own. */
	start(
		verdicts: (tree: string) => boolean = () => true,
		gatesOf?: SimLandingParts['gatesOf'],
		doors: SimLandingParts['doors'] = {},
	) {
		this.#starts += 1;
		const start = this.#starts;
		const logs = Object.fromEntries(duties.map((duty) => [duty, this.#log(`${duty}${start}`)])) as Record<Duty, OwnLog>;
		const authors = Object.fromEntries(duties.map((duty) => [`${duty}${start}`, [...dutyRights[duty]]]));
		this.facts = { ...this.facts, authors: { ...this.facts.authors, ...authors } };
		const disk = this;
		const home = new Home({
			document: {
				get facts() {
					return disk.facts;
				},
				publish: async (next) => {
					disk.onStep('publish');
					disk.facts = next;
					disk.onStep('publish:done');
				},
			},
			logs,
			pending: this.logs.filter(({ author, n }) => n > (this.facts.acceptedUpTo[author] ?? 0)),
			context: async () => ({ diffIsAsShown: () => true }),
			historyWrites: (entries) => {
				disk.history.push(...entries);
				return [];
			},
			log: new SimLog(),
		});
		const { git, objects, clock } = this;
		const onStep = (step: string): void => this.onStep(step);
		const { queue, main } = openSimLanding({
			...{ git, objects, clock, home, verdicts, onStep, doors, journal: this.journal },
			...(gatesOf && { gatesOf }),
		});
		return { home, queue, main, workAuthor: logs.work.author };
	}

	#log(author: string): OwnLog {
		let n = 0;
		return {
			author,
			append: async (drafts: readonly Draft[]) => {
				this.onStep('append');
				const intents = drafts.map((draft): Intent => {
					n += 1;
					return { ...draft, author, n, at: [this.clock.now(), this.logs.length + n] };
				});
				this.logs.push(...intents);
				this.onStep('append:done');
				return intents;
			},
		};
	}
}

export interface SimLandingParts {
	readonly git: SimGit;
	readonly objects: SimObjects;
	readonly clock: SimClock;
	readonly home: Home;
	/** What the gates say of a tree; default: green. */
	readonly verdicts?: (tree: string) => boolean;
	/** What each gate says of a tree; default: there are no gates. */
	readonly gatesOf?: (tree: string) => readonly GateVerdict[];
	readonly onStep?: (step: string) => void;
	/** The landing journal's record; default: one of this process. */
	readonly journal?: { made: LandingMade | null };
	/** What a queue asks of what is around it; default: no remote, no pull requests, nothing paused, the check agrees. */
	readonly doors?: Partial<Pick<LandingQueueOptions, 'bringIn' | 'isPaused' | 'propose' | 'merged' | 'check'>>;
}

/** A landing queue over the git twin, whose gates a test decides. */
export function openSimLanding(parts: SimLandingParts): { readonly queue: LandingQueue; readonly main: MainReader } {
	const { git, objects, clock, home, verdicts = () => true, gatesOf = () => [], onStep = () => {}, doors = {} } = parts;
	const { journal = { made: null } } = parts;
	const main = new MainReader(git);
	const queue = new LandingQueue({
		...{ git, main, home, clock },
		log: new SimLog(),
		author: async () => person,
		described: (item) => item,
		config: async () => config,
		verdict: async (_item, { tree }) => {
			onStep('verdict');
			return { tree, gateSet: 'set', passed: verdicts(tree), gates: gatesOf(tree) };
		},
		verdictOnMain: async (tip) => ({ tree: 'main', gateSet: 'set', passed: true, gates: gatesOf(objects.treeId(tip)) }),
		redMain: async (tip) => (verdicts(objects.treeId(tip)) ? null : 'main is red'),
		bringIn: async () => null,
		isPaused: () => false,
		propose: async () => false,
		merged: async () => null,
		afterLanding: async () => onStep('afterLanding'),
		check: async () => null,
		journal: journalOf(onStep, journal),
		...doors,
	});
	return { queue, main };
}

function journalOf(onStep: (step: string) => void, disk: { made: LandingMade | null }): LandingQueueOptions['journal'] {
	return {
		read: async () => disk.made,
		write: async (made) => {
			onStep('journal');
			disk.made = made;
		},
		clear: async () => {
			onStep('journal:clear');
			disk.made = null;
		},
	};
}

const config = projectConfigSchema.parse({
	id: '01K0000000000000000000000A',
	name: 'sim',
	branch: 'main',
	review: { mode: 'server' },
});

/** Adds an item and takes it to `merge` with `commit` as its result. */
export async function itemInMerge(
	process: { readonly home: Home; readonly workAuthor: string },
	input: { key: string; commit: CommitId; base: CommitId },
): Promise<void> {
	const { home, workAuthor } = process;
	const { key: item } = input;
	await home.submit('edge', [{ by: 'user', who: 'ada', item, event: 'add', args: { title: `Item ${item}` } }]);
	await home.submit('home', [{ by: 'scheduler', who: 'scheduler', item, event: 'start', args: {} }]);
	await home.submit('home', [
		{ by: 'system', who: 'system', item, event: 'grant', args: { holder: workAuthor, role: 'coder' } },
	]);
	const token = home.item(item)?.token;
	if (!token) throw new Error(`no grant was given for ${item}`);
	const result = { commit: parseCommitId(input.commit), base: parseCommitId(input.base) };
	await home.submit('work', [{ by: 'gates', who: 'shell', item, event: 'submit', args: result, token }]);
}
