import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemWorld } from '../../../gateway/cli/doctor-world.ts';
import { examine, runDoctor } from '../../../gateway/cli/run-doctor.ts';
import { readProcessStat } from '../../../shared/project/index.ts';
import { MarkFile, storeSchema } from '../../../shared/store/index.ts';
import { type Clinic, openClinic } from './clinic.ts';

interface Illness {
	readonly check: string;
	readonly when: string;
	readonly status: 'warn' | 'fail';
	readonly prepare: (clinic: Clinic) => void;
}

/** Each is prepared for real; its printed fix is run as printed; then the check passes. */
const curable: readonly Illness[] = [
	{
		check: 'state folder',
		when: 'the state folder is open to others',
		status: 'fail',
		prepare(clinic) {
			mkdirSync(clinic.state);
			chmodSync(clinic.state, 0o755);
		},
	},
	{
		check: 'secrets',
		when: 'others may read the key and the token',
		status: 'fail',
		prepare(clinic) {
			mkdirSync(clinic.state, { mode: 0o700 });
			for (const name of ['identity.key', 'api.json']) writeFileSync(join(clinic.state, name), 'x', { mode: 0o644 });
		},
	},
	{
		check: 'port',
		when: 'the port is no number',
		status: 'fail',
		prepare(clinic) {
			clinic.env.GANGLINE_PORT = 'abc';
		},
	},
	{
		check: 'identity',
		when: 'git does not know who commits',
		status: 'fail',
		prepare: (clinic) => void clinic.write('home/.gitconfig', ''),
	},
	{
		check: 'repository',
		when: 'HEAD is detached',
		status: 'warn',
		prepare: (clinic) => void clinic.git('switch', '-q', '--detach'),
	},
	{
		check: 'repository',
		when: 'a merge is in progress',
		status: 'warn',
		prepare(clinic) {
			clinic.git('switch', '-q', '-c', 'other');
			commit(clinic, 'two\n');
			clinic.git('switch', '-q', 'main');
			commit(clinic, 'three\n');
			expect(() => clinic.git('merge', 'other')).toThrow();
		},
	},
	{
		check: 'repository',
		when: 'the clone is shallow',
		status: 'fail',
		prepare(clinic) {
			commit(clinic, 'two\n');
			execFileSync('git', ['clone', '-q', '--bare', clinic.top, `${clinic.folder}/origin`], { stdio: 'ignore' });
			execFileSync('rm', ['-rf', clinic.top]);
			execFileSync('git', ['clone', '-q', '--depth', '1', `file://${clinic.folder}/origin`, clinic.top], {
				stdio: 'ignore',
			});
		},
	},
	{
		check: 'project file',
		when: 'the project file has changes that are not committed',
		status: 'warn',
		prepare(clinic) {
			clinic.configure();
			clinic.write(
				`${clinic.top}/.gangline/project.toml`,
				`${clinic.git('show', 'HEAD:.gangline/project.toml')}\n# mine\n`,
			);
		},
	},
	{
		check: 'project file',
		when: 'the branch that changes land on is not there',
		status: 'fail',
		prepare: (clinic) => clinic.configure({ branch: 'trunk' }),
	},
];

function commit(clinic: Clinic, text: string): void {
	clinic.write(`${clinic.top}/README.md`, text);
	clinic.git('commit', '-q', '-a', '-m', 'Change');
}

describe('doctor and its cures', () => {
	it('finds nothing wrong with a project in order, and exits 0', async () => {
		using clinic = openClinic();
		clinic.configure({ gate: [{ name: 'test', command: 'true' }] });
		const session = clinic.session();
		expect(await runDoctor(session, systemWorld(session))).toBe(0);
	});

	for (const { check, when, status, prepare } of curable) {
		it(`mends it when ${when}`, async () => {
			using clinic = openClinic();
			prepare(clinic);
			const ill = await clinic.see(check);
			expect(ill.status).toBe(status);
			clinic.mend(ill.fix);
			expect(await clinic.see(check)).toMatchObject({ status: 'ok' });
		});
	}

	it('mends it when another program has the port', async () => {
		using clinic = openClinic();
		const server = createServer().listen(0, '127.0.0.1');
		await new Promise((resolve) => server.once('listening', resolve));
		clinic.env.GANGLINE_PORT = String((server.address() as AddressInfo).port);
		const ill = await clinic.see('port');
		expect(ill).toMatchObject({ status: 'fail', says: expect.stringContaining('taken') });
		clinic.mend(ill.fix);
		expect((await clinic.see('port')).status).toBe('ok');
		await new Promise((resolve) => server.close(resolve));
	});

	it('names line and key of a committed file that is wrong, and exits 5', async () => {
		using clinic = openClinic();
		clinic.write(`${clinic.top}/.gangline/project.toml`, 'id = "x"\nnme = "demo"\n');
		clinic.git('add', '-A');
		clinic.git('commit', '-q', '-m', 'Configure');
		expect(await clinic.see('project file')).toMatchObject({
			status: 'fail',
			says: expect.stringContaining('.gangline/project.toml:2:1: unknown key nme = "demo"; did you mean name?'),
		});
		const session = clinic.session();
		expect(await runDoctor(session, systemWorld(session))).toBe(5);
	});

	it('sends a repository without a project file to init, and warns of a project without gates', async () => {
		using clinic = openClinic();
		expect(await clinic.see('project file')).toMatchObject({
			status: 'warn',
			fix: expect.stringMatching(/gangline init$/),
		});
		clinic.configure();
		expect(await clinic.see('gates')).toMatchObject({ status: 'warn', advice: expect.stringContaining('[[gate]]') });
		expect((await clinic.see('project file')).status).toBe('ok');
	});

	it('tells a remote that is missing, silent, refusing, ahead and well', async () => {
		using clinic = openClinic();
		clinic.configure({ landing: { mode: 'push' } });
		expect(await clinic.see('remote')).toMatchObject({
			status: 'fail',
			says: expect.stringContaining('no such remote'),
		});
		clinic.git('remote', 'add', 'origin', `${clinic.folder}/origin`);
		expect(await clinic.see('remote')).toMatchObject({
			status: 'fail',
			says: expect.stringContaining('does not answer'),
		});
		clinic.git('clone', '-q', '--bare', '.', `${clinic.folder}/origin`);
		expect((await clinic.see('remote')).status).toBe('ok');
		commit(clinic, 'two\n');
		clinic.git('push', '-q', 'origin', 'main');
		clinic.git('reset', '-q', '--hard', 'HEAD^');
		commit(clinic, 'three\n');
		expect((await clinic.see('remote')).status).toBe('ok');
		clinic.git('config', 'remote.origin.receivepack', 'false');
		expect(await clinic.see('remote')).toMatchObject({
			status: 'fail',
			says: expect.stringContaining('refuse a push'),
		});
	});

	it('asks for gh and its login only where landing opens pull requests', async () => {
		using clinic = openClinic();
		expect((await clinic.see('gh')).status).toBe('ok');
		clinic.configure({ landing: { mode: 'pull-request' } });
		const missing = await clinic.see('gh', { find: async () => null, uid: 0 });
		expect(missing).toMatchObject({ status: 'warn', fix: 'apt-get install -y gh' });
		clinic.write('bin/gh', '#!/bin/sh\ntest -e "$HOME/gh-login" || test "$2" = login && touch "$HOME/gh-login"\n');
		const out = await clinic.see('gh');
		expect(out).toMatchObject({ status: 'warn', fix: 'gh auth login' });
		clinic.mend(out.fix);
		expect((await clinic.see('gh')).status).toBe('ok');
	});

	it('follows an agent from missing over logged out to ready', async () => {
		using clinic = openClinic();
		clinic.configure({
			agent: [
				{ name: 'claude', runtime: 'claude-code' },
				{ name: 'sh', runtime: 'shell' },
			],
		});
		expect(await clinic.see('agents', { find: async () => null })).toMatchObject({
			status: 'fail',
			fix: 'npm install -g @anthropic-ai/claude-code',
		});
		clinic.write('bin/claude', '#!/bin/sh\necho 2.1.329 \\(Claude Code\\)\n');
		expect(await clinic.see('agents')).toMatchObject({ status: 'fail', fix: 'gangline agent login claude' });
		clinic.write('home/.claude/.credentials.json', '{}');
		expect(await clinic.see('agents')).toMatchObject({ status: 'ok', says: 'claude 2.1.329 (Claude Code), logged in' });
		clinic.write('bin/claude', '#!/bin/sh\nexit 3\n');
		expect(await clinic.see('agents')).toMatchObject({ status: 'fail', says: expect.stringContaining('ends with 3') });
	});

	it('doubts a version that nobody has seen work, with the command that brings a newer one', async () => {
		using clinic = openClinic();
		clinic.configure({ agent: [{ name: 'x', runtime: 'codex' }] });
		clinic.mend('export OPENAI_API_KEY=x');
		const fix = 'npm install -g @openai/codex@latest';
		clinic.write('bin/codex', '#!/bin/sh\necho codex-cli 0.99.12\n');
		expect(await clinic.see('agents')).toMatchObject({
			...{ status: 'warn', fix },
			says: 'codex codex-cli 0.99.12, with OPENAI_API_KEY: older than 0.169.0, the first that was seen to work with this',
		});
		clinic.write('bin/codex', '#!/bin/sh\necho a new codex\n');
		expect(await clinic.see('agents')).toMatchObject({
			...{ status: 'warn', fix },
			says: 'codex a new codex, with OPENAI_API_KEY: what codex --version says has no version in it',
		});
		// What cannot work at all is said before what is only old, in whatever order they stand.
		clinic.configure({
			agent: [
				{ name: 'x', runtime: 'codex' },
				{ name: 'y', runtime: 'acp', command: ['nobody'] },
			],
		});
		expect(await clinic.see('agents')).toMatchObject({ status: 'fail', says: expect.stringContaining('nobody') });
		clinic.write('bin/codex', '#!/bin/sh\necho codex-cli 0.170.0-alpha.1\n');
		clinic.configure({ agent: [{ name: 'x', runtime: 'codex' }] });
		expect(await clinic.see('agents')).toMatchObject({ status: 'ok' });
	});

	it('takes a key in the environment for a login', async () => {
		using clinic = openClinic();
		clinic.configure({ agent: [{ name: 'x', runtime: 'codex' }] });
		clinic.write('bin/codex', '#!/bin/sh\necho codex-cli 0.169.0\n');
		expect((await clinic.see('agents')).status).toBe('fail');
		clinic.mend('export OPENAI_API_KEY=x');
		expect(await clinic.see('agents')).toMatchObject({
			status: 'ok',
			says: 'codex codex-cli 0.169.0, with OPENAI_API_KEY',
		});
	});

	it('takes the key of a provider that the project names, and the word of a program that can be asked', async () => {
		using clinic = openClinic();
		clinic.configure({
			agent: [
				{ name: 'x', runtime: 'codex', env: ['OWN_KEY'] },
				{ name: 'y', runtime: 'claude-code', env: ['OWN_KEY'] },
			],
		});
		clinic.write('bin/codex', '#!/bin/sh\necho codex-cli 0.169.0\n');
		clinic.write('bin/claude', '#!/bin/sh\n[ "$1" = auth ] && echo "{\\"loggedIn\\": $CLOUD}" || echo 2.2.0\n');
		expect(await clinic.see('agents')).toMatchObject({ status: 'fail', says: expect.stringContaining('OWN_KEY') });
		clinic.mend('export OWN_KEY=x');
		expect(await clinic.see('agents')).toMatchObject({ status: 'fail', fix: 'gangline agent login claude' });
		clinic.mend('export CLOUD=true');
		expect((await clinic.see('agents')).status).toBe('ok');
	});

	it('proves the logins of agents when asked to, with the token that is kept here, and says the cost', async () => {
		using clinic = openClinic();
		const prices = { usd_per_million_input_tokens: 2, usd_per_million_output_tokens: 10 };
		clinic.configure({
			agent: [
				{ name: 'x', runtime: 'claude-code', model: 'opus' },
				{ name: 'same', runtime: 'claude-code', model: 'opus' },
				{ name: 'y', runtime: 'codex', ...prices },
			],
		});
		const claude = (answer: object) =>
			clinic.write(
				'bin/claude',
				`#!/bin/sh\necho "$CLAUDE_CODE_OAUTH_TOKEN $*" >> "$HOME/asked"\necho '${JSON.stringify(answer)}'\n`,
			);
		const codex = (...lines: object[]) =>
			clinic.write(
				'bin/codex',
				`#!/bin/sh\ncat <<'EOF'\n${lines.map((line) => JSON.stringify(line)).join('\n')}\nEOF\n`,
			);
		const usage = { input_tokens: 9_000, output_tokens: 1_000 };
		clinic.write(`${clinic.state}/secrets.json`, '{"CLAUDE_CODE_OAUTH_TOKEN": {"value": "kept", "changedAt": 1}}');
		claude({ is_error: false, total_cost_usd: 0.0123, result: 'ok', usage });
		codex({ type: 'thread.started', thread_id: 't' }, { type: 'turn.completed', usage });
		const session = clinic.session();
		expect((await examine(session, systemWorld(session))).map(({ id }) => id)).not.toContain('logins');
		expect(await clinic.see('logins')).toEqual({
			id: 'logins',
			status: 'ok',
			says: 'claude answered, for $0.0123, codex answered, for about $0.0280',
		});
		const asked = readFileSync(join(clinic.home, 'asked'), 'utf8');
		expect(asked.split('\n').filter((line) => line.includes(' -p '))).toEqual([
			'kept -p Answer with the one word ok. --output-format json --max-turns 1 --model opus',
		]);
		codex({ type: 'turn.failed', error: { message: '401 Unauthorized' } });
		expect(await clinic.see('logins')).toMatchObject({
			...{ status: 'fail', says: 'codex was not answered: 401 Unauthorized', fix: 'gangline agent login codex' },
		});
		claude({ is_error: true, result: 'Not logged in' });
		expect(await clinic.see('logins')).toMatchObject({
			...{ status: 'fail', says: 'claude was not answered: Not logged in', fix: 'gangline agent login claude' },
		});
	});

	it('proves each account by itself, with nothing of another login, and names the one that is not here', async () => {
		using clinic = openClinic();
		clinic.configure({ agent: [{ name: 'x', runtime: 'claude-code', accounts: ['work', 'home'] }] });
		const answer = JSON.stringify({ is_error: false, total_cost_usd: 0.01, result: 'ok' });
		clinic.write(
			'bin/claude',
			`#!/bin/sh\necho "$ANTHROPIC_API_KEY-$CLAUDE_CODE_OAUTH_TOKEN-$CLAUDE_CONFIG_DIR $1" >> "$HOME/asked"\n[ "$1" = --version ] && echo 2.1.329 || echo '${answer}'\n`,
		);
		clinic.mend('export ANTHROPIC_API_KEY=own');
		expect(await clinic.see('agents')).toMatchObject({
			...{ status: 'fail', fix: 'gangline agent login claude --account work' },
			says: 'the agent x may use the accounts work, home of claude, and none is here',
		});
		clinic.write(`${clinic.state}/secrets.json`, '{"CLAUDE_CODE_OAUTH_TOKEN_WORK": {"value": "kept", "changedAt": 1}}');
		expect(await clinic.see('agents')).toMatchObject({
			...{ status: 'ok', says: expect.stringMatching(/, accounts work \(not here: home\)$/) },
		});
		clinic.write(`${clinic.state}/logins/claude/home/.credentials.json`, '{}');
		expect(await clinic.see('logins')).toMatchObject({
			says: 'claude (work) answered, for $0.0100, claude (home) answered, for $0.0100',
		});
		const asked = readFileSync(join(clinic.home, 'asked'), 'utf8').split('\n');
		expect(asked.filter((line) => line.endsWith(' -p'))).toEqual([
			`-kept-${clinic.state}/logins/claude/work -p`,
			`--${clinic.state}/logins/claude/home -p`,
		]);
	});

	it('tells a key that the running node does not have', async () => {
		using clinic = openClinic();
		clinic.configure({ agent: [{ name: 'x', runtime: 'codex' }] });
		clinic.write('bin/codex', '#!/bin/sh\necho codex-cli 0.169.0\n');
		clinic.write(`${clinic.state}/api.json`, JSON.stringify(noteOfThisProcess()));
		clinic.mend('export OPENAI_API_KEY=x');
		const startedWith = (text: string) => ({ read: async () => text });
		expect(await clinic.see('agents', startedWith('PATH=/bin\0'))).toMatchObject({
			status: 'fail',
			says: 'OPENAI_API_KEY is set here, but not where the running node was started',
			fix: 'gangline stop; gangline start',
		});
		expect((await clinic.see('agents', startedWith('OPENAI_API_KEY=x\0'))).status).toBe('ok');
	});

	it('refuses a store that a newer gangline wrote', async () => {
		using clinic = openClinic();
		expect((await clinic.see('store')).says).toBe('no store yet');
		mkdirSync(join(clinic.state, 'store'), { recursive: true });
		const mark = new MarkFile(join(clinic.state, 'store', 'mark'));
		mark.note({ schema: storeSchema + 1, batch: 1 });
		await mark.close();
		expect(await clinic.see('store')).toMatchObject({
			status: 'fail',
			advice: expect.stringContaining('newer Gangline'),
		});
	});

	it('tells a node that does not answer from one that does not run', async () => {
		using clinic = openClinic();
		expect(await clinic.see('node')).toMatchObject({ status: 'ok', says: expect.stringContaining('not running') });
		clinic.write(`${clinic.state}/api.json`, JSON.stringify(noteOfThisProcess()));
		expect(await clinic.see('node')).toMatchObject({ status: 'fail', fix: 'gangline stop; gangline start' });
	});
});

/** A note that names a live process which answers nothing. */
function noteOfThisProcess(): object {
	const read = (path: string): string => execFileSync('cat', [path], { encoding: 'utf8' });
	return {
		url: 'http://127.0.0.1:9',
		token: 'x'.repeat(40),
		pid: process.pid,
		startTicks: readProcessStat(read(`/proc/${process.pid}/stat`))?.startTicks,
		bootId: read('/proc/sys/kernel/random/boot_id').trim(),
		startedAt: 0,
		version: '0.0.0',
	};
}
