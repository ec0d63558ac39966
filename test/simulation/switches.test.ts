/**
 * The suite is worth what it finds: each switch breaks one rule of the product, and the checkers notice. In the short
 * form three that show at once, and that every one of them still fits the sources; in the long form a dozen more.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { describe, expect, it } from 'vitest';
import { findSwitch } from '../support/simulation/switches/find.ts';
import { switches } from '../support/simulation/switches/list.ts';
import { type Switch, thrown } from '../support/simulation/switches/switch.ts';

const source = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
const filesOf = ({ edits }: Switch): readonly string[] => [...new Set(edits.map(({ file }) => file))];

describe('switches', () => {
	it('are many, and each breaks a rule of its own', () => {
		expect(switches.length).toBeGreaterThan(17);
		for (const of of ['name', 'breaks'] as const) {
			expect(new Set(switches.map((one) => one[of])).size).toBe(switches.length);
		}
	});

	it.each(switches.map((one) => [one.name, one] as const))(
		'%s changes what is there once, into something that runs',
		(_, one) => {
			for (const file of filesOf(one)) {
				const before = source(file);
				const after = thrown(one, file, before);
				expect(after).not.toBe(before);
				expect(stripTypeScriptTypes(after)).not.toBe('');
			}
		},
	);

	it('leave modules that the engine reads: private names among them, of which a look at types says nothing', () => {
		const texts = switches.flatMap((one) =>
			filesOf(one).map((file) => [`${one.name} in ${file}`, stripTypeScriptTypes(thrown(one, file, source(file)))]),
		);
		const reader = `
			const { SourceTextModule } = require('node:vm');
			for (const [name, text] of JSON.parse(require('node:fs').readFileSync(0, 'utf8'))) {
				try { new SourceTextModule(text); } catch (error) { console.log(name + ': ' + error.message); }
			}`;
		const flags = ['--experimental-vm-modules', '--no-warnings', '-e', reader];
		expect(execFileSync(process.execPath, flags, { input: JSON.stringify(texts), encoding: 'utf8' })).toBe('');
	});

	it('leave other files alone, and fail where their rule is not', () => {
		const [one] = switches;
		if (!one) throw new Error('there is none');
		expect(thrown(one, 'README.md', 'text')).toBe('text');
		expect(() => thrown(one, one.edits[0]?.file ?? '', 'something else')).toThrow('wants to change 0 places');
	});
});

/** What a checker sees as soon as anything happens. */
const quick = ['counters-in-clean-up', 'attempts-not-counted', 'numbers-again'];

/** Found in the first seeds; `scripts/simulate --switches` looks for all of them, in up to 500 seeds each. */
const common = [
	'tokens-not-spent',
	'granted-before-durable',
	'recorded-before-killed',
	'salvage-dropped',
	'dependencies-ignored',
	'merged-on-nothing',
	'gates-unheeded',
	'reworks-free',
	'settled-report-kept',
	'by-believed',
	'folded-twice',
	'refusal-unpublished',
	'old-generation-merged',
	'history-apart',
	'damage-unnoticed',
	'refusals-never-forgotten',
];

describe('a broken rule', () => {
	const limit = 20;
	const clean = new Map<number, boolean>();

	it.each(process.env.GANGLINE_TEST_LONG ? [...quick, ...common] : quick)(
		'is found: %s',
		{ timeout: 300_000 },
		async (name) => {
			const { found } = await findSwitch(name, { limit, clean });
			expect(found, `no seed up to ${limit} finds it`).not.toBeNull();
		},
	);
});
