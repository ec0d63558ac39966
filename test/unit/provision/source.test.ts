import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SystemClock, SystemRandom } from '../../../shared/ports/system/index.ts';
import { parseProjectConfig } from '../../../shared/project/index.ts';
import { seedProject } from '../../../shared/provision/seed.ts';
import { checkSource, ensureSource } from '../../../shared/provision/source.ts';
import { makeWorld, type World } from '../../support/world.ts';

let world: World;
let folder: string;
const owner = { name: 'ada', uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
beforeAll(() => {
	world = makeWorld();
	// Not below TMPDIR, which may be in memory: below /dev no source may lie.
	folder = mkdtempSync('/var/tmp/gangline-source-');
});
afterAll(async () => {
	rmSync(folder, { recursive: true });
	await world[Symbol.asyncDispose]();
});

const wish = (path: string, git: string | null = null) => ({ path, git, owner, environment: world.env });
const seeding = (path: string) => ({
	...{ path, name: 'app', environment: world.env },
	...{ clock: new SystemClock(), random: new SystemRandom(), stacks: join(folder, 'stacks') },
});

describe('the source of a project', () => {
	it('is begun empty, and begun again is the same', async () => {
		const path = join(folder, 'empty');
		await checkSource(wish(path));
		expect(await ensureSource(wish(path))).toBe(`an empty repository in ${path}`);
		expect(await ensureSource(wish(path))).toBe(`the repository in ${path}`);
	});

	it('is cloned, and what an earlier clone left half is not taken for one', async () => {
		const origin = world.repository('origin', { 'a.txt': 'a\n' });
		const path = join(folder, 'cloned');
		mkdirSync(`${path}.gangline-part`);
		writeFileSync(join(`${path}.gangline-part`, 'half'), '');
		expect(await ensureSource(wish(path, origin))).toBe(`cloned into ${path}`);
		expect(readFileSync(join(path, 'a.txt'), 'utf8')).toBe('a\n');
		await checkSource(wish(path, origin));
	});

	it('says why it cannot be cloned', async () => {
		const path = join(folder, 'never');
		await expect(ensureSource(wish(path, join(folder, 'nowhere')))).rejects.toMatchObject({
			code: 'REMOTE_FAILED',
			message: expect.stringMatching(/nowhere could not be cloned: fatal: /),
		});
	});

	for (const url of ['https://ada:geheim@example.org/a.git', 'https://token@example.org/a.git']) {
		it(`refuses the login in ${url.replace(/\/\/.*@/, '//…@')} and does not repeat it`, async () => {
			const refused = await ensureSource(wish(join(folder, 'secret'), url)).catch((error: unknown) => error);
			expect(refused).toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('carries a login') });
			expect(String(refused)).not.toMatch(/geheim|token@/);
		});
	}

	for (const url of ['--upload-pack=evil', 'ext::sh -c id', 'example', 'x@host:-oProxyCommand=id']) {
		it(`refuses ${url}, which is no address`, async () => {
			await expect(ensureSource(wish(join(folder, 'odd'), url))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
		});
	}

	for (const path of ['/', '/etc/app', '/usr', '/proc/1', '/gangline/x']) {
		it(`does not lie at ${path}`, async () => {
			await expect(checkSource(wish(path))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
		});
	}

	it('is no link to somewhere else', async () => {
		mkdirSync(join(folder, 'real'));
		symlinkSync(join(folder, 'real'), join(folder, 'link'));
		await expect(checkSource(wish(join(folder, 'link')))).rejects.toMatchObject({
			code: 'INVALID_ARGUMENT',
			hint: expect.stringContaining(join(folder, 'real')),
		});
	});

	it('is refused where it belongs to somebody else, with the command that mends it', async () => {
		mkdirSync(join(folder, 'theirs'));
		const other = { ...wish(join(folder, 'theirs')), owner: { ...owner, uid: owner.uid + 1 } };
		await expect(checkSource(other)).rejects.toMatchObject({
			code: 'REFUSED',
			hint: expect.stringContaining('sudo chown -R ada'),
		});
	});

	it('is refused where a clone would overwrite something', async () => {
		mkdirSync(join(folder, 'full'));
		writeFileSync(join(folder, 'full/mine'), '');
		await expect(checkSource(wish(join(folder, 'full'), '/x'))).rejects.toMatchObject({ code: 'REFUSED' });
	});
});

describe('the project file of a new project', () => {
	it('is the first commit of an empty one', async () => {
		const path = join(folder, 'first');
		await ensureSource(wish(path));
		const { project, words } = await seedProject(seeding(path));
		expect(words).toMatch(/^committed \.gangline\/project\.toml as [0-9a-f]{10}$/);
		const config = parseProjectConfig(readFileSync(join(path, '.gangline/project.toml'), 'utf8'));
		expect(config).toMatchObject({ id: project, name: 'app', branch: 'main' });
		expect(await seedProject(seeding(path))).toEqual({
			project,
			words: '.gangline/project.toml is there and stays as it is',
		});
	});

	it('runs no hook of the repository on this machine', async () => {
		const path = world.repository('hooked', { 'package.json': '{"scripts":{"test":"node --test"}}' });
		writeFileSync(join(path, '.git/hooks/pre-commit'), `#!/bin/sh\ntouch '${folder}/hook-ran'\n`, { mode: 0o755 });
		await seedProject(seeding(path));
		expect(() => readFileSync(join(folder, 'hook-ran'))).toThrow(/ENOENT/);
		expect(readFileSync(join(path, '.gangline/project.toml'), 'utf8')).toContain('npm');
	});

	it('is refused where git knows nobody', async () => {
		const path = join(folder, 'nobody');
		const environment = { ...world.env, HOME: folder, GIT_CONFIG_NOSYSTEM: '1', EMAIL: '' };
		await ensureSource({ ...wish(path), environment });
		world.git(path, 'config', 'user.useConfigOnly', 'true');
		await expect(seedProject({ ...seeding(path), environment })).rejects.toMatchObject({
			code: 'UNSUITABLE_REPOSITORY',
			hint: expect.stringContaining('user.email'),
		});
	});
});
