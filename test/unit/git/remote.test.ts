/** Remotes: what is fetched, what a push may move, and what each refusal is called. */
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import {
	type CanonicalRepository,
	compareLink,
	fetchRemote,
	openRemote,
	pushRemote,
	type Remote,
	redact,
} from '../../../shared/git/index.ts';
import type { CommitId } from '../../../shared/ports/index.ts';
import { commitInto, environment, newCanonical, shell, temporaryFolder } from '../../support/git.ts';

const folder = temporaryFolder();
const env = { ...environment, HOME: folder.path, GIT_CONFIG_NOSYSTEM: '1' };
let canonical: CanonicalRepository;
let remote: Remote;
let bare: string;
let base: CommitId;
let made = 0;

afterAll(() => folder.remove());
beforeEach(async () => {
	const at = join(folder.path, `r ${++made}`);
	canonical = await newCanonical(join(at, 'canonical.git'));
	bare = join(at, 'origin.git');
	shell(folder.path, 'init', '-q', '--bare', '-b', 'main', bare);
	const checkout = join(at, 'checkout');
	shell(folder.path, 'init', '-q', checkout);
	shell(checkout, 'remote', 'add', 'origin', '../origin.git');
	remote = await openRemote(checkout, 'origin', env);
	base = commitInto(canonical.path, [], { a: '1' }, 'base');
	return () => canonical.close();
});

const next = (parent: CommitId, content: string): CommitId =>
	commitInto(canonical.path, [parent], { a: content }, content);
const push = (commit: CommitId, expected: CommitId | null, more: { rewrite?: boolean; branch?: string } = {}) =>
	pushRemote(canonical, { remote, branch: 'main', commit, expected, ...more });
const there = (): string => shell(bare, 'rev-parse', 'main');
/** A colleague's commit, made in the remote itself. */
const colleague = (parent: CommitId | null): CommitId => {
	const commit = commitInto(bare, parent ? [parent] : [], { a: `colleague ${made}` }, 'theirs');
	shell(bare, 'update-ref', 'refs/heads/main', commit);
	return commit;
};

describe('fetching', () => {
	it('says where the remote is, that it has no branch, and that it was rewound', async () => {
		expect(await fetchRemote(canonical, { remote, branch: 'main' })).toEqual({ kind: 'noBranch' });
		const first = colleague(null);
		expect(await fetchRemote(canonical, { remote, branch: 'main' })).toEqual({ kind: 'at', commit: first });
		const second = colleague(first);
		expect(await fetchRemote(canonical, { remote, branch: 'main', known: first })).toEqual({
			kind: 'at',
			commit: second,
		});
		shell(bare, 'update-ref', 'refs/heads/main', first);
		const rewound = await fetchRemote(canonical, { remote, branch: 'main', known: second });
		expect(rewound).toEqual({ kind: 'rewound', commit: first });
		expect(await canonical.main()).toBeNull();
	});

	it('says that a remote cannot be reached, without credentials in the words', async () => {
		const away = { ...remote, fetchUrl: 'http://ada:secret@127.0.0.1:9/x.git' };
		const result = await fetchRemote(canonical, { remote: away, branch: 'main' });
		expect(result).toMatchObject({ kind: 'unreachable' });
		expect(JSON.stringify(result)).not.toContain('secret');
	});

	it('takes the way to the remote from the configuration of the checkout', async () => {
		shell(remote.checkout, 'config', 'core.sshCommand', `sh -c 'echo denied by test: Permission denied >&2; exit 255'`);
		shell(remote.checkout, 'remote', 'set-url', 'origin', 'ssh://git@127.0.0.1/x.git');
		const ssh = await openRemote(remote.checkout, 'origin', env);
		const result = await fetchRemote(canonical, { remote: ssh, branch: 'main' });
		expect(result).toMatchObject({ kind: 'denied', words: expect.stringContaining('denied by test') });
	});

	it('gives up on a remote that takes the call and says nothing', async () => {
		const silent = createServer().listen(0, '127.0.0.1');
		await once(silent, 'listening');
		const { port } = silent.address() as AddressInfo;
		shell(remote.checkout, 'remote', 'set-url', 'origin', `git://127.0.0.1:${port}/shop.git`);
		const patient = await openRemote(remote.checkout, 'origin', env, 300);
		const answer = await fetchRemote(canonical, { remote: patient, branch: 'main' });
		silent.close();
		expect(answer).toEqual({ kind: 'unreachable', words: expect.stringContaining('did not answer in time') });
	});

	it('lets nobody be asked: no terminal, no window, no name at a prompt', async () => {
		const asks = createHttpServer((_, reply) => reply.writeHead(401, { 'www-authenticate': 'Basic' }).end());
		await once(asks.listen(0, '127.0.0.1'), 'listening');
		const { port } = asks.address() as AddressInfo;
		const asked = join(folder.path, 'asked');
		writeFileSync(join(folder.path, 'ask'), `#!/bin/sh\necho "$@" >> '${asked}'\necho guess\n`, { mode: 0o755 });
		const curious = {
			...env,
			GIT_ASKPASS: join(folder.path, 'ask'),
			SSH_ASKPASS: join(folder.path, 'ask'),
			DISPLAY: ':0',
		};
		shell(remote.checkout, 'config', 'core.askPass', join(folder.path, 'ask'));
		shell(remote.checkout, 'remote', 'set-url', 'origin', `http://127.0.0.1:${port}/shop.git`);
		const http = await openRemote(remote.checkout, 'origin', curious);
		expect(await fetchRemote(canonical, { remote: http, branch: 'main' })).toEqual({
			kind: 'denied',
			words: expect.stringContaining('could not read Username'),
		});
		asks.close();
		shell(remote.checkout, 'remote', 'set-url', 'origin', 'ssh://git@example.org/shop.git');
		const terminal = { ...curious, GIT_SSH_COMMAND: "sh -c 'read answer < /dev/tty' ssh" };
		const ssh = await openRemote(remote.checkout, 'origin', terminal);
		expect(await fetchRemote(canonical, { remote: ssh, branch: 'main' })).toEqual({
			kind: expect.stringMatching(/denied|unreachable/),
			words: expect.stringContaining('/dev/tty'),
		});
		expect(existsSync(asked)).toBe(false);
	});

	it('does not wait for what its transport leaves behind with our pipes', async () => {
		shell(remote.checkout, 'remote', 'set-url', 'origin', 'ssh://git@example.org/shop.git');
		const master = `sh -c 'setsid sleep 20 > /dev/null < /dev/null & echo $! > "${folder.path}/master"; exit 255' ssh`;
		const ssh = await openRemote(remote.checkout, 'origin', { ...env, GIT_SSH_COMMAND: master });
		const before = performance.now();
		expect((await fetchRemote(canonical, { remote: ssh, branch: 'main' })).kind).toBe('unreachable');
		expect(performance.now() - before).toBeLessThan(10_000);
		process.kill(Number(readFileSync(join(folder.path, 'master'), 'utf8')));
	});

	it("reads the person's configuration where their environment says it is", async () => {
		writeFileSync(join(folder.path, 'elsewhere'), '[url "../origin.git"]\n\tinsteadOf = shop:\n');
		shell(remote.checkout, 'remote', 'set-url', 'origin', 'shop:');
		const moved = { ...env, GIT_CONFIG_GLOBAL: join(folder.path, 'elsewhere') };
		expect(await openRemote(remote.checkout, 'origin', moved)).toMatchObject({
			fetchUrl: '../origin.git',
			writtenUrl: 'shop:',
		});
	});

	it('names a remote that is not configured', async () => {
		const missing = openRemote(remote.checkout, 'upstream', env);
		await expect(missing).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
	});
});

describe('pushing', () => {
	it('makes and moves the branch when it is what was expected, and may be repeated', async () => {
		expect(await push(base, null)).toEqual({ kind: 'pushed' });
		const second = next(base, '2');
		expect(await push(second, base)).toEqual({ kind: 'pushed' });
		expect(await push(second, base)).toEqual({ kind: 'pushed' });
		expect(there()).toBe(second);
	});

	it('[I9] loses to a colleague and leaves their commit', async () => {
		await push(base, null);
		const theirs = colleague(base);
		expect(await push(next(base, '2'), base)).toEqual({ kind: 'lost', actual: theirs });
		expect(await canonical.isAncestor(base, theirs)).toBe(true);
		expect(there()).toBe(theirs);
	});

	it('stops at a remote that went elsewhere', async () => {
		const second = next(base, '2');
		await push(second, null);
		const foreign = colleague(null);
		expect(await push(next(second, '3'), second)).toEqual({ kind: 'diverged', actual: foreign });
		expect(await push(base, null)).toEqual({ kind: 'lost', actual: foreign });
		shell(bare, 'update-ref', '-d', 'refs/heads/main');
		expect(await push(next(second, '3'), second)).toEqual({ kind: 'diverged', actual: null });
	});

	it('[I9] never goes backward, unless a branch of its own is rewritten', async () => {
		const second = next(base, '2');
		await push(second, null);
		expect(await push(base, second)).toEqual({ kind: 'diverged', actual: second });
		expect(there()).toBe(second);
		expect(await push(base, second, { rewrite: true })).toEqual({ kind: 'pushed' });
	});

	it('says that the server refused, in its words', async () => {
		const hook = '#!/bin/sh\necho "protected branch: ask Bob" >&2\nexit 1\n';
		writeFileSync(join(bare, 'hooks/pre-receive'), hook, { mode: 0o755 });
		const result = await push(base, null);
		expect(result).toMatchObject({ kind: 'denied', words: expect.stringContaining('ask Bob') });
	});

	it('[I9] tells a push that came in during ours from a refusal', async () => {
		await push(base, null);
		const theirs = colleague(base);
		// The colleague's push is let in between our look at the remote and our push: the server then refuses ours.
		shell(bare, 'update-ref', 'refs/heads/main', base);
		const hook = `#!/bin/sh\ngit update-ref refs/heads/main ${theirs}\n`;
		writeFileSync(join(bare, 'hooks/update'), hook, { mode: 0o755 });
		expect(await push(next(base, '2'), base)).toEqual({ kind: 'lost', actual: theirs });
		expect(there()).toBe(theirs);
	});

	it('finds out that an unanswered push had arrived', async () => {
		writeFileSync(join(bare, 'hooks/post-receive'), '#!/bin/sh\nkill -9 $PPID\n', { mode: 0o755 });
		expect(await push(base, null)).toEqual({ kind: 'pushed' });
	});
});

describe('addresses', () => {
	it.each([
		['https://github.com/o/r.git', 'https://github.com/o/r/compare/main...gangline/7-x?expand=1'],
		['git@github.com:o/r.git', 'https://github.com/o/r/compare/main...gangline/7-x?expand=1'],
		['ssh://git@ssh.github.com:443/o/r.git', 'https://github.com/o/r/compare/main...gangline/7-x?expand=1'],
		[
			'https://tok:x@gitlab.example.org:8443/g/s/r.git',
			'https://gitlab.example.org:8443/g/s/r/-/merge_requests/new?merge_request%5Bsource_branch%5D=gangline%2F7-x&merge_request%5Btarget_branch%5D=main',
		],
		['git@codeberg.org:o/r', 'https://codeberg.org/o/r/compare/main...gangline/7-x'],
		['ssh://git@gitea.example.org:2222/o/r.git', 'https://gitea.example.org/o/r/compare/main...gangline/7-x'],
		['git@bitbucket.org:o/r.git', 'https://bitbucket.org/o/r/pull-requests/new?source=gangline%2F7-x&dest=main'],
		['/srv/git/r.git', null],
		['../origin.git', null],
		['https://example.org/o/r.git', null],
	])('%s can be compared at %s', (url, link) => {
		expect(compareLink(url, 'gangline/7-x', 'main')).toBe(link);
	});

	it('are shown without credentials', () => {
		expect(redact('fatal: https://ada:s3cret@example.org/x and ssh://git@h/y')).toBe(
			'fatal: https://example.org/x and ssh://h/y',
		);
	});
});
