import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commitAlone, commitEdit } from '../../../shared/git/index.ts';
import { environment as base, shell, temporaryFolder } from '../../support/git.ts';

const path = '.gangline/project.toml';
let folder: ReturnType<typeof temporaryFolder>;
let environment: Readonly<Record<string, string | undefined>>;

const git = (...args: string[]): string => shell(folder.path, ...args);
const edit = (input: Partial<Parameters<typeof commitEdit>[0]> = {}) =>
	commitEdit({
		folder: folder.path,
		environment,
		path,
		branch: 'main',
		head: git('rev-parse', 'HEAD'),
		message: 'Edit it',
		edit: (before) => before.replace('one', 'two'),
		...input,
	});

beforeEach(async () => {
	folder = temporaryFolder();
	writeFileSync(join(folder.path, '.gitconfig'), '[user]\n\tname = Ada\n\temail = ada@example.org\n');
	environment = { ...base, HOME: folder.path };
	git('init', '-q', '-b', 'main');
	writeFileSync(join(folder.path, 'other'), 'first\n');
	git('add', 'other');
	git('commit', '-q', '-m', 'first');
	await commitAlone({ folder: folder.path, environment, path, content: 'one\n', message: 'Add it' });
});
afterEach(() => folder.remove());

/** Refused, with the file, the index and HEAD as they were. */
async function refuses(input: Parameters<typeof edit>[0], message: RegExp): Promise<void> {
	const seen = () => [
		git('rev-parse', 'HEAD'),
		git('status', '--porcelain'),
		readFileSync(join(folder.path, path), 'utf8'),
	];
	const before = seen();
	await expect(edit(input)).rejects.toMatchObject({ code: 'REFUSED', message: expect.stringMatching(message) });
	expect(seen()).toEqual(before);
}

describe('commitEdit', () => {
	it('commits the edit alone, whatever else is staged or changed', async () => {
		writeFileSync(join(folder.path, 'other'), 'changed\n');
		git('add', 'other');
		writeFileSync(join(folder.path, 'new'), 'new\n');
		const commit = await edit();
		expect(commit).toBe(git('rev-parse', 'HEAD'));
		expect(git('show', '--format=%an %s', '--name-only')).toBe(`Ada Edit it\n\n${path}`);
		expect(git('status', '--porcelain')).toMatch(/^M {2}other\n\?\? \.gitconfig\n\?\? new$/);
		expect(readFileSync(join(folder.path, path), 'utf8')).toBe('two\n');
	});

	it('changes nothing on another branch, at another commit, or over changes of the person', async () => {
		await refuses({ branch: 'trunk' }, /is on main, not on trunk/);
		await refuses({ head: git('rev-parse', 'HEAD~1') }, /is not at main as it is/);
		await refuses({ edit: () => null }, /only a person can edit/);
		writeFileSync(join(folder.path, path), 'mine\n');
		await refuses({}, /has changes that are not committed/);
		git('checkout', '-q', '--', path);
		git('checkout', '-q', '--detach');
		await refuses({}, /is detached, not on main/);
	});

	it('[I13] writes through no link that a repository brings', async () => {
		const outside = join(folder.path, 'outside');
		mkdirSync(outside);
		git('rm', '-q', path);
		symlinkSync(outside, join(folder.path, '.gangline'));
		git('add', '.gangline');
		git('commit', '-q', '-m', 'a link');
		const lone = { folder: folder.path, environment, path, content: 'one\n', message: 'Add it' };
		const refused = { code: 'REFUSED', message: expect.stringMatching(/\.gangline in .* is a link where a folder/) };
		await expect(commitAlone(lone)).rejects.toMatchObject(refused);
		expect(readdirSync(outside)).toEqual([]);
		writeFileSync(join(outside, 'project.toml'), 'one\n');
		await expect(edit()).rejects.toMatchObject(refused);
		expect(readFileSync(join(outside, 'project.toml'), 'utf8')).toBe('one\n');
	});

	it('leaves what the person writes into the file while their hooks run', async () => {
		const hook = `#!/bin/sh\necho "while it ran" > '${join(folder.path, path)}'\nexit 1\n`;
		mkdirSync(join(folder.path, '.git/hooks'), { recursive: true });
		writeFileSync(join(folder.path, '.git/hooks/pre-commit'), hook, { mode: 0o755 });
		await expect(edit()).rejects.toMatchObject({ code: 'REFUSED' });
		expect(readFileSync(join(folder.path, path), 'utf8')).toBe('while it ran\n');
		git('rm', '-q', '--force', path);
		git('commit', '-q', '--no-verify', '-m', 'without it');
		await expect(
			commitAlone({ folder: folder.path, environment, path, content: 'one\n', message: 'Add it' }),
		).rejects.toMatchObject({ code: 'REFUSED' });
		expect(readFileSync(join(folder.path, path), 'utf8')).toBe('while it ran\n');
		expect(git('status', '--porcelain')).toMatch(/^\?\? \.gangline\/$/m);
	});

	it('puts the file back when a hook refuses', async () => {
		mkdirSync(join(folder.path, '.git/hooks'), { recursive: true });
		writeFileSync(join(folder.path, '.git/hooks/pre-commit'), '#!/bin/sh\necho no >&2\nexit 1\n', { mode: 0o755 });
		await refuses({}, /git did not commit/);
		execFileSync('rm', [join(folder.path, '.git/hooks/pre-commit')]);
		await edit();
	});
});
