import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseProjectConfig, projectConfigPath } from '../../../shared/project/index.ts';
import { green, openShell, type Shell } from './shell.ts';

const node = {
	'package.json': JSON.stringify({ scripts: { test: 'node --test', lint: 'eslint .' } }),
	'package-lock.json': '{}',
	'.gitignore': 'node_modules\n.env\n',
	'.env.example': 'A=1\n',
};

function committed(shell: Shell): ReturnType<typeof parseProjectConfig> {
	return parseProjectConfig(shell.git('show', `HEAD:${projectConfigPath}`));
}

/** Everything of the repository that init could have changed. */
function state(shell: Shell): string {
	return [
		shell.git('rev-parse', '--verify', 'HEAD'),
		shell.git('status', '--porcelain', '--ignored'),
		shell.git('diff', '--cached'),
	].join('\n');
}

describe('gangline init', () => {
	it('writes, shows and commits what it found, then says what main looks like', async () => {
		using shell = openShell(node);
		shell.write('.env', 'A=2');
		const ran = await shell.init(['--yes']);
		expect(ran.error).toBeNull();
		const config = committed(shell);
		expect(config).toMatchObject({
			name: 'mein-projekt-a',
			branch: 'main',
			review: { mode: 'human' },
			landing: { mode: 'local' },
			work: { caches: ['node_modules'] },
			setup: { commands: ['npm ci'], copy: ['.env'], lockfiles: ['package-lock.json'] },
			gate: [
				{ name: 'lint', kind: 'lint', command: 'npm run lint' },
				{ name: 'test', kind: 'test', command: 'npm test' },
			],
		});
		expect(ran.stderr).toContain('package.json has scripts.test');
		expect(ran.stderr).toContain(`  id = "${config.id}"`);
		expect(ran.stderr).toContain('gate test\n');
		expect(ran.stdout).toContain('main is green: 212 tests, 14 s');
		expect(shell.git('log', '-1', '--format=%an <%ae>')).toBe('Ada <ada@example.org>');
		expect(shell.git('show', '--format=', '--name-only', 'HEAD')).toBe(projectConfigPath);
	});

	it('commits nothing of what was staged or changed', async () => {
		using shell = openShell({ ...node, 'a.txt': 'one\n' });
		shell.write('staged.txt', 'x');
		shell.git('add', 'staged.txt');
		shell.write('a.txt', 'two\n');
		const ran = await shell.init(['--yes', '--no-verify']);
		expect(ran.stderr).toContain('Uncommitted changes stay as they are');
		expect(shell.git('show', '--format=', '--name-only', 'HEAD')).toBe(projectConfigPath);
		expect(shell.git('status', '--porcelain')).toBe('M a.txt\nA  staged.txt');
	});

	it('takes every answer as a flag and asks nothing then', async () => {
		using shell = openShell({ 'README.md': '' }, 'trunk');
		shell.git('remote', 'add', 'upstream', '/nowhere');
		const flags = ['--branch', 'trunk', '--name', 'demo', '--review', 'server', '--landing', 'push'];
		const gates = ['--gate', 'test=make check', '--gate', 'lint-js=npx x=y', '--gate', 'smoke=./smoke'];
		await shell.init([
			...flags,
			...gates,
			'--setup',
			'make deps',
			'--setup',
			'b',
			'--copy',
			'.env',
			'--yes',
			'--no-verify',
		]);
		expect(committed(shell)).toMatchObject({
			name: 'demo',
			branch: 'trunk',
			review: { mode: 'server' },
			landing: { mode: 'push', remote: 'upstream' },
			setup: { commands: ['make deps', 'b'], copy: ['.env'] },
			gate: [
				{ name: 'test', kind: 'test', command: 'make check' },
				{ name: 'lint-js', kind: 'lint', command: 'npx x=y' },
				{ name: 'smoke', kind: 'other', command: './smoke' },
			],
		});
	});

	it('asks a person at a terminal and does what they choose', async () => {
		using shell = openShell(node);
		shell.git('remote', 'add', 'origin', '/nowhere');
		const asked: string[] = [];
		const ran = await shell.init(['--no-verify'], {
			questions: {
				confirm: true,
				async choose(question, choices, initial) {
					asked.push(question);
					return choices.at(-1)?.value ?? initial;
				},
				async pick(question, choices) {
					asked.push(question);
					return choices.slice(0, 1).map(({ value }) => value);
				},
				async write(question) {
					asked.push(question);
					return 'other';
				},
			},
		});
		expect(ran.error).toBeNull();
		expect(asked).toHaveLength(5);
		expect(committed(shell)).toMatchObject({
			name: 'other',
			review: { mode: 'server' },
			landing: { mode: 'pull-request', remote: 'origin' },
			gate: [{ name: 'lint' }],
		});
	});

	it('says that everything waits for a person where there are no gates, and why nothing is pushed', async () => {
		using shell = openShell({ 'README.md': '' });
		shell.git('remote', 'add', 'origin', '/nowhere');
		const ran = await shell.init(['--yes', '--no-verify']);
		expect(ran.stderr).toContain('each one waits for you');
		expect(ran.stderr).toContain('not pushed');
	});

	it('warns where files are kept by git-lfs', async () => {
		using shell = openShell({ '.gitattributes': '*.png filter=lfs diff=lfs merge=lfs -text\n' });
		expect((await shell.init(['--yes', '--no-verify'])).stderr).toContain('git-lfs');
	});

	it('prints one JSON value with --json', async () => {
		using shell = openShell(node);
		const ran = await shell.init(['--yes', '--json']);
		expect(JSON.parse(ran.stdout)).toMatchObject({
			project: { branch: 'main' },
			commit: shell.git('rev-parse', 'HEAD'),
			verdict: green,
		});
	});

	it('keeps the file and names the failing test when main is red', async () => {
		using shell = openShell(node);
		const gates = [{ ...green.gates[0], outcome: 'failed', why: 'exit 1', tail: 'not ok 1 - adds\n' }];
		const ran = await shell.init(['--yes'], {
			node: [{ type: 'verdict', verdict: { ...green, passed: false, gates } }],
		});
		expect(ran.error).toMatchObject({ code: 'MAIN_IS_RED', message: expect.stringContaining('failing:\n  adds') });
		expect(committed(shell).name).toBe('mein-projekt-a');
	});

	it('passes on what stopped the check, and notices a node that says nothing', async () => {
		using shell = openShell(node);
		const error = { code: 'UNSUITABLE_MACHINE', message: 'no space', hint: 'make some' };
		const stopped = await shell.init(['--yes'], { node: [{ type: 'error', error }] });
		expect(stopped.error).toMatchObject(error);
		const silent = await shell.init(['--yes'], { node: [] });
		expect(silent.error).toMatchObject({ code: 'INTERNAL', message: expect.stringContaining('without a verdict') });
	});

	it('says on a project that it is one, and checks it only when asked', async () => {
		using shell = openShell(node);
		await shell.init(['--yes', '--no-verify']);
		const before = state(shell);
		const told = await shell.init([]);
		expect(told).toMatchObject({ error: null, stdout: '', stderr: expect.stringContaining('is a project already') });
		const checked = await shell.init(['--yes']);
		expect(checked.stdout).toContain('main is green');
		expect(state(shell)).toBe(before);
	});

	it('names the line of a mistake in a file that is there', async () => {
		using shell = openShell({ [projectConfigPath]: 'id = 1\n' });
		expect((await shell.init(['--yes'])).error).toMatchObject({
			code: 'INVALID_CONFIG',
			message: expect.stringContaining('.gangline/project.toml:1:1: id is 1'),
		});
	});
});

describe('gangline init changes nothing', () => {
	const cases: readonly [string, (shell: Shell) => void, readonly string[], string][] = [
		['without a yes', () => undefined, [], 'REFUSED'],
		['on a detached HEAD', (shell) => shell.git('switch', '-q', '--detach'), ['--yes'], 'UNSUITABLE_REPOSITORY'],
		['on another branch', (shell) => shell.git('switch', '-q', '-c', 'feature'), ['--yes'], 'UNSUITABLE_REPOSITORY'],
		['for a branch that is not there', () => undefined, ['--yes', '--branch', 'x'], 'INVALID_ARGUMENT'],
		['for a remote that is not there', () => undefined, ['--yes', '--landing', 'push'], 'INVALID_ARGUMENT'],
		['for a gate without a command', () => undefined, ['--yes', '--gate', 'test'], 'INVALID_ARGUMENT'],
		['for a path that leads out', () => undefined, ['--yes', '--copy', '../x'], 'INVALID_ARGUMENT'],
		['for two gates of one name', () => undefined, ['--yes', '--gate', 'a=x', '--gate', 'a=y'], 'INVALID_ARGUMENT'],
		[
			'over a file that is not committed',
			(shell) => shell.write(projectConfigPath, 'mine'),
			['--yes'],
			'UNSUITABLE_REPOSITORY',
		],
		[
			'when a hook refuses',
			(shell) => shell.write('.git/hooks/pre-commit', '#!/bin/sh\necho no commits on Fridays >&2\nexit 1\n'),
			['--yes'],
			'REFUSED',
		],
		[
			'without an identity',
			(shell) => shell.write('../home/.gitconfig', '[user]\n\tuseConfigOnly = true\n'),
			['--yes'],
			'UNSUITABLE_REPOSITORY',
		],
	];
	for (const [when, prepare, args, code] of cases)
		it(when, async () => {
			using shell = openShell(node);
			shell.write('staged.txt', 'x');
			shell.git('add', 'staged.txt');
			prepare(shell);
			const before = state(shell);
			const ran = await shell.init(args);
			expect(ran.error?.code).toBe(code);
			expect(ran.error?.hint).toBeTruthy();
			expect(state(shell)).toBe(before);
		});

	it('and says what a hook said', async () => {
		using shell = openShell(node);
		shell.write('.git/hooks/pre-commit', '#!/bin/sh\necho no commits on Fridays >&2\nexit 1\n');
		expect((await shell.init(['--yes'])).error?.message).toContain('no commits on Fridays');
		expect(existsSync(join(shell.top, '.gangline'))).toBe(false);
	});

	it('without a repository, on a bare one, without commits, in a worktree, a shallow clone or on another system', async () => {
		using shell = openShell(node);
		using empty = openShell({});
		shell.git('clone', '-q', '--bare', '.', '../bare');
		shell.git('worktree', 'add', '-q', '../tree', '-b', 'other');
		shell.git('clone', '-q', '--depth', '1', `file://${shell.top}`, '../shallow');
		const places = ['..', '../bare', '../tree', '../shallow'].map((path) => join(shell.top, path));
		for (const cwd of places) {
			expect((await shell.init(['--yes'], { cwd })).error).toMatchObject({ code: 'UNSUITABLE_REPOSITORY' });
		}
		expect((await empty.init(['--yes'])).error?.message).toContain('no commit yet');
		expect((await shell.init(['--yes'], { platform: 'darwin' })).error?.code).toBe('UNSUITABLE_MACHINE');
		expect(shell.git('status', '--porcelain')).toBe('');
	});

	it('in a repository with submodules', async () => {
		using shell = openShell(node);
		using library = openShell({ a: '' });
		shell.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', library.top, 'lib');
		shell.git('commit', '-q', '-m', 'Add a library');
		expect((await shell.init(['--yes'])).error?.message).toContain('submodules (lib)');
		expect(readFileSync(join(shell.top, '.gitmodules'), 'utf8')).toContain('lib');
	});
});
