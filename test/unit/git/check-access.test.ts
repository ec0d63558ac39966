import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkGitAccess } from '../../../shared/git/index.ts';
import { shell, temporaryFolder } from '../../support/git.ts';

let folder: ReturnType<typeof temporaryFolder>;
let source: string;
beforeEach(() => {
	folder = temporaryFolder();
	source = join(folder.path, 'app');
	const home = join(folder.path, 'home');
	mkdirSync(home);
	shell(folder.path, 'init', '-q', '-b', 'main', source);
	shell(source, 'commit', '-q', '--allow-empty', '-m', 'first');
	shell(folder.path, 'init', '-q', '--bare', join(folder.path, 'forge.git'));
});
afterEach(() => folder.remove());

const check = (more: NodeJS.ProcessEnv = {}) =>
	checkGitAccess({
		...{ folder: source, remote: 'origin', branch: 'main' },
		environment: { PATH: process.env.PATH, HOME: join(folder.path, 'home'), GIT_CONFIG_NOSYSTEM: '1', ...more },
	});
const settings = (text: string): void => writeFileSync(join(folder.path, 'home/.gitconfig'), text);

/** Reached by ssh, as far as git can tell: a program in its place that serves reading alone. */
function readOnlyForge(): void {
	const program = join(folder.path, 'ssh');
	writeFileSync(
		program,
		`#!/bin/sh
for word; do last=$word; done
case $last in
git-upload-pack*) exec git upload-pack '${join(folder.path, 'forge.git')}' ;;
esac
echo 'ERROR: The key you are authenticating with has been marked as read only.' >&2
exit 1
`,
	);
	chmodSync(program, 0o755);
	shell(source, 'config', 'core.sshCommand', `'${program}'`);
	shell(source, 'config', 'ssh.variant', 'ssh');
	shell(source, 'remote', 'add', 'origin', 'ssh://git@example.org/forge.git');
}

describe('whether a project may commit and push', () => {
	it('is proved at a remote that then has not changed', async () => {
		shell(source, 'remote', 'add', 'origin', join(folder.path, 'forge.git'));
		settings('[user]\n\tname = Ada\n\temail = ada@example.org\n');
		expect(await check()).toEqual({
			identity: { name: 'Ada', email: 'ada@example.org', from: 'host' },
			url: join(folder.path, 'forge.git'),
			credential: null,
			answer: { kind: 'accepts' },
		});
		expect(shell(join(folder.path, 'forge.git'), 'for-each-ref')).toBe('');
	});

	it('says who commits by the repository before the gateway, and by the gateway before the machine', async () => {
		settings(
			'[user]\n\tname = Bob\n\temail = bob@example.org\n[gangline]\n\tidentity = gateway\n\taccess = deploy key\n',
		);
		expect(await check()).toMatchObject({
			identity: { name: 'Bob', from: 'gateway' },
			credential: 'deploy key',
			answer: { kind: 'missing' },
		});
		shell(source, 'config', 'user.email', 'team@example.org');
		expect((await check()).identity).toEqual({ name: 'Bob', email: 'team@example.org', from: 'project' });
	});

	it('names nobody where git would have to guess', async () => {
		expect((await check()).identity).toBeNull();
	});

	it('tells a key that may only read from a remote that cannot be reached', async () => {
		readOnlyForge();
		expect((await check()).answer).toMatchObject({ kind: 'refuses', why: expect.stringContaining('read only') });
		shell(source, 'config', 'core.sshCommand', 'false');
		expect((await check()).answer).toMatchObject({ kind: 'silent' });
	});
});
