/**
 * Repositories as strangers have them, each made a project with nothing but what `init` finds in it, all in one node:
 * the first `gangline start` starts it, every other one adds a project to it. Each ends with three landed items, seen
 * from git, or with the sentence that says why not.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
	addAll,
	all,
	allDone,
	answerOf,
	begin,
	boardWhere,
	expectLanded,
	landThree,
	threeFiles,
} from '../support/strangers.ts';
import { makeWorld, type World, writeFiles } from '../support/world.ts';

let world: World;
beforeAll(async () => {
	world = makeWorld();
	await world.ok(world.folder, 'start');
});
afterAll(() => world[Symbol.asyncDispose]());

const hasPytest = answerOf('python3', '-c', 'import pytest') !== null;

describe('a stranger', () => {
	it.skipIf(!all)('with npm workspaces and no dependencies lands three', async () => {
		const member = (name: string): Readonly<Record<string, string>> => ({
			[`packages/${name}/package.json`]: json({
				name: `@shop/${name}`,
				version: '1.0.0',
				scripts: { test: 'node --test' },
			}),
			[`packages/${name}/index.js`]: `exports.${name} = () => '${name}';\n`,
			[`packages/${name}/index.test.js`]: [
				"const { test } = require('node:test');",
				`test('${name} says its name', () => require('node:assert').equal(require('./index.js').${name}(), '${name}'));`,
				'',
			].join('\n'),
		});
		const repository = world.repository('npm workspaces', {
			'package.json': json({ name: 'shop', private: true, workspaces: ['packages/*'] }),
			...member('cart'),
			...member('price'),
		});
		const said = await begin(world, repository, '--review', 'server');
		expect(said).toContain('npm run test --workspaces --if-present');
		expect(said).toContain('main is green: 2 tests');
		await landThree(world, repository, {
			items: [
				{ title: 'Rename cart', script: "sed -i 's/cart/basket/g' packages/cart/index*.js" },
				{ title: 'Price in capitals', script: "sed -i \"s/'price'/'PRICE'/\" packages/price/index*.js" },
				{ title: 'Say what it is', script: 'echo "# Shop" > README.md' },
			],
		});
		expect(existsSync(join(repository, 'node_modules'))).toBe(false);
	});

	it.skipIf(!all)(
		`with ${hasPytest ? 'pytest' : 'unittest (pytest is not installed here)'} in a folder with spaces and umlauts lands three`,
		async () => {
			const test = hasPytest
				? 'from words import plural\n\n\ndef test_plural():\n    assert plural("cat") == "cats"\n'
				: 'import unittest\nfrom words import plural\n\n\nclass Words(unittest.TestCase):\n    def test_plural(self):\n        self.assertEqual(plural("cat"), "cats")\n';
			const repository = world.repository('Wörter zählen ☂', {
				'words.py': 'def plural(word):\n    return word + "s"\n',
				'test_words.py': test,
				'pyproject.toml': '[project]\nname = "words"\nversion = "1"\n',
				'Übersicht/Straße 1.txt': 'alt\n',
			});
			const said = await begin(world, repository, '--review', 'server');
			expect(said).toContain(hasPytest ? 'python3 -m pytest' : 'python3 -m unittest');
			expect(said).toContain('main is green: 1 test');
			await landThree(world, repository, {
				items: [
					{ title: 'Umlaute überall', script: 'printf "neu\\n" > "Übersicht/Straße 1.txt"' },
					{ title: 'A new place', script: 'mkdir -p "häuser & höfe"; echo x > "häuser & höfe/\\"ä\\".txt"' },
					{ title: 'Words that end in s', script: 'printf "\\n\\ndef same(word):\\n    return word\\n" >> words.py' },
				],
			});
			expect(readFileSync(join(repository, 'Übersicht/Straße 1.txt'), 'utf8')).toBe('neu\n');
		},
	);

	it.skipIf(!all)('without tests sees every item wait for a person, whatever was asked for', async () => {
		const repository = world.repository('no tests', { 'notes.txt': 'a\n' });
		const said = await begin(world, repository, '--review', 'server');
		expect(said).toContain('nothing was checked on main: there are no gates');
		await landThree(world, repository, { approve: true });
	});

	it('with a Makefile only, on master, whose tests need an untracked .env, lands three that a person approved', async () => {
		const files = {
			Makefile: 'test:\n\t@. ./.env && test "$$SECRET" = swordfish\n',
			'.env.example': 'SECRET=\n',
		};
		const repository = world.repository('needs env', files, 'master');
		// Not in .gitignore: whoever adds everything would commit it.
		writeFileSync(join(repository, '.env'), 'SECRET=swordfish\n');
		const said = await begin(world, repository);
		expect(said).toContain('make test');
		expect(said).toContain('.env is not in git and .env.example is');
		// Once in the clone, where the script is run; once in the gate's checkout.
		const items = threeFiles.map(({ title, script }) => ({ title, script: `make test && ${script}` }));
		const board = await landThree(world, repository, { items, approve: true, branch: 'master', status: '?? .env' });
		expect(board.items.map(({ attempts }) => attempts)).toEqual([1, 1, 1]);
		const everything = world.git(repository, 'log', '--all', '--format=', '--name-only').split('\n');
		expect(everything).not.toContain('.env');
		expect(readFileSync(join(repository, '.env'), 'utf8')).toBe('SECRET=swordfish\n');
		expect(world.git(repository, 'branch', '--list')).toBe('* master');
	});

	it('whose main is red is told which test, nothing starts, and their fix makes it go', async () => {
		const repository = world.repository('red main', {
			'package.json': json({ name: 'red', scripts: { test: 'node --test' } }),
			'price.js': 'exports.half = (n) => n / 3;\n',
			'price.test.js': [
				"const { test } = require('node:test');",
				"test('half of four is two', () => require('node:assert').equal(require('./price.js').half(4), 2));",
				"test('a number is a number', () => {});",
				'',
			].join('\n'),
		});
		const init = await world.gangline(repository, 'init', '--yes', '--no-input', '--review', 'server');
		expect(init.code, init.stderr).toBe(8);
		expect(init.stderr).toContain('main is red: the gate test failed: 1 of 2 tests failed');
		expect(init.stderr).toMatch(/failing:\n\s+half of four is two\n/);
		await world.ok(repository, 'start');
		await addAll(world, repository, threeFiles);
		const reason = 'main is red: gate test: 1 of 2 tests failed';
		const red = await boardWhere(world, repository, ({ items }) =>
			items.every(({ waitsBecause }) => waitsBecause === reason),
		);
		expect(red.qualification).toMatchObject({ ready: false, reason });
		expect(red.items.map(({ stage, attempts }) => [stage, attempts])).toEqual(Array(3).fill(['backlog', 0]));
		writeFiles(repository, { 'price.js': 'exports.half = (n) => n / 2;\n' });
		world.git(repository, 'commit', '-q', '-a', '-m', 'Halve by two');
		await boardWhere(world, repository, allDone);
		await expectLanded(world, repository, { titles: threeFiles.map(({ title }) => title) });
		expect(world.git(repository, 'log', '--format=%s').split('\n')).toContain('Halve by two');
	});
});

it('has all of these projects in one node', async () => {
	const { projects } = await world.json<{ projects: { name: string }[] }>(world.folder, 'projects');
	const names = ['needs-env', 'red-main', ...(all ? ['no-tests', 'npm-workspaces', 'worter-zahlen'] : [])];
	expect(projects.map(({ name }) => name).sort()).toEqual(names.sort());
});

function json(value: object): string {
	return `${JSON.stringify(value, null, 2)}\n`;
}
