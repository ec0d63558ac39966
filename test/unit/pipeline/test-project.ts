/**
 * A project in memory for the tests of the rules: says what people and machines do, one intent after another, and keeps
 * the facts and the history. Each call answers what became of the intent.
 */
import {
	type By,
	emptyFacts,
	foldIntents,
	type HistoryEntry,
	type Intent,
	type Item,
	type Outcome,
	type ProjectFacts,
	type ProjectRulesContext,
	projectRules,
	type Token,
} from '../../../shared/pipeline/index.ts';

export const authors: Readonly<Record<string, readonly By[]>> = {
	ann: ['user'],
	bob: ['user'],
	home: ['landing', 'system', 'scheduler'],
	worker: ['agent', 'gates'],
	other: ['agent', 'gates'],
};

export const c1 = '1'.repeat(40);
export const c2 = '2'.repeat(40);
export const c3 = '3'.repeat(40);
export const shown = { branch: c1, main: c2, mergeBase: c2 };

type Args = Readonly<Record<string, unknown>>;

export class TestProject {
	facts: ProjectFacts = emptyFacts(authors);
	readonly history: HistoryEntry[] = [];
	context: ProjectRulesContext = { diffIsAsShown: () => true };
	#ms = 1000;

	/** A person's intent. */
	user(event: string, item: string, args?: Args): Outcome {
		return this.send({ author: 'ann', by: 'user', event, item, ...(args && { args }) });
	}

	system(event: string, item: string, args?: Args): Outcome {
		return this.send({ author: 'home', by: 'system', event, item, ...(args && { args }) });
	}

	/** What a worker sends under the item's token, unless another is given. */
	work(by: 'agent' | 'gates', event: string, item: string, args?: Args, token = this.item(item).token): Outcome {
		return this.send({ author: 'worker', by, event, item, ...(args && { args }), ...(token && { token }) });
	}

	landing(event: string, item: string, args?: Args, token = this.item(item).token): Outcome {
		return this.send({ author: 'home', by: 'landing', event, item, ...(args && { args }), ...(token && { token }) });
	}

	send(intent: Omit<Intent, 'n' | 'at'>): Outcome {
		this.#ms += 1;
		const n = (this.facts.acceptedUpTo[intent.author] ?? 0) + 1;
		const { state, outcomes, history } = foldIntents(
			this.facts,
			[{ ...intent, n, at: [this.#ms, 0] }],
			projectRules(this.context),
		);
		this.facts = state;
		this.history.push(...history);
		const outcome = outcomes[`${intent.author}#${n}`];
		if (!outcome) throw new Error(`no outcome for ${intent.event}`);
		return outcome;
	}

	item(key: string): Item {
		const item = this.facts.items[key];
		if (!item) throw new Error(`there is no item ${key}`);
		return item;
	}

	/** Adds an item and brings it, by what really happens, to a stage. */
	to(stage: 'backlog' | 'coding' | 'reviewHold' | 'qa' | 'merge' | 'mergeFailure' | 'done', key = 'a'): this {
		const steps: readonly (readonly [string, () => Outcome])[] = [
			['backlog', () => this.user('add', key, { title: `Title of ${key}` })],
			['start', () => this.user('start', key)],
			['coding', () => this.grant(key)],
			...this.#afterCoding(stage, key),
		];
		for (const [name, step] of steps) {
			const outcome = step();
			if (outcome !== 'applied') throw new Error(`${name}: ${outcome}`);
			if (name === stage) break;
		}
		return this;
	}

	#afterCoding(stage: string, key: string): readonly (readonly [string, () => Outcome])[] {
		const result = { commit: c1, base: c2 };
		switch (stage) {
			case 'reviewHold':
				return [['reviewHold', () => this.work('gates', 'submitForReview', key, { ...result, reason: 'a look' })]];
			case 'qa':
				return [['qa', () => this.work('gates', 'submitForQa', key, result)]];
			default:
				return [
					['merge', () => this.work('gates', 'submit', key, result)],
					stage === 'done'
						? ['done', () => this.landing('landed', key, { commit: c3 })]
						: ['mergeFailure', () => this.landing('mergeFailed', key, { kind: 'conflict', detail: 'in a.ts' })],
				];
		}
	}

	grant(key: string, role = 'coder', holder = 'worker'): Outcome {
		return this.system('grant', key, { holder, role });
	}

	get token(): Token {
		return this.item('a').token ?? [0, 0];
	}
}
