import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { badges, columns, itemTypes, roles, stages, transitions, tries } from '../../../shared/pipeline/index.ts';
import { gateKinds } from '../../../shared/protocol/work.ts';

const spec: Record<string, unknown> = JSON.parse(
	readFileSync(new URL('../../fixtures/spec/pipeline.json', import.meta.url), 'utf8'),
);

test('the typed table equals the rules as data, both ways', () => {
	// `rules` is prose about these rows; each sentence is a test of its own (transition, guards, dependencies, tries).
	const { _about, rules, ...data } = spec;
	expect({ columns, badges, roles, types: itemTypes, stages, transitions, tries, gateKinds }).toStrictEqual(data);
	expect([_about, rules]).not.toContain(undefined);
});
