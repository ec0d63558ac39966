import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { clientOf } from '../../../gateway/cli/client.ts';
import { systemPrograms } from '../../../gateway/cli/programs.ts';
import { apiFileSchema } from '../../../shared/project/api-file.ts';
import { openWorkplace } from '../../support/terminal.ts';

const nodeCommand = [process.execPath, fileURLToPath(new URL('../../support/tiny-node.ts', import.meta.url))] as const;

describe('start and stop', () => {
	it('start a process, add the project of the folder, and end it verified', async () => {
		await using place = await openWorkplace({ running: false });
		await mkdir(join(place.checkout, '.gangline'));
		await writeFile(join(place.checkout, '.gangline/project.toml'), '');
		const first = await place.type(['start', '--port', '0'], { nodeCommand });
		expect(first).toMatchObject({ code: 0 });
		expect(first.stdout).toMatch(
			/^taken on\nthe node runs: http.*\n[\s\S]*log .*node\.log\n {2}see it in a browser: gangline board\n {2}stop it with: gangline stop\n$/,
		);
		const again = await place.type(['start'], { nodeCommand });
		expect(again.stdout).toMatch(/the node runs already/);
		const other = await place.type(['start', '--port', '1'], { nodeCommand });
		expect(other).toMatchObject({ code: 4, stderr: expect.stringMatching(/already runs at .*not on port 1/) });
		const note = apiFileSchema.parse(JSON.parse(await readFile(join(place.state, 'api.json'), 'utf8')));
		expect(await systemPrograms({}).lives(note)).toBe(true);
		expect(await systemPrograms({}).lives({ ...note, startTicks: note.startTicks + 1 })).toBe(false);
		const stopped = await place.type(['stop']);
		expect(stopped).toMatchObject({ code: 0, stdout: `stopped the node (pid ${note.pid})\n` });
		expect(await systemPrograms({}).lives(note)).toBe(false);
		expect(await place.type(['stop'])).toMatchObject({ code: 0, stdout: 'no node runs\n' });
	});

	it('say where there is no project yet, and give JSON', async () => {
		await using place = await openWorkplace({ running: false });
		const { code, stdout, stderr } = await place.type(['start', '--port', '0', '--json'], { nodeCommand, cwd: '/' });
		expect(code).toBe(0);
		expect(JSON.parse(stdout)).toMatchObject({ started: true, project: null, node: { version: '0.1.0' } });
		expect(stderr).toMatch(/no Gangline project yet: gangline init/);
		expect((await place.type(['stop'])).code).toBe(0);
	});

	it('repeat the error with which a node refuses to start', async () => {
		await using place = await openWorkplace({ running: false });
		const { code, stderr } = await place.type(['start'], { nodeCommand, env: { TINY_NODE: 'refuse' } });
		expect(code).toBe(5);
		expect(stderr).toMatch(/gangline: port 7420 is taken\n→ choose another with `gangline start --port/);
	});

	it('show the last lines of a node that crashes at once', async () => {
		await using place = await openWorkplace({ running: false });
		const { code, stderr } = await place.type(['start'], { nodeCommand, env: { TINY_NODE: 'crash' } });
		expect(code).toBe(1);
		expect(stderr).toMatch(/the node ended at once \(exit code 1\)[\s\S]*a bug in the node[\s\S]*→ its log: /);
	});

	it('take a note whose process is gone for no node', async () => {
		await using place = await openWorkplace({ running: false });
		const note = {
			url: 'http://127.0.0.1:1',
			token: 't'.repeat(40),
			pid: process.pid,
			startTicks: 1,
			bootId: 'b',
			startedAt: 0,
			version: '0',
		};
		await mkdir(place.state);
		for (const text of [JSON.stringify(note), '{"url":', '']) {
			await writeFile(join(place.state, 'api.json'), text);
			expect(await place.type(['ps'])).toMatchObject({ code: 6 });
		}
	});

	it('in the foreground end with the node', async () => {
		await using place = await openWorkplace({ running: false });
		let stopping: Promise<unknown> | undefined;
		const { code, stdout } = await place.type(['start', '--foreground', '--port', '0'], {
			nodeCommand,
			cwd: '/',
			onOutput: () => {
				stopping ??= place.type(['stop']);
			},
		});
		await stopping;
		expect(code).toBe(0);
		expect(stdout).toMatch(/the node runs: /);
	});

	it('in the foreground end after Ctrl-C with the gateway that came with them', async () => {
		await using place = await openWorkplace({ running: false });
		await mkdir(join(place.state, 'gateway'), { recursive: true });
		await writeFile(join(place.state, 'gateway/identity.key'), '', { mode: 0o600 });
		const interruption = new AbortController();
		let stopping: Promise<unknown> | undefined;
		const note = async (at: string) => JSON.parse(await readFile(join(place.state, at), 'utf8'));
		const end = async (): Promise<unknown> => {
			interruption.abort();
			return clientOf(await note('api.json')).call('node.stop', {});
		};
		let gateway = { pid: 0, startTicks: 0, bootId: '' };
		const { code, stdout, stderr } = await place.type(['start', '--foreground', '--port', '0'], {
			nodeCommand,
			gatewayCommand: [...nodeCommand, 'gateway'],
			cwd: '/',
			env: { TINY_NODE: 'slow' },
			interrupted: interruption.signal,
			onOutput: () => {
				stopping ??= note('gateway/api.json').then((found) => {
					gateway = found;
					return end();
				});
			},
		});
		await stopping;
		expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.not.stringContaining('abort') });
		expect(stdout).toMatch(/the gateway runs: /);
		expect(await systemPrograms({}).lives(gateway)).toBe(false);
	});
});

describe('agent login', () => {
	it("runs the tool's own login on the terminal and hands on how it went", async () => {
		await using place = await openWorkplace({ running: false });
		const bin = join(place.checkout, 'bin');
		await mkdir(bin);
		await writeFile(join(bin, 'codex'), '#!/bin/sh\necho "$@" > "$(dirname "$0")/asked"\nexit "$CODE"\n');
		await chmod(join(bin, 'codex'), 0o755);
		const login = (CODE: string) =>
			place.type(['agent', 'login', 'codex'], { tty: true, env: { PATH: `${bin}:/usr/bin:/bin`, CODE } });
		expect(await login('0')).toMatchObject({ code: 0, stderr: expect.stringMatching(/the login worked/) });
		expect(await readFile(join(bin, 'asked'), 'utf8')).toBe('login\n');
		expect((await login('3')).code).toBe(1);
		const piped = await place.type(['agent', 'login', 'codex'], { env: { PATH: bin } });
		expect(piped).toMatchObject({ code: 4, stderr: expect.stringMatching(/needs a terminal/) });
	});

	it('logs in to a further account in a folder of its own, lists what is there and removes it', async () => {
		await using place = await openWorkplace({ running: false });
		const bin = join(place.checkout, 'bin');
		await mkdir(bin);
		const codex = '#!/bin/sh\necho "$CODEX_HOME-$OPENAI_API_KEY"\necho {} > "$CODEX_HOME/auth.json"\n';
		await writeFile(join(bin, 'codex'), codex.replace('echo "', 'echo >"$(dirname "$0")/asked" "'));
		await chmod(join(bin, 'codex'), 0o755);
		const env = { PATH: `${bin}:/usr/bin:/bin`, OPENAI_API_KEY: 'own' };
		const account = ['--account', 'work'];
		expect(await place.type(['agent', 'login', 'codex', ...account], { tty: true, env })).toMatchObject({
			...{ code: 0, stderr: expect.stringContaining('accounts = ["work"]') },
		});
		const folder = join(place.state, 'logins/codex/work');
		expect(await readFile(join(bin, 'asked'), 'utf8')).toBe(`${folder}-\n`);
		expect((await stat(folder)).mode & 0o777).toBe(0o700);
		expect((await place.type(['agent', 'logins'])).stdout).toBe('codex work\n');
		expect((await place.type(['agent', 'logout', 'codex', ...account])).code).toBe(0);
		expect((await place.type(['agent', 'logins'])).stdout).toMatch(/^no accounts by name/);
		const again = await place.type(['agent', 'logout', 'codex', ...account]);
		expect(again).toMatchObject({ code: 3, stderr: expect.stringMatching(/gangline agent logins/) });
		const wrong = await place.type(['agent', 'login', 'codex', '--account', '../x'], { tty: true, env });
		expect(wrong).toMatchObject({ code: 2, stderr: expect.stringMatching(/no name of an account/) });
		const piped = await place.type(['agent', 'login', 'codex', ...account], { env });
		expect(piped.stderr).toContain(`CODEX_HOME=${folder} codex login`);
	});

	it('says how to install what is not there', async () => {
		await using place = await openWorkplace({ running: false });
		expect(await place.type(['agent', 'login', 'claude'], { tty: true, env: { PATH: place.checkout } })).toMatchObject({
			code: 5,
			stderr: expect.stringMatching(
				/claude is not installed[\s\S]*→ install it: npm install -g @anthropic-ai\/claude-code/,
			),
		});
	});
});
