/** The hook as a shell and git run it, in a repository of a temporary folder. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hookGates, preCommitHook } from '../../../node/worker/pre-commit-hook.ts';
import { parseProjectConfig, projectConfigSchema } from '../../../shared/project/index.ts';
import { temporaryFolder } from '../../support/git.ts';

const named = { id: '01ARZ3NDEKTSV4RRFFQ69G5FAV', name: 'shop', branch: 'main' };
const configOf = (...gate: readonly object[]) =>
	projectConfigSchema.parse({ ...named, gate: gate.map((one, at) => ({ name: `g${at}`, pre_commit: true, ...one })) });

let folder: ReturnType<typeof temporaryFolder>;
let clone: string;
beforeEach(() => {
	folder = temporaryFolder();
	// A name that a careless script would take apart.
	clone = join(folder.path, "it's $HOME; a clone");
	mkdirSync(clone);
	execFileSync('git', ['init', '-q', clone]);
});
afterEach(() => folder.remove());

function run(config: ReturnType<typeof configOf>, cwd = clone) {
	const hook = join(folder.path, 'pre-commit');
	writeFileSync(hook, preCommitHook(config, { clone, shellPath: '/bin/sh' }));
	chmodSync(hook, 0o755);
	const env = { PATH: process.env.PATH ?? '/usr/bin:/bin', GIT_INDEX_FILE: join(clone, '.git/index') };
	// An input that stays open: what waited for it would wait for ever.
	const { status, stdout, stderr } = spawnSync(hook, { cwd, env, encoding: 'utf8', timeout: 20_000 });
	return { status, stdout, stderr };
}

test('runs what is marked, in its order, up to the first that fails, and says what that one said', () => {
	const config = configOf(
		{ command: 'echo "first: it\'s $CI"' },
		{ command: 'echo not asked for', pre_commit: false },
		{ command: 'echo broken here >&2; exit 3' },
		{ command: 'echo never' },
	);
	const { status, stdout, stderr } = run(config);
	expect([status, stdout]).toEqual([1, '']);
	expect(stderr.split('\n').slice(0, 3)).toEqual([
		"first: it's 1",
		'broken here',
		'gangline: nothing was committed, because the gate g2 failed (it ended with 3); its output is above',
	]);
});

test('waits for nobody: no input, no terminal, no gate beyond its time', () => {
	const { status, stderr } = run(
		configOf({ command: 'cat; (exec < /dev/tty) 2>/dev/null || true' }, { command: 'sleep 600', timeout_seconds: 1 }),
	);
	expect(status).toBe(0);
	expect(stderr).toContain('the gate g1 was not done in time: it is left to the system');
});

test('leaves to the system what cannot be run here', () => {
	const { status, stderr } = run(configOf({ command: 'no-such-program-anywhere' }));
	expect(status).toBe(0);
	expect(stderr).toContain('the gate g0 could not be run here');
});

test('minds no other repository, and leads the git of a gate nowhere', () => {
	const inner = join(clone, 'made-by-a-test');
	mkdirSync(inner);
	execFileSync('git', ['init', '-q', inner]);
	const config = configOf({ command: `echo "$GIT_INDEX_FILE" > ../seen` });
	expect(run(config, inner).status).toBe(0);
	expect(() => readFileSync(join(folder.path, 'seen'))).toThrow('ENOENT');
	expect(run(config).status).toBe(0);
	expect(readFileSync(join(folder.path, 'seen'), 'utf8')).toBe('\n');
});

test('is asked for gate by gate, and not for one with secrets', () => {
	expect(hookGates(projectConfigSchema.parse({ ...named, gate: [{ name: 'test', command: 'make test' }] }))).toEqual(
		[],
	);
	const text = `id = "${named.id}"\nname = "shop"\nbranch = "main"\n[[gate]]\nname = "t"\ncommand = "x"\nsecrets = ["KEY"]\npre_commit = true\n`;
	expect(() => parseProjectConfig(text)).toThrow('secrets');
});
