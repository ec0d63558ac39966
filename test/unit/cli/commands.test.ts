import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
	type CallName,
	operationNames,
	operations,
	type ProjectView,
	parseArgs,
} from '../../../shared/operations/index.ts';
import { openWorkplace, type Workplace } from '../../support/terminal.ts';
import { shopId } from '../../support/tiny-items.ts';

let place: Workplace;
beforeAll(async () => {
	place = await openWorkplace();
});
afterAll(() => place[Symbol.asyncDispose]());

/** Splits as a shell does, as far as the examples go: words and double quotes. */
function words(cli: string): readonly string[] {
	return [...cli.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '').slice(1);
}

describe('the examples of the registry', () => {
	const elsewhere = [
		'project.add',
		'node.stop',
		'gateway.stop',
		'events',
		'secret.set',
		'item.plan',
		'container.gitToken',
		'project.configure',
	];
	for (const name of operationNames) {
		if (elsewhere.includes(name)) continue;
		for (const { cli, args } of operations[name].examples) {
			it(`ask ${name} for exactly what they say: ${cli}`, async () => {
				await using own = await openWorkplace({ gateway: true });
				for (const [at, item] of own.home.items.entries())
					if (item.number === 1) own.home.items[at] = { ...item, number: 15 };
				await own.type(['diff', '12']);
				own.home.asked.length = 0;
				const { code, stderr } = await own.type([...words(cli), '--yes']);
				expect({ code, stderr }).toMatchObject({ code: 0 });
				const last = own.home.asked.findLast((one) => one.name === name);
				const needsProject = 'project' in operations[name].args.shape;
				const expected = parseArgs(name, needsProject ? { ...args, project: shopId } : args);
				// What was shown, and an item by key instead of its number, depend on the day.
				const { binding: _, item: __, ...said } = { binding: 0, item: 0, ...expected };
				expect(last?.args).toMatchObject(said);
			});
		}
	}
});

describe('--json', () => {
	const cases: readonly (readonly [CallName, readonly string[]])[] = [
		['item.add', ['add', 'x']],
		['item.edit', ['edit', '1', '--title', 'y']],
		['item.list', ['list']],
		['item.show', ['show', '12']],
		['item.diff', ['diff', '12']],
		['item.approve', ['approve', '12']],
		['item.reject', ['reject', '12', 'no']],
		['item.move', ['move', '1', 'freeze']],
		['item.history', ['log']],
		['item.logs', ['logs', '1']],
		['item.salvage', ['salvage']],
		['item.say', ['say', '12', 'mind the gap']],
		['item.answer', ['answer', '12', 'allow']],
		['item.take', ['take', '12']],
		['item.give', ['give', '12']],
		['project.list', ['projects']],
		['project.pause', ['pause']],
		['project.resume', ['resume']],
		['project.status', ['status']],
		['node.status', ['ps']],
	];
	for (const [name, argv] of cases) {
		it(`prints the exact result of ${name} and nothing else on stdout`, async () => {
			const { code, stdout } = await place.type([...argv, '--json']);
			expect(code).toBe(0);
			expect(operations[name].result.strict().parse(JSON.parse(stdout))).toBeTruthy();
		});
	}

	it('prints errors as JSON on stderr', async () => {
		const { code, stdout, stderr } = await place.type(['show', '99', '--json']);
		expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
		expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'UNKNOWN_ITEM' } });
	});
});

describe('tables and sentences', () => {
	it('claim no settings that the home has not told', async () => {
		await using own = await openWorkplace();
		const common = { id: shopId, name: 'shop', path: '/shop', branch: 'main', paused: false, trouble: null };
		const heardOf: ProjectView = { ...common, review: null, landing: null };
		Object.assign(own.home.handlers, { 'project.list': async () => ({ projects: [heardOf] }) });
		expect((await own.type(['projects'])).stdout).toMatch(/^shop +main +not known here yet +not known here yet/m);
	});

	it('change settings by the file that is named, over what was just read, and only check it where that is asked', async () => {
		const file = join(mkdtempSync(join(tmpdir(), 'gangline-settings-')), 'settings.toml');
		writeFileSync(file, 'name = "store"\n');
		try {
			const added = await place.type(['settings', '--from', file]);
			expect(added.stdout).toMatch(/\+name = "store"[\s\S]*#\d+ Change settings: review\.mode: starts on laptop\n$/);
			expect(place.home.asked.at(-1)).toMatchObject({
				name: 'project.configure',
				args: { text: 'name = "store"\n', version: 'v1', check: false },
			});
			const checked = await place.type(['settings', '--from', file, '--check']);
			expect(checked.stdout).toMatch(/it can be read; nothing was changed\n$/);
			expect((await place.type(['settings', '--text'])).stdout).toMatch(
				/^id = "\w+"\nname = "shop"\nbranch = "main"\n$/,
			);
			expect(await place.type(['settings', '--from', `${file}.none`])).toMatchObject({ code: 2 });
			writeFileSync(file, '{}');
			const wrong = await place.type(['settings', '--from', file]);
			expect(wrong.stderr).toBe(`gangline: ${file}:1:1: this is not TOML\n→ Open ${file} at line 1\n`);
		} finally {
			rmSync(dirname(file), { recursive: true });
		}
	});

	it('name commands that can be pasted where folders have spaces', async () => {
		const { stdout } = await place.type(['backup', 'my node.tar']);
		expect(stdout).toContain(`put it back: gangline restore '${join(place.checkout, 'my node.tar')}'\n`);
	});

	it('show the board with what needs you and how far everything is apart', async () => {
		const { stdout } = await place.type(['status']);
		expect(stdout).toMatch(/shop {2}main aaaaaaaaaa, review human, landing local/);
		expect(stdout).toMatch(/origin {4}is 2 commits behind/);
		expect(stdout).toMatch(/checkout {2}is up to date/);
		expect(stdout).toMatch(/212 tests, 14 s/);
		expect(stdout).toMatch(/#12 .*review/);
		expect(stdout).toMatch(/1 item needs you:\n {2}#12 {2}read and approve it/);
		expect(stdout).toMatch(/^here now: ann \(#1\)$/m);
	});

	it('say in words and by the exit code that a log is elsewhere, or lost', async () => {
		expect(await place.type(['logs', '1'])).toMatchObject({ code: 0, stderr: '' });
		place.home.logLines.splice(0);
		expect(await place.type(['logs', '1'])).toMatchObject({
			code: 0,
			stdout: expect.stringMatching(/^(nothing has run for|what works on) .* yet\n$/),
		});
		const cases = [
			['away', 6, 'ask again when it is back'],
			['missing', 3, 'gangline show 1 has what is known of each run'],
		] as const;
		for (const [state, code, next] of cases) {
			place.home.logState = { state, words: `the log of run 1.1 is ${state}` };
			const typed = await place.type(['logs', '1']);
			expect(typed).toMatchObject({ code, stdout: '', stderr: `the log of run 1.1 is ${state}\n→ ${next}\n` });
			const { stdout } = await place.type(['logs', '1', '--json']);
			expect(JSON.parse(stdout)).toMatchObject({ state, lines: [] });
		}
	});

	it('say nothing beside a log that the terminal would obey, whoever keeps that log', async () => {
		const { logState } = place.home;
		place.home.logState = { state: 'away', words: 'its \u001b[2J\u001b]0;owned\u0007machine\nis away' };
		expect((await place.type(['logs', '1'])).stderr).toBe('its machine is away\n→ ask again when it is back\n');
		place.home.logState = logState;
	});

	it('show a plan of a file as waves, and say what is wrong with one that is none', async () => {
		const folder = mkdtempSync(join(tmpdir(), 'gangline-plan-'));
		try {
			const file = join(folder, 'plan.json');
			const subtasks = [
				{ id: 'api', title: 'Add the API', files: ['src/api/**'] },
				{ id: 'docs', title: 'Describe it', files: ['docs/**'], dependsOn: ['api'] },
			];
			writeFileSync(file, JSON.stringify({ subtasks }));
			expect((await place.type(['plan', file])).stdout).toBe(
				'2 waves, at most 1 at once; nothing was added yet\n  1. api\n  2. docs\n',
			);
			writeFileSync(file, '{}');
			expect(await place.type(['plan', file])).toMatchObject({
				code: 2,
				stderr: expect.stringContaining('→ write [{'),
			});
		} finally {
			rmSync(folder, { recursive: true });
		}
	});

	it('tell how an editor gets the tools of the gateway, without a secret', async () => {
		await using own = await openWorkplace({ gateway: true });
		const { code, stdout, stderr } = await own.type(['mcp']);
		expect({ code, url: JSON.parse(stdout).mcpServers.gangline.url }).toMatchObject({
			code: 0,
			url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/mcp$/),
		});
		expect(stdout).toMatch(/Bearer \$\{GANGLINE_TOKEN\}/);
		expect(stderr).toContain('gangline person token');
		expect(await place.type(['mcp'])).toMatchObject({
			code: 6,
			stderr: expect.stringContaining('gangline gateway start'),
		});
	});

	it('take titles in any writing, and no character that turns or hides the others', async () => {
		for (const title of ['می‌خواهم', 'family 👩‍👩‍👧‍👦', 'क्‍ष', 'שלום ☃'])
			expect(await place.type(['add', title])).toMatchObject({ code: 0, stdout: expect.stringContaining(title) });
		for (const title of ['a\u202eb', 'a\u200bb', 'a\u2066b', 'a\nb', 'a\u0007b', 'a\ufeffb'])
			expect(await place.type(['add', title])).toMatchObject({ code: 2, stdout: '' });
	});

	it('answer an addition with when it starts', async () => {
		expect((await place.type(['add', 'Write', 'docs'])).stdout).toMatch(/^#\d+ Write docs: starts on laptop\n$/);
		expect((await place.type(['add', 'x', '--hold'])).stdout).toMatch(/waits because it is held/);
	});

	it('show what runs, with pids and the last line', async () => {
		const { stdout } = await place.type(['ps']);
		expect(stdout).toMatch(/http:\/\/127\.0\.0\.1:1 {2}pid \d+/);
		expect(stdout).toMatch(/shop +#1 +coder \(claude\) +4711 .*reading src\/login\.ts/);
	});

	it('never hand on what a terminal would obey', async () => {
		for (const argv of [['status'], ['list'], ['show', '12'], ['diff', '12'], ['logs', '1']]) {
			const { stdout } = await place.type(argv, { tty: true, env: { NO_COLOR: '1' } });
			for (const sign of ['\u0007', '\u001b', '\u202e']) expect(stdout.includes(sign), argv[0]).toBe(false);
		}
	});

	it('have colour on a terminal only, and only when it is wanted', async () => {
		const coloured = async (argv: string[], options: object): Promise<boolean> =>
			(await place.type(argv, options)).stdout.includes('\u001b[');
		expect(await coloured(['status'], { tty: true })).toBe(true);
		expect(await coloured(['status'], {})).toBe(false);
		expect(await coloured(['status'], { tty: true, env: { NO_COLOR: '1' } })).toBe(false);
		expect(await coloured(['status'], { tty: true, env: { TERM: 'dumb' } })).toBe(false);
		expect(await coloured(['status', '--no-color'], { tty: true })).toBe(false);
		expect(await coloured(['status', '--json'], { tty: true })).toBe(false);
	});

	it('fit the terminal', async () => {
		const { stdout } = await place.type(['add', 'long '.repeat(38).trim()]);
		expect(stdout.length).toBeGreaterThan(150);
		const board = await place.type(['list'], { tty: true, env: { NO_COLOR: '1' } });
		for (const line of board.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
	});
});

describe('add', () => {
	const described = async (argv: readonly string[], stdin = ''): Promise<unknown> => {
		await place.type(['add', 'x', ...argv], { stdin });
		return place.home.items.at(-1)?.description;
	};

	it('makes a fenced sh block of --run, behind what is said', async () => {
		expect(await described(['--run', 'npm run a', '--run', 'npm run b'])).toBe('```sh\nnpm run a\nnpm run b\n```\n');
		expect(await described(['-d', 'Tidy up', '--run', 'make'])).toBe('Tidy up\n\n```sh\nmake\n```\n');
	});

	it('makes the fence longer than any in the script', async () => {
		expect(await described(['--run', "printf '```'"])).toBe("````sh\nprintf '```'\n````\n");
	});

	it('reads the description from stdin', async () => {
		expect(await described(['-F', '-'], 'from stdin')).toBe('from stdin');
	});

	it('says when the description is too long, and when its file is not there', async () => {
		const long = await place.type(['add', 'x', '-F', '-'], { stdin: 'y'.repeat(20_000) });
		expect(long.code).toBe(2);
		expect(long.stderr).toMatch(/20000 bytes, at most 16384/);
		const missing = await place.type(['add', 'x', '-F', 'nope.md']);
		expect(missing.code).toBe(2);
		expect(missing.stderr).toMatch(/nope\.md[\s\S]*ENOENT/);
	});

	it('takes dependencies apart by commas', async () => {
		await place.type(['add', 'x', '--depends-on', '3,#4', '--depends-on', '5']);
		expect(place.home.asked.findLast(({ name }) => name === 'item.add')?.args).toMatchObject({
			dependsOn: [{ number: 3 }, { number: 4 }, { number: 5 }],
		});
	});
});

describe('edit', () => {
	it('takes values away with --no-…', async () => {
		await place.type([
			'edit',
			'1',
			'--no-agent',
			'--no-depends-on',
			'--no-label',
			'--no-hold',
			'--no-parent',
			'--no-review',
		]);
		expect(place.home.asked.findLast(({ name }) => name === 'item.edit')?.args).toMatchObject({
			agent: null,
			dependsOn: [],
			labels: [],
			hold: false,
			parent: null,
			review: null,
		});
	});

	it('refuses to change nothing', async () => {
		expect((await place.type(['edit', '1'])).code).toBe(2);
	});
});

describe('delete', () => {
	it('asks on a terminal and does nothing after a no', async () => {
		const { code, questions } = await place.type(['delete', '1'], { tty: true });
		expect({ code, questions }).toEqual({ code: 130, questions: ['Delete #1 (Fix the login redirect) for good?'] });
		expect(place.home.asked.some(({ name }) => name === 'item.delete')).toBe(false);
	});

	it('is refused where nobody can be asked, unless --yes was given', async () => {
		for (const options of [{}, { tty: true }]) {
			const argv = 'tty' in options ? ['delete', '1', '--no-input'] : ['delete', '1'];
			const { code, stderr } = await place.type(argv, options);
			expect(code).toBe(4);
			expect(stderr).toMatch(/→ repeat it with --yes/);
		}
		expect((await place.type(['delete', '~laptop-1', '--yes'])).code).toBe(0);
		expect(place.home.items.some(({ number }) => number === 1)).toBe(false);
	});
});
