import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
	ensureDeployKey,
	forgeFor,
	forgetCredentials,
	gitFolder,
	keepToken,
	pinHost,
	writeGitSettings,
} from '../../../shared/provision/git-access.ts';
import { forgeOf, knownAs } from '../../../shared/provision/git-settings.ts';
import { shell, temporaryFolder } from '../../support/git.ts';

let folder: ReturnType<typeof temporaryFolder>;
let place: { readonly folder: string; readonly seenAt: string };
beforeEach(() => {
	folder = temporaryFolder();
	place = { folder: folder.path, seenAt: gitFolder(folder.path) };
});
afterEach(() => folder.remove());

const home = (): string => join(folder.path, 'state/home');
const nothing = { identity: null, hasKey: false, tokenFor: null };
const forge = { kind: 'https', host: 'example.org', port: null } as const;
const modeOf = (name: string): number => statSync(join(gitFolder(folder.path), name)).mode & 0o777;

/** What git is told by its helpers, as the person whose home folder that is. */
function credential(command: 'fill' | 'reject', url: string, more = ''): string {
	const env = { PATH: process.env.PATH, HOME: home(), GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0' };
	const input = `url=${url}\n${more}\n`;
	return execFileSync('git', ['credential', command], {
		env,
		input,
		encoding: 'utf8',
		stdio: ['pipe', 'pipe', 'ignore'],
	});
}

describe('where a forge is', () => {
	it.each([
		['git@example.org:you/app.git', { kind: 'ssh', host: 'example.org', port: null }, 'example.org'],
		['ssh://git@example.org:2222/you/app.git', { kind: 'ssh', host: 'example.org', port: 2222 }, '[example.org]:2222'],
		['ssh://example.org/app', { kind: 'ssh', host: 'example.org', port: null }, 'example.org'],
		['https://user@example.org/app.git', forge, 'example.org'],
	])('is read from %s', (url, expected, known) => {
		const found = forgeOf(url);
		expect(found).toEqual(expected);
		expect(found && knownAs(found)).toBe(known);
	});

	it.each(['/srv/app.git', 'http://example.org/app.git', 'git@-oProxyCommand=x:app', 'ssh://-x/app', ''])(
		'is not guessed from %j',
		(url) => expect(forgeOf(url)).toBeNull(),
	);
});

describe('what a project in a container pushes with', () => {
	it('is a token that its own forge gets, in a file of its owner, and no failed login removes', async () => {
		await keepToken(place, { user: 'x-access-token', token: 'ghp_0123456789' });
		await writeGitSettings(place, { ...nothing, tokenFor: forge });
		expect(modeOf('token')).toBe(0o600);
		expect(readFileSync(join(gitFolder(folder.path), 'config'), 'utf8')).not.toContain('ghp_');
		const told = credential('fill', 'https://example.org/you/app.git');
		expect(told).toContain('username=x-access-token\npassword=ghp_0123456789\n');
		credential('reject', 'https://example.org/you/app.git', 'username=x-access-token\npassword=ghp_0123456789\n');
		expect(credential('fill', 'https://example.org/you/app.git')).toBe(told);
		expect(() => credential('fill', 'https://elsewhere.example.org/x')).toThrow();
	});

	it('leaves the settings of whoever works inside as they are', async () => {
		mkdirSync(home(), { recursive: true });
		writeFileSync(join(home(), '.gitconfig'), '[alias]\n\tst = status');
		const identity = { name: 'Ada "the first"', email: 'ada@example.org' };
		await writeGitSettings(place, { ...nothing, identity });
		await writeGitSettings(place, { ...nothing, identity });
		const text = readFileSync(join(home(), '.gitconfig'), 'utf8');
		expect(text.match(/\[include\]/g)).toHaveLength(1);
		const env = { PATH: process.env.PATH, HOME: home(), GIT_CONFIG_NOSYSTEM: '1' };
		const read = (key: string) =>
			execFileSync('git', ['config', '--global', '--includes', key], { env, encoding: 'utf8' });
		expect([read('alias.st'), read('user.name')]).toEqual(['status\n', 'Ada "the first"\n']);
	});

	it('is a key that OpenSSH made once, gone when it is taken back', async () => {
		const key = await ensureDeployKey(place, 'app');
		expect(key).toMatch(/^ssh-ed25519 \S+ gangline app$/);
		expect(await ensureDeployKey(place, 'app')).toBe(key);
		expect(modeOf('id_ed25519')).toBe(0o600);
		await writeGitSettings(place, { ...nothing, hasKey: true });
		const env = { PATH: process.env.PATH, HOME: home(), GIT_CONFIG_NOSYSTEM: '1' };
		const command = execFileSync('git', ['config', '--global', '--includes', 'core.sshCommand'], {
			env,
			encoding: 'utf8',
		});
		expect(command).toMatch(/^ssh -o 'IdentityFile=.*id_ed25519' .*StrictHostKeyChecking=yes/);
		await forgetCredentials(place);
		expect(() => modeOf('id_ed25519')).toThrow(/ENOENT/);
	});

	it('is for where the project is pushed to, and never for the repository of its own node', async () => {
		const path = join(folder.path, 'app');
		shell(folder.path, 'init', '-q', path);
		shell(path, 'remote', 'add', 'gangline', '/gangline/node/canonical.git');
		const ask = (kind: 'ssh' | 'https') => forgeFor({ name: 'app', path }, kind, { PATH: process.env.PATH });
		await expect(ask('ssh')).rejects.toThrow(/app has no remote/);
		shell(path, 'remote', 'add', 'origin', 'git@example.org:you/app.git');
		expect(await ask('ssh')).toEqual({ kind: 'ssh', host: 'example.org', port: null });
		await expect(ask('https')).rejects.toThrow(/a token is for https, and origin of app is/);
	});

	it('trusts a host only as this machine or a person knows it', async () => {
		await ensureDeployKey(place, 'app');
		const hostKey = join(folder.path, 'host');
		execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', hostKey]);
		const [kind, key] = readFileSync(`${hostKey}.pub`, 'utf8').split(' ');
		const person = join(folder.path, 'person');
		mkdirSync(join(person, '.ssh'), { recursive: true });
		writeFileSync(join(person, '.ssh/known_hosts'), `[127.0.0.1]:1 ${kind} ${key}\n`);
		execFileSync('ssh-keygen', ['-q', '-H', '-f', join(person, '.ssh/known_hosts')], { stdio: 'ignore' });
		const ssh = { kind: 'ssh', host: '127.0.0.1', port: 1 } as const;
		const wish = { forge: ssh, hostKey: undefined, environment: { HOME: person } };
		expect(await pinHost(place, wish)).toMatchObject({ state: 'ready', words: expect.stringMatching(/known_hosts/) });
		const pinned = readFileSync(join(gitFolder(folder.path), 'known_hosts'), 'utf8');
		expect(pinned).toBe(`[127.0.0.1]:1 ${kind} ${key?.trim()}\n`);
		expect(await pinHost(place, { ...wish, environment: {} })).toMatchObject({ words: '[127.0.0.1]:1 is pinned' });
		// Nobody listens there, so nothing can be shown, and nothing is trusted.
		await expect(
			pinHost(place, { ...wish, forge: { ...ssh, host: 'localhost' }, environment: {} }),
		).rejects.toMatchObject({ code: 'REMOTE_FAILED' });
	});
});
