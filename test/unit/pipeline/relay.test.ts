import { describe, expect, test } from 'vitest';
import {
	type By,
	emptyFacts,
	foldIntents,
	type Intent,
	type IntentId,
	intentSchema,
	type ProjectFacts,
	projectRules,
	type Right,
} from '../../../shared/pipeline/index.ts';
import { makeItem } from '../../support/facts.ts';

const worker = 'n0000000000000002.00000001.work';
const home = 'n0000000000000001.00000001.work';
const c1 = '1'.repeat(40);

function facts(rights: Readonly<Record<string, readonly Right[]>>, holder: string | null = worker): ProjectFacts {
	const item = makeItem('a', { stage: { kind: 'coding' }, token: [1, 3], holder, role: 'coder' });
	return { ...emptyFacts(rights), revision: 3, nextNumber: 2, items: { a: item } };
}

const rights = { [worker]: ['hold'], [home]: ['agent', 'gates', 'relay'] } as const;

function outcome(state: ProjectFacts, intent: Partial<Intent>): string | undefined {
	const whole = {
		author: home,
		n: 1,
		at: [9, 0],
		by: 'gates' as By,
		who: 'shell',
		item: 'a',
		event: 'submit',
		args: { commit: c1, base: c1 },
		token: [1, 3],
		onBehalfOf: worker,
		...intent,
	} as const;
	const parsed = intentSchema.parse(JSON.parse(JSON.stringify(whole)));
	return foldIntents(state, [parsed], projectRules({ diffIsAsShown: () => true })).outcomes[
		`${parsed.author}#1` as IntentId
	];
}

describe('a home that writes down what a holder has reported', () => {
	test('[I4] is heard for the holder under the token of the item, and for nobody else', () => {
		expect(outcome(facts(rights), {})).toBe('applied');
		expect(outcome(facts(rights), { token: [1, 2] })).toBe('refused:staleToken');
		expect(outcome(facts(rights), { onBehalfOf: 'n0000000000000003.00000001.work' })).toBe('refused:notAuthorised');
		expect(outcome(facts(rights, null), { onBehalfOf: worker })).toBe('refused:notAuthorised');
	});

	test('[I13] needs the right to relay, and a holder on another machine writes nothing itself', () => {
		expect(outcome(facts({ ...rights, [home]: ['agent', 'gates'] }), {})).toBe('refused:notAuthorised');
		expect(outcome(facts(rights), { author: worker })).toBe('refused:notAuthorised');
		expect(outcome(facts(rights, home), { onBehalfOf: worker })).toBe('refused:notAuthorised');
	});

	test('[I5] a grant names as its holder only who may hold', () => {
		const free = facts({ ...rights, boss: ['system'] });
		const item = makeItem('a', { stage: { kind: 'coding' } });
		const grant = (holder: string) =>
			foldIntents(
				{ ...free, items: { a: item } },
				[
					{
						author: 'boss',
						n: 1,
						at: [9, 0],
						by: 'system',
						item: 'a',
						event: 'grant',
						args: { holder, role: 'coder' },
					},
				],
				projectRules({ diffIsAsShown: () => true }),
			).outcomes['boss#1'];
		expect(grant(worker)).toBe('applied');
		expect(grant('n0000000000000009.00000001.work')).toBe('refused:invalid');
	});
});
