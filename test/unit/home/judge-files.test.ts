import { describe, expect, it } from 'vitest';
import { touchesJudge } from '../../../node/home/judge-files.ts';
import type { Change } from '../../../shared/ports/index.ts';
import { gateSchema } from '../../../shared/project/config.ts';

interface Case {
	readonly name: string;
	readonly commands: readonly string[];
	readonly changes: readonly (readonly [Change['kind'], string])[];
	readonly before?: object;
	readonly after?: object;
	readonly reason: string | null;
}

const cases: readonly Case[] = [
	{ name: 'ordinary source', commands: ['npm test'], changes: [['modified', 'src/a.js']], reason: null },
	{ name: 'a new test', commands: ['npm test'], changes: [['added', 'test/b.test.js']], reason: null },
	{ name: 'an edited test', commands: ['npm test'], changes: [['modified', 'test/a.test.js']], reason: null },
	{
		name: 'a deleted test',
		commands: ['npm test'],
		changes: [['deleted', 'test/a.test.js']],
		reason: 'deletes the test',
	},
	{
		name: 'a deleted Go test',
		commands: ['go test ./...'],
		changes: [['deleted', 'money_test.go']],
		reason: 'money_test.go',
	},
	{
		name: 'a runner configuration',
		commands: ['npx vitest'],
		changes: [['modified', 'vitest.config.ts']],
		reason: 'vitest.config.ts',
	},
	{
		name: 'the script of a gate',
		commands: ['./scripts/check --all'],
		changes: [['modified', 'scripts/check']],
		reason: 'scripts/check',
	},
	{
		name: 'the Makefile of a make gate',
		commands: ['make test'],
		changes: [['modified', 'Makefile']],
		reason: 'Makefile',
	},
	{ name: 'a Makefile that no gate uses', commands: ['npm test'], changes: [['modified', 'Makefile']], reason: null },
	{
		name: 'its own gate set to true',
		commands: ['npm run lint'],
		changes: [['modified', 'package.json']],
		before: { scripts: { lint: 'eslint .' } },
		after: { scripts: { lint: 'true' } },
		reason: 'the script lint of package.json',
	},
	{
		name: 'what npm runs before a gate',
		commands: ['npm test'],
		changes: [['modified', 'package.json']],
		before: { scripts: { test: 'node --test' } },
		after: { scripts: { test: 'node --test', pretest: 'rm -r test' } },
		reason: 'pretest',
	},
	{
		name: 'a dependency in package.json',
		commands: ['npm test'],
		changes: [['modified', 'package.json']],
		before: { scripts: { test: 'x' } },
		after: { scripts: { test: 'x' }, dependencies: {} },
		reason: null,
	},
	{
		name: 'a tool that a script of a gate runs',
		commands: ['npm run lint'],
		changes: [['modified', 'tools/lint.mjs']],
		before: { scripts: { lint: 'node tools/lint.mjs' } },
		reason: 'tools/lint.mjs',
	},
	{
		name: 'words that JavaScript knows too',
		commands: ['npx vitest run -t constructor', 'npm run valueOf', 'npm test'],
		changes: [['modified', 'package.json']],
		before: { scripts: { test: 'jest toString' } },
		reason: null,
	},
];

describe('[I9] what changes its own judge waits for a person', () => {
	it.each(cases)('$name', async ({ commands, changes, before = {}, after = before, reason }) => {
		const said = await touchesJudge({
			gates: commands.map((command, index) => gateSchema.parse({ name: `g${index}`, command })),
			changes: changes.map(([kind, path]) => ({ kind, path })),
			before: async () => JSON.stringify(before),
			after: async () => JSON.stringify(after),
		});
		if (reason === null) expect(said).toBeNull();
		else expect(said).toContain(reason);
	});
});
