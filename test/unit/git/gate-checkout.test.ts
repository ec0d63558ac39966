/** The gate checkout is the commit, whatever candidate code did in it before. */
import {
	chmodSync,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	rmSync,
	symlinkSync,
	utimesSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CanonicalRepository, checkoutForGates, gateChanges } from '../../../shared/git/index.ts';
import type { CommitId } from '../../../shared/ports/index.ts';
import { commitInto, newCanonical, shell, temporaryFolder } from '../../support/git.ts';

const folder = temporaryFolder();
const path = join(folder.path, 'gate [1]');
const marker = join(folder.path, 'PWNED');
const caches = ['node_modules'];
const files = {
	'a.txt': 'a\n',
	'run.sh': { content: '#!/bin/sh\n', mode: '100755' as const },
	'ü/b.txt': 'b\n',
	'.gitignore': 'node_modules\nout\n',
};
let canonical: CanonicalRepository;
let first: CommitId;
let second: CommitId;

beforeAll(async () => {
	canonical = await newCanonical(join(folder.path, 'canonical.git'));
	first = commitInto(canonical.path, [], files, 'first');
	second = commitInto(canonical.path, [first], { 'a.txt': 'a2\n', '.gitignore': 'node_modules\n' }, 'second');
	await canonical.moveMain(second, null);
});
afterAll(async () => {
	await canonical.close();
	folder.remove();
});

const prepare = (commit: CommitId) => checkoutForGates(canonical, { path, commit, caches });
const write = (name: string, content: string): void => {
	mkdirSync(join(path, name, '..'), { recursive: true });
	writeFileSync(join(path, name), content);
};

describe('a gate checkout', () => {
	it('is the commit, again and again, and keeps the named caches only', async () => {
		await prepare(first);
		write('node_modules/x/y', 'cached');
		write('out/z', 'built');
		write('left over', '1');
		const checkout = await prepare(second);
		expect(readdirSync(path).sort()).toEqual(['.git', '.gitignore', 'a.txt', 'node_modules']);
		expect(readFileSync(join(path, 'node_modules/x/y'), 'utf8')).toBe('cached');
		expect(await gateChanges(canonical, checkout, caches)).toEqual({ modified: [], added: [] });
		expect(shell(path, 'status', '--porcelain')).toBe('');
		expect(shell(path, 'rev-parse', 'HEAD')).toBe(second);
		await prepare(first);
		expect(shell(path, 'ls-files').split('\n')).toHaveLength(4);
	});

	it('tells what a gate changed', async () => {
		const checkout = await prepare(first);
		write('a.txt', 'x\n');
		chmodSync(join(path, 'run.sh'), 0o644);
		rmSync(join(path, 'ü/b.txt'));
		write('new.txt', 'x');
		write('out/ignored', 'x');
		expect(await gateChanges(canonical, checkout, caches)).toEqual({
			modified: ['a.txt', 'run.sh', 'ü/b.txt'],
			added: ['new.txt'],
		});
	});

	it('[I9] sees a change of equal size and time under bits, filters and hooks that were planted', async () => {
		const checkout = await prepare(first);
		shell(path, 'update-index', '--assume-unchanged', 'a.txt');
		shell(path, 'config', 'filter.evil.smudge', `touch ${marker}; cat`);
		shell(path, 'config', 'filter.evil.clean', `touch ${marker}; cat`);
		shell(path, 'config', 'core.fsmonitor', `touch '${marker}'; false`);
		mkdirSync(join(path, '.git/info'), { recursive: true });
		writeFileSync(join(path, '.git/info/attributes'), '* filter=evil\n');
		mkdirSync(join(path, '.git/hooks'), { recursive: true });
		writeFileSync(join(path, '.git/hooks/post-checkout'), `#!/bin/sh\ntouch '${marker}'\n`, { mode: 0o755 });
		write('a.txt', 'b\n');
		utimesSync(join(path, 'a.txt'), 1, 1);
		rmSync(marker, { force: true });
		expect((await gateChanges(canonical, checkout)).modified).toEqual(['a.txt']);
		await prepare(first);
		expect(readFileSync(join(path, 'a.txt'), 'utf8')).toBe('a\n');
		expect(existsSync(marker)).toBe(false);
	});

	it('[I9] runs nothing of a repository that was planted inside it', async () => {
		const checkout = await prepare(first);
		mkdirSync(join(path, 'ü/inner'));
		shell(join(path, 'ü/inner'), 'init', '-q');
		shell(join(path, 'ü/inner'), 'commit', '-q', '--allow-empty', '-m', 'x');
		shell(join(path, 'ü/inner'), 'config', 'core.fsmonitor', `touch '${marker}'; false`);
		expect((await gateChanges(canonical, checkout)).added).toEqual(['ü/inner/']);
		await prepare(first);
		expect(existsSync(join(path, 'ü/inner'))).toBe(false);
		expect(existsSync(marker)).toBe(false);
	});

	it('does not follow links that took the place of its folders', async () => {
		const elsewhere = join(folder.path, 'elsewhere');
		mkdirSync(elsewhere);
		writeFileSync(join(elsewhere, 'b.txt'), 'precious');
		await prepare(first);
		rmSync(join(path, 'ü'), { recursive: true });
		symlinkSync(elsewhere, join(path, 'ü'));
		rmSync(join(path, 'node_modules'), { recursive: true, force: true });
		symlinkSync(elsewhere, join(path, 'node_modules'));
		rmSync(join(path, '.git'), { recursive: true });
		symlinkSync(canonical.path, join(path, '.git'));
		await prepare(first);
		expect(readFileSync(join(elsewhere, 'b.txt'), 'utf8')).toBe('precious');
		expect(readFileSync(join(path, 'ü/b.txt'), 'utf8')).toBe('b\n');
		expect(existsSync(join(path, 'node_modules'))).toBe(false);
		expect(await canonical.main()).toBe(second);
	});

	it('is made anew when its own records are damaged', async () => {
		await prepare(first);
		writeFileSync(join(`${path}.outside`, 'index'), 'garbage');
		await prepare(second);
		expect(readFileSync(join(path, 'a.txt'), 'utf8')).toBe('a2\n');
	});
});
