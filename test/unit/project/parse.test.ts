import { describe, expect, it } from 'vitest';
import { GanglineError } from '../../../shared/ports/index.ts';
import { parseProjectConfig } from '../../../shared/project/index.ts';

const head = ['id = "01JABCDEFGHJKMNPQRSTVWXYZ0"', 'name = "demo"', 'branch = "main"'].join('\n');

function refusal(text: string): string {
	try {
		parseProjectConfig(text);
	} catch (error) {
		if (error instanceof GanglineError && error.code === 'INVALID_CONFIG') return error.message;
		throw error;
	}
	return 'accepted';
}

function check(lines: string, expected: string): void {
	expect(refusal(`${head}\n${lines}`)).toBe(expected);
}

describe('parseProjectConfig', () => {
	it('fills every default of a minimal file and freezes the result', () => {
		const config = parseProjectConfig(head);
		expect(config).toMatchObject({ review: { mode: 'human' }, landing: { mode: 'local' }, gate: [], agent: [] });
		expect(Object.isFrozen(config)).toBe(true);
		expect(Object.isFrozen(config.setup.commands)).toBe(true);
	});

	it('names the nearest key for an unknown one', () => {
		check(
			'[landing]\nmod = "push"',
			'.gangline/project.toml:5:1: unknown key landing.mod = "push"; did you mean landing.mode?',
		);
	});

	it('names the table where a misplaced key belongs', () => {
		check(
			'lockfiles = ["a"]',
			'.gangline/project.toml:4:1: unknown key lockfiles = ["a"]; did you mean setup.lockfiles?',
		);
	});

	it('lists the known keys when nothing is near', () => {
		check('[review]\nzebra = 1', '.gangline/project.toml:5:1: unknown key review.zebra = 1; known here: mode');
	});

	it('names the wrong value, what was expected and the nearest choice', () => {
		check(
			'[review]\n  mode = "sever"',
			'.gangline/project.toml:5:3: review.mode is "sever"; expected "human" or "server" or "agent" (did you mean "server"?)',
		);
	});

	it('points into the right element of repeated tables', () => {
		check(
			'[[gate]]\nname = "a"\ncommand = "x"\n\n[[gate]] # second\nname = "b"\ncommand = "y"\ntimeout_seconds = 0',
			'.gangline/project.toml:11:1: gate[1].timeout_seconds is 0; expected at least 1',
		);
	});

	it('points past multi-line strings, lists and quoted keys', () => {
		const before = [
			'[setup]',
			'commands = [',
			'  "a", # ] not the end',
			"  '''b",
			"= [x]''',",
			']',
			'"copy" = [".env"]',
		];
		check(
			`${before.join('\n')}\n[work]\nslots = "2"`,
			'.gangline/project.toml:12:1: work.slots is "2"; expected a number',
		);
	});

	it('says what is missing', () => {
		check(
			'[[agent]]\nname = "a"',
			'.gangline/project.toml:4:1: agent[0].runtime is missing; expected "shell" or "claude-code" or "codex" or "acp"',
		);
	});

	it('names both keys of a contradiction', () => {
		const gate = '[[gate]]\nname = "test"\ncommand = "x"\n';
		check(
			`${gate}${gate}`,
			'.gangline/project.toml:8:1: gate[0].name and gate[1].name are both "test"; expected a name of its own',
		);
		check(
			'[[agent]]\nname = "a"\nruntime = "shell"\nmodel = "x"',
			'.gangline/project.toml:7:1: agent[0].model = "x" and agent[0].runtime = "shell" contradict each other: a shell has no model',
		);
	});

	it('reports several problems at once, in the order of the file', () => {
		expect(refusal(`${head}\nfoo = 1\n[work]\nslots = 99`).split('\n')).toEqual([
			'.gangline/project.toml:4:1: unknown key foo = 1; known here: id, name, branch, review, landing, work, run, budget, setup, gate, agent',
			'.gangline/project.toml:6:1: work.slots is 99; expected at most 64',
		]);
	});

	it('gives line and column of what is not TOML', () => {
		expect(refusal('id = \nname = "x"')).toMatch(/^\.gangline\/project\.toml:1:\d+: this is not TOML: /);
		expect(refusal('[review]\n[review]')).toMatch(/^\.gangline\/project\.toml:2:\d+: this is not TOML: /);
	});

	it('refuses a file that no person wrote', () => {
		expect(refusal(`# ${'x'.repeat(300_000)}`)).toContain('more than the 262144 that are read');
	});

	for (const path of ['/etc/passwd', '../x', 'a/../../x', '.git/config', '.gangline/project.toml', '']) {
		it(`refuses to copy ${JSON.stringify(path)}`, () => {
			expect(refusal(`${head}\n[setup]\ncopy = [${JSON.stringify(path)}]`)).toContain('setup.copy[0] is ');
		});
	}

	for (const branch of ['-x', 'a..b', 'refs/heads/main', 'a b', 'x.lock', 'a~1', '/a', 'a/', '']) {
		it(`refuses the branch ${JSON.stringify(branch)}`, () => {
			expect(refusal(head.replace('"main"', JSON.stringify(branch)))).toContain('expected the name of a branch');
		});
	}

	for (const branch of ['main', 'master', 'release/1.x', 'änderung', 'feature-2_b']) {
		it(`accepts the branch ${branch}`, () => {
			expect(parseProjectConfig(head.replace('"main"', JSON.stringify(branch))).branch).toBe(branch);
		});
	}

	it.each(['planner', 'pilot'])('takes no agent of a role that nothing starts: %s', (role) => {
		check(
			`[[agent]]\nname = "a"\nruntime = "codex"\nrole = "${role}"`,
			`.gangline/project.toml:7:1: agent[0].role is "${role}", and nothing starts an agent of it; expected "coder", whose tool plan_items splits work (people: gangline plan)`,
		);
	});

	it('takes agents of every role that is started, and no script that would have to judge', () => {
		const agent = (more: string) => `[[agent]]\nname = "a"\n${more}`;
		for (const role of ['coder', 'qa', 'mergemaster', 'research']) {
			expect(
				refusal(`${head}\n${agent(`runtime = "codex"\nrole = "${role}"\nconcurrency = 2\nlabels = ["gpu"]`)}`),
			).toBe('accepted');
		}
		check(
			agent('role = "qa"\nruntime = "shell"'),
			'.gangline/project.toml:6:1: agent[0].role = "qa" and agent[0].runtime = "shell" contradict each other: a script cannot judge',
		);
	});
});
