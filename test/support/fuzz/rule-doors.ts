/**
 * The door of the rules: entries that their authors signed, whatever they say. Each is applied or refused visibly [I14],
 * and what is applied leaves facts that every replica can read.
 */
import {
	emptyFacts,
	foldIntents,
	intentSchema,
	itemSchema,
	type ProjectFacts,
	projectRules,
	transitions,
} from '../../../shared/pipeline/index.ts';
import { ganglineError } from '../../../shared/ports/index.ts';
import type { Dice } from './dice.ts';
import type { Door } from './door.ts';
import { anyValue, spoilValue } from './json.ts';

const authors = { ann: ['user'], home: ['landing', 'system', 'scheduler'], worker: ['agent', 'gates'] } as const;
const commit = '1'.repeat(40);
const args = [
	{ title: 'a', type: 'story', description: 'x', dependsOn: ['k0'], labels: ['a'], held: true },
	{ title: 'b' },
	{ reason: 'because', detail: 'x', words: 'do it', kind: 'gate', gate: 'test', gateKind: 'test' },
	{ commit, base: commit, branch: commit, main: commit, mergeBase: commit, token: [1, 1], by: 'k1' },
	{ node: 'n1', role: 'coder', author: 'worker', agent: 'claude' },
];
const events = [
	...new Set([
		...transitions.map(({ event }) => String(event)),
		'add',
		'edit',
		'delete',
		'void',
		'grant',
		'merged',
		'constructor',
		'toString',
	]),
];
const entriesPerLife = 400;

export function ruleDoor(): Door {
	let facts: ProjectFacts = emptyFacts(authors);
	let at = 0;
	return {
		name: 'the rules of a project',
		covers: [
			'shared/pipeline/arguments.ts',
			'shared/pipeline/record-events.ts',
			'shared/pipeline/intent-schema.ts',
			'shared/pipeline/item-schema.ts',
		],
		weight: 3,
		make: (dice: Dice) => {
			const author = dice.pick(Object.keys(authors) as (keyof typeof authors)[]);
			const said = dice.pick(args);
			return {
				...{ author, by: dice.pick(authors[author]), event: dice.pick(events), item: `k${dice.below(6)}` },
				args: dice.once(3)
					? said
					: dice.once(6)
						? { title: anyValue(dice) }
						: spoilValue(dice, { ...said, ...dice.pick(args) }),
				...(dice.once(3) && { token: [dice.below(3), dice.below(40)] }),
			};
		},
		feed: (said: object) => {
			at += 1;
			if (at % entriesPerLife === 0) facts = emptyFacts(authors);
			const author = 'author' in said ? String(said.author) : '';
			const n = (facts.acceptedUpTo[author] ?? 0) + 1;
			const parsed = intentSchema.safeParse({ ...said, n, at: [at, 0] });
			if (!parsed.success) throw ganglineError('INVALID_ARGUMENT', 'no intent');
			const { state, outcomes } = foldIntents(facts, [parsed.data], projectRules({ diffIsAsShown: () => true }));
			const outcome = outcomes[`${author}#${n}`];
			if (outcome === undefined) throw new Error('it was neither applied nor refused');
			facts = state;
			for (const item of Object.values(state.items)) itemSchema.parse(item);
			if (outcome !== 'applied') throw ganglineError('REFUSED', outcome);
		},
	};
}
