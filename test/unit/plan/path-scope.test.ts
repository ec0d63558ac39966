import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isAllowedPattern, isPathAllowed, parsePattern, patternsOverlap } from '../../../shared/plan/index.ts';
import { processorMsSince } from '../../support/processor-time.ts';

interface PathCase {
	readonly scope: readonly string[];
	readonly path?: string;
	readonly rename?: readonly [string, string];
	readonly symlinks?: Readonly<Record<string, string>>;
	readonly allowed: boolean;
}

const spec: { readonly patterns: readonly { pattern: string; ok: boolean }[]; readonly paths: readonly PathCase[] } =
	JSON.parse(readFileSync(new URL('../../fixtures/spec/path-scope.json', import.meta.url), 'utf8'));

describe('the given cases', () => {
	test('patterns', () => {
		for (const { pattern, ok } of spec.patterns) {
			expect(isAllowedPattern(pattern), pattern).toBe(ok);
			if (ok) expect(parsePattern(pattern).text).toBe(pattern);
			else expect(() => parsePattern(pattern)).toThrow(expect.objectContaining({ code: 'INVALID_PLAN' }));
		}
	});

	test('paths', () => {
		for (const { scope, path, rename, symlinks, allowed } of spec.paths) {
			const changed = rename ? { rename } : (path ?? '');
			expect(isPathAllowed(scope, changed, symlinks), JSON.stringify({ scope, changed, symlinks })).toBe(allowed);
		}
	});
});

describe('a path', () => {
	const check = (scope: string, path: string, symlinks = {}): boolean => isPathAllowed([scope], path, symlinks);

	test('matches by segments: * and ? stay inside one, ** goes across', () => {
		const yes = [
			['a/**/z', 'a/z'],
			['a/**/z', 'a/b/c/z'],
			['**/x.ts', 'x.ts'],
			['**/x.ts', 'a/b/x.ts'],
			['a/*/c', 'a/b/c'],
			['*.test.*', 'x.test.ts'],
			['a*b*c', 'a1b2b3c'],
			['?', 'ö'],
			['[a]', '[a]'],
			['**', '.gitignore'],
			['src/*', 'src/.env'],
			['**/**', 'a'],
		] as const;
		const no = [
			['a/**', 'a'],
			['a/**/z', 'a/bz'],
			['a/*/c', 'a/b/d/c'],
			['a/*', 'a/b/c'],
			['src/**.ts', 'src/a/b.ts'],
			['[a]', 'a'],
			['a', 'A'],
			['?', ''],
			['a', 'a/b'],
		] as const;
		for (const [pattern, path] of yes) expect(check(pattern, path), `${pattern} ${path}`).toBe(true);
		for (const [pattern, path] of no) expect(check(pattern, path), `${pattern} ${path}`).toBe(false);
	});

	test("is never in git's own folder, however it is written", () => {
		for (const path of ['.git', 'a/.git', '.GIT/config', 'a/.git/x/../../b', 'sub/.git/hooks/pre-commit']) {
			expect(check('**', path), path).toBe(false);
		}
		expect(check('**', 'x/config', { x: '.git' })).toBe(false);
		expect([check('**', '.github/ci.yml'), check('**', '.gitattributes')]).toEqual([true, true]);
	});

	test('is judged by where it really is', () => {
		expect(check('src/**', 'src/../lib/x')).toBe(false);
		expect(check('lib/**', 'src/../lib/x')).toBe(true);
		expect(check('**', '../x')).toBe(false);
		expect(check('**', '/etc/passwd')).toBe(false);
		expect(check('**', '')).toBe(false);
		expect(check('**', 'a\0b')).toBe(false);
		// A link itself may be changed; what lies behind it is elsewhere.
		expect(check('src/**', 'src/link', { 'src/link': '/tmp' })).toBe(true);
		expect(check('src/**', 'src/a/b/x', { 'src/a': 'real', 'src/real/b': '../deep' })).toBe(true);
		expect(check('src/**', 'src/a/x', { 'src/a': '../..' })).toBe(false);
		expect(check('**', 'a/x', { a: 'b', b: 'a' })).toBe(false);
		expect(check('**', 'a/x', { a: 'a/x' })).toBe(false);
		expect(check('**', 'constructor/x')).toBe(true);
	});

	test('is not allowed by what is no pattern', () => {
		expect(isPathAllowed(['', '/src/**', 'src/{a}', '../**'], 'src/a')).toBe(false);
		expect(isPathAllowed([], 'src/a')).toBe(false);
	});

	test('of many stars is answered at once', () => {
		const before = process.cpuUsage();
		expect(check(`${'*a'.repeat(60)}b`, 'a'.repeat(500))).toBe(false);
		expect(check(`${'**/a/'.repeat(60)}b`, Array.from({ length: 500 }, () => 'a').join('/'))).toBe(false);
		expect(processorMsSince(before)).toBeLessThan(1000);
	});
});

describe('overlap', () => {
	test('is judged by literal prefixes, whole segments, both ways', () => {
		const pairs: readonly (readonly [string, string, boolean])[] = [
			['src/a.ts', 'src/a.ts', true],
			['src/a.ts', 'src/b.ts', false],
			['src/**', 'src/a.ts', true],
			['src/api/**', 'src/api-docs/**', false],
			['src/*.ts', 'src/deep/x.md', true],
			['src/ap*', 'src/b/**', true],
			['src', 'src/a.ts', true],
			['**', 'x', true],
			['*.md', 'docs/a', true],
			['./a', 'a', true],
			['a/', 'a/b', true],
			['../x', 'y', true],
			['', 'y', true],
			['a{b}', 'y', true],
		];
		for (const [a, b, expected] of pairs) {
			expect(patternsOverlap(a, b), `${a} ${b}`).toBe(expected);
			expect(patternsOverlap(b, a), `${b} ${a}`).toBe(expected);
		}
	});

	test('is never missed: two patterns that mean one path overlap', () => {
		const segment = fc.constantFrom('a', 'b', 'ab', '*', '?', '**', 'a*');
		const pattern = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
		const path = fc
			.array(fc.constantFrom('a', 'b', 'ab'), { minLength: 1, maxLength: 4 })
			.map((parts) => parts.join('/'));
		let met = 0;
		const property = fc.property(pattern, pattern, path, (one, other, file) => {
			if (!isPathAllowed([one], file) || !isPathAllowed([other], file)) return;
			met += 1;
			expect(patternsOverlap(one, other)).toBe(true);
		});
		fc.assert(property, { numRuns: 3000 });
		expect(met).toBeGreaterThan(50);
	});
});
