/** What somebody inside a container can put where the gateway writes and looks, on the machine of the person. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agentsNamed } from '../../../shared/provision/agent-layers.ts';
import {
	ensureDeployKey,
	forgeFor,
	forgetCredentials,
	keepToken,
	writeGitSettings,
} from '../../../shared/provision/git-access.ts';
import { SharedFolder } from '../../../shared/provision/shared-folder.ts';
import { ensureSource } from '../../../shared/provision/source.ts';
import { ensureSshKeys } from '../../../shared/provision/ssh-keys.ts';
import { temporaryFolder } from '../../support/git.ts';

let folder: ReturnType<typeof temporaryFolder>;
let state: string;
/** The person's own, which nothing inside may reach. */
let own: string;
beforeEach(() => {
	folder = temporaryFolder();
	state = join(folder.path, 'state');
	own = join(folder.path, 'own');
	mkdirSync(state);
	mkdirSync(own);
	writeFileSync(join(own, 'kept'), 'as it was');
});
afterEach(() => folder.remove());

const kept = (): string => readFileSync(join(own, 'kept'), 'utf8');
const given = { identity: null, hasKey: true, tokenFor: null };
const wish = () => ({ name: 'app', folder: folder.path, user: 'ada', env: {}, secretsInside: null });

describe('a folder that is shared with a container', () => {
	it('is not followed to another one', async () => {
		for (const name of ['git', 'home', 'ssh']) symlinkSync(own, join(state, name));
		const refused = { code: 'REFUSED', message: expect.stringContaining('is not what the gateway made') };
		const place = { folder: folder.path };
		await expect(ensureSshKeys(wish())).rejects.toMatchObject(refused);
		await expect(ensureDeployKey(place, 'app')).rejects.toMatchObject(refused);
		await expect(keepToken(place, { user: 'x', token: 'y' })).rejects.toMatchObject(refused);
		await expect(writeGitSettings(place, given)).rejects.toMatchObject(refused);
		rmSync(join(state, 'git'));
		await expect(writeGitSettings(place, given)).rejects.toMatchObject(refused);
		rmSync(join(state, 'git'), { recursive: true });
		writeFileSync(join(state, 'git'), 'a file');
		await expect(forgetCredentials(place)).rejects.toMatchObject(refused);
		expect(execFileSync('ls', [own], { encoding: 'utf8' })).toBe('kept\n');
		expect(kept()).toBe('as it was');
	});

	it('has its files replaced, whatever they lead to', async () => {
		for (const name of ['git', 'home', 'ssh']) mkdirSync(join(state, name));
		const planted = [
			'git/config',
			'git/config.new',
			'git/token',
			'git/id_ed25519',
			'ssh/authorized_keys',
			'ssh/sshd_config',
		];
		for (const name of planted) symlinkSync(join(own, 'kept'), join(state, name));
		await ensureSshKeys(wish());
		await ensureDeployKey({ folder: folder.path }, 'app');
		await keepToken({ folder: folder.path }, { user: 'x', token: 'y' });
		await writeGitSettings({ folder: folder.path }, given);
		expect(kept()).toBe('as it was');
		expect(readFileSync(join(state, 'git/token'), 'utf8')).toBe('username=x\npassword=y\n');
	});

	it('is read for plain files of a sound size alone', async () => {
		await using home = await SharedFolder.open(state, 'home');
		expect(await home.read('nothing')).toBeNull();
		await home.write('said', 'so', 0o600);
		expect(await home.read('said')).toBe('so');
		symlinkSync(join(own, 'kept'), join(state, 'home/link'));
		execFileSync('mkfifo', [join(state, 'home/pipe')]);
		writeFileSync(join(state, 'home/large'), Buffer.alloc(2 ** 20 + 1));
		mkdirSync(join(state, 'home/folder'));
		for (const name of ['link', 'pipe', 'large', 'folder']) {
			await expect(home.read(name)).rejects.toMatchObject({ code: 'REFUSED' });
		}
	});
});

describe('a source that is shared with a container', () => {
	it('has the gateway run nothing that its settings name', async () => {
		const path = join(folder.path, 'app');
		const marker = join(own, 'ran');
		const run = `touch '${marker}'; cat`;
		const git = (...args: string[]) => execFileSync('git', ['-C', path, ...args], { stdio: 'ignore' });
		mkdirSync(path);
		git('init', '-q', '-b', 'main');
		writeFileSync(join(path, 'a.txt'), 'a\n');
		mkdirSync(join(path, '.gangline'));
		writeFileSync(join(path, '.gangline/project.toml'), 'name = "app"\n');
		writeFileSync(join(path, '.gitattributes'), '* filter=evil diff=evil\n');
		git('add', '-A');
		git('-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', 'commit', '-qm', 'first');
		git('remote', 'add', 'origin', 'ext::sh -c touch% fetched');
		const settings = {
			...{
				'core.fsmonitor': run,
				'core.hooksPath': own,
				'core.pager': run,
				'core.editor': run,
				'core.sshCommand': run,
			},
			...{ 'filter.evil.clean': run, 'filter.evil.process': run, 'diff.evil.textconv': run, 'diff.external': run },
			...{
				'protocol.ext.allow': 'always',
				'core.repositoryFormatVersion': '1',
				'extensions.partialClone': 'origin',
				'remote.origin.promisor': 'true',
			},
			...{ 'remote.origin.uploadpack': run, 'core.untrackedCache': 'true', 'credential.helper': `!${run}` },
		};
		for (const [name, value] of Object.entries(settings)) git('config', name, value);
		writeFileSync(join(path, 'a.txt'), 'b\n');
		// A blob that is not here: git would fetch it.
		const blob = execFileSync('git', ['-C', path, 'rev-parse', 'HEAD:.gangline/project.toml'], {
			encoding: 'utf8',
		}).trim();
		rmSync(join(path, '.git/objects', blob.slice(0, 2), blob.slice(2)));
		const environment = { PATH: process.env.PATH, HOME: own };
		const owner = { uid: 1_000, gid: 1_000, name: 'ada', group: 'ada' };
		rmSync(marker, { force: true });
		expect(await ensureSource({ path, git: null, owner, environment })).toBe(`the repository in ${path}`);
		expect(await agentsNamed(path, environment)).toEqual([]);
		await expect(forgeFor({ name: 'app', path }, 'ssh', environment)).rejects.toMatchObject({ code: 'REFUSED' });
		for (const trace of [marker, join(path, 'fetched'), join(path, '.git/fetched')])
			expect(existsSync(trace)).toBe(false);
	});
});
