/** The project file of a source that has none, where whoever worked in that source before left traps for git. */
import { existsSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SimClock, SimRandom } from '../../../shared/ports/sim/index.ts';
import { seedProject } from '../../../shared/provision/seed.ts';
import { shell, temporaryFolder } from '../../support/git.ts';

const stacks = fileURLToPath(new URL('../../../docker/stacks', import.meta.url));
let folder: ReturnType<typeof temporaryFolder>;
let path: string;
beforeEach(() => {
	folder = temporaryFolder();
	path = join(folder.path, 'shop');
	mkdirSync(path);
	shell(path, 'init', '-q', '-b', 'main');
	writeFileSync(join(path, 'a.txt'), 'a\n');
	shell(path, 'add', '-A');
	shell(path, 'commit', '-q', '-m', 'first');
});
afterEach(() => folder.remove());

const seed = () =>
	seedProject({
		...{ path, name: 'shop', stacks, clock: new SimClock(), random: new SimRandom('seed') },
		environment: {
			...{ PATH: process.env.PATH, HOME: folder.path, GIT_CONFIG_NOSYSTEM: '1' },
			...{ GIT_AUTHOR_NAME: 'Ada', GIT_AUTHOR_EMAIL: 'ada@example.org' },
			...{ GIT_COMMITTER_NAME: 'Ada', GIT_COMMITTER_EMAIL: 'ada@example.org' },
		},
	});

it('is committed alone', async () => {
	expect(await seed()).toMatchObject({ words: expect.stringMatching(/^committed \.gangline\/project\.toml as/) });
	expect(shell(path, 'show', '--name-only', '--format=', 'HEAD')).toBe('.gangline/project.toml');
});

it('is committed where only the large files of git-lfs are filtered', async () => {
	shell(path, 'config', 'filter.lfs.clean', 'git-lfs clean -- %f');
	shell(path, 'config', 'filter.lfs.required', 'true');
	expect(await seed()).toMatchObject({ words: expect.stringMatching(/^committed/) });
});

describe('[I13] nothing that the source names is run', () => {
	const mark = (): string => join(folder.path, 'ran');
	const traps: readonly (readonly [string, () => void])[] = [
		['a filter', () => shell(path, 'config', 'filter.x.clean', `touch '${mark()}'; cat`)],
		['a filter of a file that its settings include', () => included(`[filter "x"]\n\tprocess = touch '${mark()}'\n`)],
		['a program that signs', () => signing()],
	];
	const included = (text: string): void => {
		writeFileSync(join(path, '.git/more'), text);
		shell(path, 'config', 'include.path', 'more');
	};
	const signing = (): void => {
		writeFileSync(join(folder.path, 'sign'), `#!/bin/sh\ntouch '${mark()}'\n`, { mode: 0o755 });
		shell(path, 'config', 'commit.gpgsign', 'true');
		shell(path, 'config', 'gpg.program', join(folder.path, 'sign'));
	};

	it.each(traps)('%s', async (_what, set) => {
		set();
		writeFileSync(join(path, '.git/info/attributes'), '* filter=x\n');
		await expect(seed()).rejects.toMatchObject({
			code: 'UNSUITABLE_REPOSITORY',
			message: expect.stringMatching(/filter\.x|gpg\.program/),
			hint: expect.stringContaining('gangline init'),
		});
		expect(existsSync(mark())).toBe(false);
		expect(existsSync(join(path, '.gangline'))).toBe(false);
	});

	it('and no other repository is committed in that stands behind a link', async () => {
		renameSync(join(path, '.git'), join(folder.path, 'elsewhere'));
		symlinkSync(join(folder.path, 'elsewhere'), join(path, '.git'));
		await expect(seed()).rejects.toMatchObject({ code: 'UNSUITABLE_REPOSITORY' });
	});
});
