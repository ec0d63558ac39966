import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { minutesOf } from '../../../gateway/cli/minutes.ts';
import { ganglineError } from '../../../shared/ports/errors.ts';
import { openWorkplace } from '../../support/terminal.ts';

const tinyNode = fileURLToPath(new URL('../../support/tiny-node.ts', import.meta.url));
const nodeCommand = [process.execPath, tinyNode] as const;
const gatewayCommand = [process.execPath, tinyNode, 'gateway'] as const;

describe('token new', () => {
	it('writes the line alone to stdout, so that it can go through a pipe', async () => {
		await using place = await openWorkplace({ gateway: true });
		const { code, stdout, stderr } = await place.type(['token', 'new']);
		expect({ code, stdout }).toEqual({ code: 0, stdout: "printf %s 'T=gl1_secret' | sh\n" });
		expect(stderr).toMatch(/good for 1 machine until [0-9: -]{16}; it takes tasks of any project:/);
		expect(stderr).toMatch(/only this machine itself can join[\s\S]*→ .*\n {2}gangline gateway listen 192\.0\.2\.7/);
	});

	it('makes the node of this machine a member first, once', async () => {
		await using place = await openWorkplace({ gateway: true });
		const { stderr } = await place.type(['token', 'new']);
		expect(stderr).toMatch(/this machine is in the mesh as laptop/);
		expect(place.home.asked.find(({ name }) => name === 'token.create')?.args).toMatchObject({
			duties: ['home', 'work'],
			worksFor: 'any',
			person: 'ada',
			uses: 1,
		});
		await writeFile(join(place.state, 'mesh.json'), '{}');
		place.home.asked.length = 0;
		await place.type(['token', 'new']);
		expect(place.home.asked.map(({ name }) => name)).not.toContain('mesh.join');
	});

	it('asks a person whether to listen for others, and does it after a yes only', async () => {
		await using place = await openWorkplace({ gateway: true });
		const yes = await place.type(['token', 'new'], { tty: true, answer: true });
		expect(yes.questions).toEqual([expect.stringMatching(/Listen at 192\.0\.2\.7 too.*only machines with a token/)]);
		expect(place.home.asked.find(({ name }) => name === 'gateway.listen')?.args).toEqual({ addresses: ['192.0.2.7'] });
		place.home.asked.length = 0;
		await place.type(['token', 'new'], { tty: true, answer: false });
		expect(place.home.asked.map(({ name }) => name)).not.toContain('gateway.listen');
	});

	it('gives what was asked for, and no work to a machine that was asked for something else', async () => {
		await using place = await openWorkplace({ gateway: true });
		const asked = async (...options: string[]) => {
			expect(await place.type(['token', 'new', ...options])).toMatchObject({ code: 0 });
			return place.home.asked.findLast(({ name }) => name === 'token.create')?.args;
		};
		expect(await asked('--projects', 'a,b', '--labels', 'gpu', '--uses', '20', '--expires', '2h')).toMatchObject({
			duties: ['work'],
			worksFor: ['a', 'b'],
			labels: ['gpu'],
			uses: 20,
			minutes: 120,
		});
		expect(await asked('--person', 'ann')).toMatchObject({ duties: [], person: 'ann' });
		expect(await asked('--home-for', 'app', '--work')).toMatchObject({ duties: ['work', 'home'], homeFor: ['app'] });
		expect(await asked('--provision')).toMatchObject({ duties: ['work', 'provision'] });
		expect(await place.type(['token', 'new', '--any', '--projects', 'a'])).toMatchObject({
			code: 2,
			stderr: expect.stringMatching(/--projects and --any contradict each other/),
		});
	});

	it('asks the gateway of the mesh that this machine belongs to, and makes no second one', async () => {
		await using place = await openWorkplace();
		await writeFile(join(place.state, 'mesh.json'), '{}');
		expect(await place.type(['token', 'new'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^printf/) });
		expect(place.home.asked.map(({ name }) => name)).not.toContain('mesh.join');
		expect(await place.type(['gateway', 'start'])).toMatchObject({
			code: 4,
			stderr: expect.stringMatching(/belongs to a mesh already, whose gateway is another machine/),
		});
	});

	it('reads times as people write them', () => {
		expect(['90', '30m', '2h', '7d'].map(minutesOf)).toEqual([90, 30, 120, 10_080]);
		for (const text of ['', '0m', '1w', 'soon', '-1h']) expect(() => minutesOf(text)).toThrow(/is no time/);
	});
});

describe('join', () => {
	const token = 'gl1_0123456789abcdef';
	const line = `printf %s 'set -eu; T=${token}; printf %s "$T" | "$D/gangline" join -' | sh`;

	for (const [how, argv, stdin] of [
		['an argument', ['join', token], ''],
		['stdin', ['join', '-'], `${token}\n`],
		['a pipe', ['join'], token],
		['a whole line', ['join', line], ''],
	] as const) {
		it(`takes the token from ${how}`, async () => {
			await using place = await openWorkplace();
			const { code, stdout } = await place.type(argv, { stdin });
			expect(code).toBe(0);
			expect(place.home.asked.at(-1)).toMatchObject({ name: 'mesh.join', args: { token } });
			expect(stdout).toMatch(
				/no {2}\/ip4\/192\.0\.2\.7\/tcp\/7431: no answer within 10 s\n {2}ok {2}\/ip4\/127\.0\.0\.1/,
			);
			expect(stdout).toMatch(/it is called laptop[\s\S]*→ tasks come when the gates ran green here once/);
		});
	}

	it('says that containers may be made here only when it was typed', async () => {
		await using place = await openWorkplace();
		await place.type(['join', token, '--provision']);
		expect(place.home.asked.at(-1)?.args).toEqual({ token, provision: true });
		await place.type(['join', token]);
		expect(place.home.asked.at(-1)?.args).toEqual({ token });
	});

	it('starts the node where none runs', async () => {
		await using place = await openWorkplace({ running: false });
		const joined = await place.type(['join', token], { nodeCommand, env: { GANGLINE_PORT: '0' } });
		expect(joined).toMatchObject({ code: 0, stderr: expect.stringMatching(/starting the node …\njoining …/) });
		await place.type(['stop']);
	});

	it('says what is no token, and where one is made', async () => {
		await using place = await openWorkplace();
		for (const argv of [['join', 'secret'], ['join', '-'], ['join']]) {
			expect(await place.type(argv)).toMatchObject({
				code: 2,
				stdout: '',
				stderr: expect.stringMatching(
					/no (?:join )?token[\s\S]*→ make one on the machine of the gateway: gangline token new/,
				),
			});
		}
	});

	it('says of each address what came of it when none would do', async () => {
		await using place = await openWorkplace();
		const outcomes = [{ address: '/ip4/192.0.2.7/tcp/7431', outcome: 'unreachable', words: 'connection refused' }];
		const refuse = async (): Promise<never> => {
			throw ganglineError('JOIN_REFUSED', 'the token has expired', { hint: 'gangline token new', data: { outcomes } });
		};
		Object.assign(place.home.handlers, { 'mesh.join': refuse });
		expect(await place.type(['join', token])).toMatchObject({
			code: 7,
			stderr: expect.stringMatching(
				/no {2}\/ip4\/192[^\n]*: connection refused\ngangline: the token has expired\n→ gangline/,
			),
		});
	});
});

describe('nodes and mesh', () => {
	it('show who is here, what each is qualified for, and why one is not', async () => {
		await using place = await openWorkplace();
		const { stdout } = await place.type(['nodes']);
		expect(stdout).toMatch(/^laptop \(here\) +home work +here/m);
		expect(stdout).toMatch(/^builder +work +not seen since this node started/m);
		expect(stdout).toMatch(/home of shop; works for any; qualified: shop/);
		expect(stdout).toMatch(/builder is not qualified for shop yet: gate test failed on main: exit code 1/);
	});

	it('show which home is away and what waits for it', async () => {
		await using place = await openWorkplace();
		const { stdout } = await place.type(['mesh']);
		expect(stdout).toMatch(/^gateway gateway: connected/);
		expect(stdout).toMatch(/shop +laptop +away .* 7 +1$/m);
		expect(stdout.match(/results wait/g)).toHaveLength(1);
	});

	it('begin an answer to why with the item that it is about', async () => {
		await using place = await openWorkplace();
		const [name = ''] = (await place.type(['add', 'Write', 'docs'])).stdout.split(' ');
		expect((await place.type(['why', name])).stdout).toMatch(new RegExp(`^${name} starts on laptop\n`));
	});

	it('prints a token for an editor, and makes it useless', async () => {
		await using place = await openWorkplace({ gateway: true });
		const printed = await place.type(['person', 'token', 'ada', '--editor']);
		expect(printed).toMatchObject({ code: 0, stdout: 'secret\n', stderr: expect.stringContaining('for /mcp alone') });
		const revoked = await place.type(['person', 'token', 'ada', '--editor', '--revoke']);
		expect(revoked).toMatchObject({ code: 0, stdout: 'the token of ada opens nothing any more\n' });
	});

	it('cut a node or a person off after a yes only', async () => {
		await using place = await openWorkplace({ gateway: true });
		for (const argv of [
			['node', 'revoke', 'builder'],
			['person', 'remove', 'bob'],
			['project', 'remove', 'shop'],
			['project', 'rehome', 'shop', 'server', '--lost'],
		]) {
			expect(await place.type(argv)).toMatchObject({ code: 4, stderr: expect.stringMatching(/repeat it with --yes/) });
			expect(await place.type(argv, { tty: true, answer: false })).toMatchObject({ code: 130 });
			expect(await place.type(argv, { tty: true, answer: true })).toMatchObject({ code: 0 });
		}
	});

	it('ask the node where this machine has no gateway but belongs to a mesh', async () => {
		await using place = await openWorkplace();
		expect(await place.type(['people'])).toMatchObject({
			code: 6,
			stderr: expect.stringMatching(/no gateway runs on this machine\n→ start it: gangline gateway start/),
		});
		await writeFile(join(place.state, 'mesh.json'), '{}');
		expect(await place.type(['people'])).toMatchObject({ code: 0 });
	});
});

describe('start, ps and stop', () => {
	it('take care of the gateway of this machine too', async () => {
		await using place = await openWorkplace({ running: false });
		const options = { nodeCommand, gatewayCommand, cwd: '/' };
		const made = await place.type(['gateway', 'start'], options);
		expect(made).toMatchObject({
			code: 0,
			stderr: expect.stringMatching(/making this machine the gateway of a mesh …/),
		});
		expect(await place.type(['gateway', 'stop'])).toMatchObject({
			code: 0,
			stdout: expect.stringMatching(/^stopped the gateway/),
		});
		const started = await place.type(['start', '--port', '0'], options);
		expect(started).toMatchObject({
			code: 0,
			stderr: expect.stringMatching(/starting the gateway …\nstarting the node …/),
		});
		expect(started.stdout).toMatch(/the node runs: [\s\S]*the gateway runs: http/);
		expect((await place.type(['ps'])).stdout).toMatch(/\n\ngateway http/);
		const stopped = await place.type(['stop']);
		expect(stopped.stdout).toMatch(/^stopped the node \(pid \d+\)\nstopped the gateway \(pid \d+\)\n$/);
	});

	it('go on without a gateway that does not start', async () => {
		await using place = await openWorkplace({ running: false });
		const options = { nodeCommand, gatewayCommand, cwd: '/' };
		await place.type(['gateway', 'start'], options);
		await place.type(['gateway', 'stop']);
		const started = await place.type(['start', '--port', '0'], { ...options, gatewayCommand: ['/bin/false'] });
		expect(started).toMatchObject({
			code: 0,
			stderr: expect.stringMatching(/the gateway did not start, the node goes on/),
		});
		await place.type(['stop']);
	});
});

describe('leave', () => {
	it('forgets the mesh after a yes, never under a running node, and says how to undo it', async () => {
		await using place = await openWorkplace();
		const mesh = join(place.state, 'mesh.json');
		expect(await place.type(['leave', '--yes'])).toMatchObject({ code: 3, stderr: expect.stringContaining('no mesh') });
		await writeFile(mesh, '{}');
		expect(await place.type(['leave', '--yes'])).toMatchObject({
			code: 4,
			stderr: expect.stringContaining('gangline stop'),
		});
		await place.stopApi();
		expect(await place.type(['leave'], { tty: true, answer: false })).toMatchObject({ code: 130 });
		expect(await readFile(mesh, 'utf8')).toBe('{}');
		const { code, stdout } = await place.type(['leave', '--yes']);
		expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(`mv '${mesh}.left' '${mesh}'`) });
		expect(await readFile(`${mesh}.left`, 'utf8')).toBe('{}');
	});
});
