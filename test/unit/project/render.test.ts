import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
	gateSetHash,
	type ProjectConfig,
	parseProjectConfig,
	projectConfigSchema,
	renderProjectConfig,
} from '../../../shared/project/index.ts';

const name = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,20}$/).filter((text) => text !== 'setup');
const text = fc
	.string({ minLength: 1, maxLength: 40, unit: 'grapheme' })
	.filter((line) => line.trim() !== '' && !line.includes('\0'));
const path = fc.stringMatching(/^[a-zA-Z0-9äö _-]{1,12}(\/[a-z.]{3,8})?$/).filter((line) => !line.includes('..'));
const seconds = fc.integer({ min: 1, max: 86_400 });
const gate = fc.record(
	{
		name,
		kind: fc.constantFrom(
			'format' as const,
			'lint' as const,
			'docs' as const,
			'types' as const,
			'test' as const,
			'build' as const,
			'other' as const,
		),
		command: text,
		timeout_seconds: seconds,
		flaky_runs: fc.integer({ min: 1, max: 3 }),
	},
	{ requiredKeys: ['name', 'command'] },
);
const agent = fc
	.record(
		{
			name,
			role: fc.constantFrom('coder' as const, 'qa' as const, 'mergemaster' as const, 'research' as const),
			runtime: fc.constantFrom('claude-code' as const, 'codex' as const),
			model: text,
			mode: text,
			permissions: fc.constantFrom('ask' as const, 'all' as const),
			allow: fc.array(text, { maxLength: 3 }),
			paths: fc.array(fc.constantFrom('docs/**', 'src/*.ts', 'größe ü/?.md'), { minLength: 1, maxLength: 3 }),
			max_turns: fc.integer({ min: 1, max: 1000 }),
			max_cost_usd: fc.double({ min: 0.001, max: 1000, noNaN: true }),
			timeout_seconds: seconds,
			silence_seconds: seconds,
			accounts: fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9_]{0,23}$/), { maxLength: 3 }),
			env: fc.array(fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,20}$/), { maxLength: 3 }),
			concurrency: fc.integer({ min: 1, max: 1000 }),
			labels: fc.array(fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,9}$/), { maxLength: 2 }),
		},
		{ requiredKeys: ['name', 'runtime'] },
	)
	.map(({ paths, ...rest }) => ({ ...rest, ...((rest.role ?? 'coder') === 'coder' && paths && { paths }) }));
const config: fc.Arbitrary<ProjectConfig> = fc
	.record({
		id: fc.stringMatching(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/),
		name,
		branch: fc.constantFrom('main', 'master', 'release/1.x', 'größe'),
		review: fc.record({ mode: fc.constantFrom('human', 'server') }),
		landing: fc.record({
			mode: fc.constantFrom('local', 'push', 'pull-request'),
			remote: fc.constantFrom('origin', 'up'),
		}),
		work: fc.record({
			auto_start: fc.boolean(),
			slots: fc.integer({ min: 1, max: 64 }),
			lost_after_seconds: fc.integer({ min: 0, max: 2_592_000 }),
			caches: fc.array(path, { maxLength: 3 }),
		}),
		setup: fc.record({
			commands: fc.array(text, { maxLength: 3 }),
			copy: fc.array(path, { maxLength: 3 }),
			lockfiles: fc.array(path, { maxLength: 3 }),
			timeout_seconds: seconds,
		}),
		gate: fc.uniqueArray(gate, { selector: (entry) => entry.name, maxLength: 4 }),
		agent: fc.uniqueArray(agent, { selector: (entry) => entry.name, maxLength: 3 }),
	})
	.map((raw) => projectConfigSchema.parse(raw));

describe('renderProjectConfig', () => {
	it('writes what the parser reads back as the same value', () => {
		fc.assert(
			fc.property(config, (value) => {
				expect(parseProjectConfig(renderProjectConfig(value))).toEqual(value);
			}),
		);
	});

	it('leaves nothing out of an agent that is a program of its own', () => {
		const agent = {
			name: 'a',
			runtime: 'acp',
			command: ['x-acp', '--y'],
			mode: 'code',
			permissions: 'all',
			allow: ['curl *'],
		};
		const value = projectConfigSchema.parse({
			id: '01JABCDEFGHJKMNPQRSTVWXYZ0',
			name: 'd',
			branch: 'main',
			agent: [agent],
		});
		expect(parseProjectConfig(renderProjectConfig(value))).toEqual(value);
	});

	it('explains every section in a line and shows how a gate and an agent look when there are none', () => {
		const minimal = projectConfigSchema.parse({ id: '01JABCDEFGHJKMNPQRSTVWXYZ0', name: 'demo', branch: 'main' });
		const lines = renderProjectConfig(minimal).split('\n');
		for (const section of ['[review]', '[landing]', '[work]', '[setup]']) {
			expect(lines[lines.indexOf(section) - 1]).toMatch(/^# ./);
		}
		expect(lines).toContain('# [[gate]]');
		expect(lines).toContain('# [[agent]]');
		expect(lines).toContain('# There is none yet, so every change waits for a person.');
	});
});

describe('gateSetHash', () => {
	it('depends on set-up, caches, gates and their limits, and on nothing else', () => {
		fc.assert(
			fc.property(config, config, (a, b) => {
				const mixed = { ...a, setup: b.setup, gate: b.gate, work: { ...a.work, caches: b.work.caches } };
				expect(gateSetHash(mixed)).toBe(gateSetHash(b));
			}),
		);
	});

	it('changes with each part of a gate', () => {
		const parse = (gate: object): string =>
			gateSetHash(
				projectConfigSchema.parse({ id: '01JABCDEFGHJKMNPQRSTVWXYZ0', name: 'd', branch: 'main', gate: [gate] }),
			);
		const gates = [
			{ name: 'a', command: 'x' },
			{ name: 'b', command: 'x' },
			{ name: 'a', command: 'y' },
			{ name: 'a', command: 'x', kind: 'test' },
			{ name: 'a', command: 'x', timeout_seconds: 5 },
			{ name: 'a', command: 'x', flaky_runs: 2 },
		];
		expect(new Set(gates.map(parse)).size).toBe(gates.length);
	});
});
