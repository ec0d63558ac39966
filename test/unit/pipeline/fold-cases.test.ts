import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type FoldResult, type FoldState, foldIntents, type Intent } from '../../../shared/pipeline/index.ts';

interface Case {
	readonly name: string;
	readonly state: FoldState;
	readonly intents: readonly Intent[];
	readonly result: FoldResult;
}

const { cases }: { cases: readonly Case[] } = JSON.parse(
	readFileSync(new URL('../../fixtures/spec/intents.json', import.meta.url), 'utf8'),
);

describe('the given cases', () => {
	test('are there', () => expect(cases.length).toBeGreaterThanOrEqual(29));

	for (const { name, state, intents, result } of cases) {
		test(name, () => {
			const before = structuredClone({ state, intents });
			expect(foldIntents(state, intents)).toStrictEqual(result);
			expect(foldIntents(state, [...intents].reverse())).toStrictEqual(result);
			expect(foldIntents(state, [...intents, ...structuredClone(intents)])).toStrictEqual(result);
			expect({ state, intents }).toStrictEqual(before);
		});
	}
});
