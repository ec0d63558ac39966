import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exitCodeWords } from '../../../gateway/cli/help.ts';
import { errorKinds } from '../../../shared/ports/errors.ts';
import { openWorkplace } from '../../support/terminal.ts';
import { shopId } from '../../support/tiny-items.ts';

const commands = [
	...['add', 'edit', 'move', 'delete', 'diff', 'approve', 'reject', 'salvage', 'status', 'list', 'show', 'log', 'logs'],
	...['projects', 'ps', 'pause', 'resume', 'start', 'stop', 'agent', 'init', 'doctor', 'service'],
	...['token', 'join', 'nodes', 'mesh', 'node', 'project', 'people', 'person', 'gateway', 'why'],
	...['board', 'phone', 'session', 'notify'],
];

describe('help', () => {
	it('lists every command and every exit code, examples first', async () => {
		await using place = await openWorkplace({ running: false });
		for (const argv of [['--help'], ['help'], []]) {
			const { code, stdout, stderr } = await place.type(argv);
			expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
			for (const command of commands) expect(stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'));
			expect(stdout.indexOf('Examples:')).toBeLessThan(stdout.indexOf('Usage:'));
		}
		for (const { exit } of Object.values(errorKinds)) expect(exitCodeWords[exit], `exit code ${exit}`).toBeDefined();
	});

	for (const command of commands) {
		it(`of ${command} has examples first`, async () => {
			await using place = await openWorkplace({ running: false });
			const { code, stdout } = await place.type([command, '--help']);
			expect(code).toBe(0);
			expect(stdout).toMatch(new RegExp(`Examples:\n {2}.*gangline ${command}[\\s\\S]*Usage: gangline ${command}`));
		});
	}

	const groups = [
		'agent',
		'gateway',
		'git',
		'node',
		'person',
		'project',
		'prompt',
		'secret',
		'service',
		'session',
		'token',
	];
	for (const group of groups) {
		it(`of ${group} is what the word alone prints`, async () => {
			await using place = await openWorkplace({ running: false });
			const { stdout } = await place.type([group, '--help']);
			expect(await place.type([group])).toMatchObject({ code: 0, stderr: '', stdout });
		});
	}

	it('is given of any depth, and runs nothing', async () => {
		await using place = await openWorkplace({ running: false });
		for (const words of [['stop'], ['project', 'rename'], ['stop', 'shop'], ['token', 'help']]) {
			const { code, stdout, stderr } = await place.type(['help', ...words]);
			expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
			expect(stdout).toContain(
				`Usage: gangline ${words.filter((word) => !['shop', 'help'].includes(word)).join(' ')} `,
			);
		}
	});

	it('breaks its lines between words where a terminal is narrow, and nowhere else', async () => {
		await using place = await openWorkplace({ running: false });
		const narrow = (await place.type(['new', '--help'], { tty: true })).stdout.split('\n');
		for (const line of narrow) expect(line.length).toBeLessThanOrEqual(100);
		expect(narrow.join('\n')).toMatch(/--devcontainer <hash> {2}trust .*\n {25}\S/);
		expect((await place.type(['new', '--help'])).stdout).toMatch(
			/--devcontainer <hash> {2}trust .* leave that file alone$/m,
		);
	});

	it('names no option that stands for another one everywhere', async () => {
		await using place = await openWorkplace({ gateway: true });
		expect(await place.type(['archive', '--page', '2'])).toMatchObject({ code: 0 });
		const { stdout } = await place.type(['--help']);
		const everywhere = [...stdout.matchAll(/(?<=^ {2}|, )--?[a-zA-Z-]+/gm)].map(([flag]) => flag);
		expect(everywhere).toContain('-p');
		for (const [, command = ''] of stdout.matchAll(/^ {2}([a-z][a-z-]*) {2,}\S/gm)) {
			if (command === 'help') continue;
			const [own = ''] = (await place.type([command, '--help'])).stdout.split('Everywhere:');
			const options = own.slice(own.indexOf('Options:')).replace(/^ {2}-h, --help.*$/m, '');
			const flags = [...options.matchAll(/(?<=^ {2}|^ {2}-\w, )--?[a-zA-Z-]+/gm)].map(([flag]) => flag);
			expect(
				flags.filter((flag) => everywhere.includes(flag)),
				command,
			).toEqual([]);
		}
	});

	it('prints the version', async () => {
		await using place = await openWorkplace({ running: false });
		expect((await place.type(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
	});
});

describe('did you mean', () => {
	const check = (argv: readonly string[], code: number, stderr: RegExp): void => {
		it(`is asked for \`gangline ${argv.join(' ').slice(0, 40)}\``, async () => {
			await using place = await openWorkplace();
			const typed = await place.type(argv);
			expect(typed.stderr).toMatch(stderr);
			expect(typed).toMatchObject({ code, stdout: '' });
		});
	};
	check(['statsu'], 2, /^gangline: unknown command 'statsu'\n→ did you mean status\?/i);
	check(['add', 'x', '--hodl'], 2, /unknown option '--hodl'\n→ did you mean --hold\?/i);
	check(['add', 'x', '--type', 'bgu'], 2, /--type "bgu"[\s\S]*→ did you mean bug\?/);
	check(['add'], 2, /missing required argument 'title'\n→ gangline add .*<title\.\.\.>; gangline add --help/);
	check(['help', 'statsu'], 2, /^gangline: unknown command 'statsu'\n→ did you mean status\?/i);
	check(['help', 'agent', 'logn'], 2, /unknown command 'logn'\n→ did you mean login\?/i);
	check(['freeze', '12'], 2, /→ did you mean gangline move <item> freeze\?/);
	check(['reject', '12', 'x'.repeat(5000)], 2, /the text has 5000 bytes, at most 4096 \(4 KiB\) fit/);
	check(['add', ''], 2, /title is "": expected a line that says what is wanted/);
	check(['move', '1', 'strat'], 2, /→ did you mean start\?/);
	check(['move', '12', 'approve'], 2, /not moved to approve by hand/);
	check(['list', '--column', 'codign'], 2, /→ did you mean coding\?/);
	check(['show', '21'], 3, /→ did you mean #12 \(Rename the client\)\?/);
	check(['show', '~laptpo-1'], 3, /→ did you mean #1 \(Fix the login redirect\)\?/);
	check(['show', 'login'], 3, /→ did you mean #1 \(Fix the login redirect\)\?/);
	check(['show', '400'], 3, /→ gangline list shows the items that are open/);
	check(['edit', '12', '--depends-on', '21'], 3, /no item #21 .*\n→ did you mean #12 \(Rename the client\)\?/);
	check(['notify', '--token-file', '/t'], 2, /--token-file belongs to --ntfy/);
	check(['notify', '--ntfy', 'https://ntfy.sh/x', '--test'], 2, /--test stands alone: nothing was changed/);
	check(['status', '--project', 'shpo'], 3, /→ did you mean shop\?/);
	check(['agent', 'login', 'cloude'], 2, /→ did you mean claude\?/);
	check(['log', '--limit', 'many'], 2, /"many" is no whole number/);
	check(['add', 'x', '--review', 'agnet'], 2, /expected human, server, agent\n→ did you mean agent\?/);
	check(
		['add', 'x', '--file', '/nowhere'],
		2,
		/cannot be read from "\/nowhere"[\s\S]*→ name a file that is there, or - for stdin/,
	);
	check(['start', '--port', '99999'], 2, /--port "99999" is no port: expected 0 to 65535/);
	check(['settings', '--check'], 2, /--check looks at a file\n→ gangline settings --check --from FILE/);
});

describe('a value that is refused', () => {
	for (const argv of [
		['board', '--expires', '2d'],
		['board', '--person', 'Ann B'],
		['board', '--public-url', 'board.example.org'],
		['phone', '--person', 'Ann B'],
		['token', 'new', '--expires', '99d'],
		['token', 'new', '--slots', '65'],
		['new', 'My_App'],
		['new', 'app', '--memory', '1m'],
	]) {
		it(`makes this machine no gateway before: ${argv.join(' ')}`, async () => {
			await using place = await openWorkplace();
			const { code, stdout, stderr } = await place.type(argv);
			expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
			expect(stderr).toMatch(/^gangline: [a-z]+\.\w+: .*(?:is "?[^ ]|expected)/);
			expect(existsSync(join(place.state, 'gateway'))).toBe(false);
		});
	}
});

describe('the project', () => {
	it('is the one whose checkout the folder lies in', async () => {
		await using place = await openWorkplace();
		const deep = join(place.checkout, 'a', 'b');
		await mkdir(deep, { recursive: true });
		expect((await place.type(['status'], { cwd: deep })).code).toBe(0);
	});

	it('is known in any clone of it by the id in its file', async () => {
		await using place = await openWorkplace();
		const clone = join(place.state, '..', 'clone');
		await mkdir(join(clone, '.gangline'), { recursive: true });
		const known = place.home.projects[0];
		if (known) place.home.projects[0] = { ...known, path: '' };
		const config = `id = "${shopId}"\nname = "shop"\nbranch = "main"\n`;
		await writeFile(join(clone, '.gangline/project.toml'), config);
		expect(await place.type(['status'], { cwd: clone })).toMatchObject({ code: 0 });
		await writeFile(join(clone, '.gangline/project.toml'), config.replace(/SHP/, 'XYZ'));
		expect(await place.type(['status'], { cwd: clone })).toMatchObject({ code: 3 });
	});

	it('is asked for elsewhere, with the names there are', async () => {
		await using place = await openWorkplace();
		const { code, stderr } = await place.type(['status'], { cwd: '/' });
		expect(code).toBe(3);
		expect(stderr).toMatch(/\/ belongs to no project[\s\S]*--project \(shop\)/);
		expect((await place.type(['status', '-p', 'shop'], { cwd: '/' })).code).toBe(0);
	});
});

describe('without a node', () => {
	it('every question ends with 6 and the command that starts one', async () => {
		await using place = await openWorkplace({ running: false });
		for (const argv of [['status'], ['ps'], ['add', 'x'], ['logs', '1']]) {
			expect(await place.type(argv)).toMatchObject({
				code: 6,
				stdout: '',
				stderr: expect.stringMatching(/→ start it: gangline start/),
			});
		}
	});

	it('a relative state folder is refused', async () => {
		await using place = await openWorkplace({ running: false });
		expect(await place.type(['ps'], { env: { GANGLINE_HOME: 'state' } })).toMatchObject({
			code: 2,
			stderr: expect.stringMatching(/GANGLINE_HOME is "state": expected an absolute path/),
		});
	});
});
