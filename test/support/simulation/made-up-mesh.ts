/**
 * A mesh that never ran, for tests of checkers: one project with a home, a worker and a laptop. What is accepted comes
 * from the real rules, so that it is good until a test spoils it; git is the twin.
 */
import {
	emptyFacts,
	foldIntents,
	type HistoryEntry,
	type Intent,
	type IntentId,
	type ProjectFacts,
	projectRules,
	type Token,
} from '../../../shared/pipeline/index.ts';
import type { CommitId, NodeId, ProjectId } from '../../../shared/ports/index.ts';
import { SimDisk, SimGit } from '../../../shared/ports/sim/index.ts';
import { projectConfigSchema } from '../../../shared/project/index.ts';
import type { MeshNode, RegistryFacts } from '../../../shared/registry/index.ts';
import { projectOne } from '../facts.ts';
import { simSigner } from '../sim-home.ts';
import type { Checker, EventOf, SeenHome, SeenMesh, SeenNode, SeenReplica, SimEvent } from './types.ts';

const person = { name: 'Ann', email: 'ann@example.org' };
const names = { desk: 'n00000000000000d1', w1: 'n00000000000000a1', ann: 'n00000000000000b1' } as const;
type Name = keyof typeof names;

export const authorAt = (node: Name, duty: 'home' | 'work' | 'edge'): string => `${names[node]}.00000001.${duty}`;
const rights: ProjectFacts['authors'] = {
	[authorAt('desk', 'home')]: ['system', 'scheduler', 'landing'],
	[authorAt('desk', 'work')]: ['agent', 'gates', 'relay'],
	[authorAt('desk', 'edge')]: ['user'],
	[authorAt('w1', 'work')]: ['hold'],
	[authorAt('ann', 'edge')]: ['user'],
};

export class MadeUpMesh {
	facts: ProjectFacts = emptyFacts(rights);
	history: HistoryEntry[] = [];
	readonly intents = new Map<IntentId, Intent>();
	readonly events: SimEvent[] = [];
	readonly git = new SimGit({ signer: simSigner });
	refs = new Map<string, CommitId>();
	registry: RegistryFacts = registryOf(['desk', 'w1', 'ann']);
	isCalm = false;
	review: 'server' | 'human' = 'server';
	budgetUsd: number | null = null;
	/** What differs from a node in which nothing is. */
	readonly nodes = new Map<Name, Partial<SeenNode>>();
	replica: Partial<SeenReplica> | null = {};
	home: Partial<SeenHome> | null = {};
	now = 1_000;
	/** Who does not reach anybody. */
	cutOff: Name | null = null;
	#numbers = new Map<string, number>();
	#shown = 0;
	#step = 0;

	/** Something is wanted and judged. Answers its id. */
	say(author: string, said: Omit<Intent, 'author' | 'n' | 'at'>): IntentId {
		const n = (this.#numbers.get(author) ?? 0) + 1;
		this.#numbers.set(author, n);
		const intent: Intent = { ...said, author, n, at: [this.now, 0] };
		const rules = projectRules({ diffIsAsShown: () => true });
		const { state, history } = foldIntents(this.facts, [intent], rules);
		this.facts = state;
		this.history = [...this.history, ...history];
		this.intents.set(`${author}#${n}`, intent);
		return `${author}#${n}`;
	}

	ann(event: string, item: string, args: object = {}): IntentId {
		return this.say(authorAt('ann', 'edge'), { by: 'user', who: 'ann', item, event, args: { ...args } });
	}

	system(event: string, item: string, args: object = {}): IntentId {
		return this.say(authorAt('desk', 'home'), { by: 'system', who: 'system', item, event, args: { ...args } });
	}

	/** The worker's word, written down by the home. */
	gates(event: string, item: string, args: object = {}): IntentId {
		const { token } = this.facts.items[item] ?? {};
		return this.say(authorAt('desk', 'work'), {
			...{ by: 'gates', who: 'shell', item, event, args: { ...args }, onBehalfOf: authorAt('w1', 'work') },
			...(token ? { token } : {}),
		});
	}

	/** An item that the worker has in hand. */
	granted(item: string, args: object = {}): Token {
		this.ann('add', item, { title: item, ...args });
		this.say(authorAt('desk', 'home'), { by: 'scheduler', who: 'scheduler', item, event: 'start', args: {} });
		this.system('grant', item, { holder: authorAt('w1', 'work'), role: 'coder' });
		return this.facts.items[item]?.token ?? [0, 0];
	}

	commit(files: Readonly<Record<string, string>>, parents: readonly CommitId[]): Promise<CommitId> {
		return this.git.commitFiles({ files, parents, message: 'work', author: person, atMs: 1_000 });
	}

	/** A landing as the home makes it, with main moved there. */
	async land(
		item: string,
		{ result, gated = true }: { readonly result: CommitId; readonly gated?: boolean },
	): Promise<CommitId> {
		const from = await this.git.main();
		if (from === null) throw new Error('main has no commit');
		const merged = await this.git.merge({ ours: from, theirs: result });
		if (merged.kind === 'conflict') throw new Error('a conflict');
		const { tree } = merged;
		const token = this.facts.items[item]?.token ?? [0, 0];
		const landing = { item, token, gatedTree: tree };
		const to = await this.git.createCommit({ tree, parents: [from], message: item, author: person, atMs: 1, landing });
		await this.git.moveMain(to, from);
		const of = { node: 'desk', project: projectOne } as const;
		if (gated) this.emit({ kind: 'gated', ...of, item, tree, passed: true });
		this.emit({ kind: 'mainMoved', ...of, from, to, by: 'landing' });
		this.say(authorAt('desk', 'home'), {
			...{ by: 'landing', who: 'landing', item, event: 'landed', args: { commit: to }, token },
		});
		return to;
	}

	/** Main as a person pushed it. */
	async push(files: Readonly<Record<string, string>>): Promise<CommitId> {
		const from = await this.git.main();
		const to = await this.commit(files, from === null ? [] : [from]);
		await this.git.moveMain(to, from);
		this.emit({ kind: 'mainMoved', node: 'desk', project: projectOne, from, to, by: 'person' });
		return to;
	}

	emit(event: EventOf): void {
		this.events.push({ at: this.now, step: this.#step, ...event } as SimEvent);
	}

	/** The mesh as it is after a step. */
	async seen(): Promise<SeenMesh> {
		this.#step += 1;
		const fresh = this.events.slice(this.#shown);
		this.#shown = this.events.length;
		const [main, chain] = [await this.git.main(), await this.git.firstParents({})];
		const repository = { node: 'desk', main, chain, refs: new Map(this.refs), objects: this.git.objects };
		return {
			...{ seed: 1, nowMs: this.now, step: this.#step, registry: this.registry, isCalm: this.isCalm },
			...{ events: this.events, fresh },
			meets: (one, two) => one !== this.cutOff && two !== this.cutOff,
			projects: [
				{
					...{ id: projectOne, name: 'app', homeName: 'desk', repository, former: [], budgetUsd: this.budgetUsd },
					config: projectConfigSchema.parse({
						...{ id: projectOne, name: 'app', branch: 'main', review: { mode: this.review } },
					}),
					home: this.home && { ...homeOf(this.facts), ...this.home },
					history: this.history,
					intents: this.intents,
				},
			],
			nodes: [this.#node('desk', 'home'), this.#node('w1', 'worker'), this.#node('ann', 'laptop')],
		};
	}

	/** What a checker says to this step. */
	async step(checker: Checker): Promise<readonly string[]> {
		return checker.step(await this.seen());
	}

	/** What it says in the end. */
	async end(checker: Checker): Promise<readonly string[]> {
		const mesh = await this.seen();
		return [...checker.step(mesh), ...(await checker.end(mesh))];
	}

	#node(name: Name, kind: SeenNode['kind']): SeenNode {
		const isReader = name === 'ann' && this.replica !== null;
		return {
			...{ name, id: names[name] as NodeId, kind, person: kind === 'laptop' ? name : null, isUp: true },
			disk: new SimDisk(),
			replicas: new Map(isReader ? [[projectOne, { ...replicaOf(this.facts), ...this.replica }]] : []),
			...{
				attempts: [],
				reporting: [],
				worksFor: new Set([projectOne]),
				made: [],
				knows: null,
				timers: 0,
				slots: 9,
				damages: 0,
				clones: [],
				errors: [],
			},
			stored: { records: 0, bytes: 0 },
			...this.nodes.get(name),
		};
	}
}

const homeOf = (facts: ProjectFacts): SeenHome => ({
	...{ node: 'desk', facts, generation: '1', homeKey: '', stateHash: String(facts.revision) },
	...{
		queue: [],
		trouble: null,
		isPaused: false,
		refusals: 0,
		size: { structures: 0, records: 0 },
		pending: [],
		trimmed: () => new Map(),
		history: async () => [],
	},
});

export const replicaOf = (facts: ProjectFacts): SeenReplica => ({
	...{ facts, generation: '1', homeKey: '', stateHash: String(facts.revision) },
	...{ pending: [], unsettled: [], refusals: [], texts: new Map(), views: () => new Map() },
});

export function registryOf(members: readonly Name[], revision = 1): RegistryFacts {
	const node = (name: Name): MeshNode => ({
		...{ id: names[name] as NodeId, name, publicKey: '', addresses: [], slots: 1, labels: [] },
		duties: name === 'desk' ? ['home', 'work'] : name === 'w1' ? ['work'] : [],
		...{ worksFor: 'any', person: name === 'ann' ? 'ann' : null, joinedAt: 1, changedAt: 1 },
		status: members.includes(name) ? 'member' : 'revoked',
	});
	const all = Object.keys(names) as Name[];
	const id = projectOne as ProjectId;
	return {
		...{ mesh: '01JZZZZZZZZZZZZZZZZZZZZZZ0', revision },
		nodes: Object.fromEntries(all.map((name) => [names[name], node(name)])),
		projects: {
			[id]: { id, name: 'app', home: names.desk as NodeId, homeKey: '', term: 1, branch: 'main', addedAt: 1 },
		},
		people: { ann: { id: 'ann', access: 'owner' } },
	};
}
