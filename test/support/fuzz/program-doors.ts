/** Doors for what programs print that we do not trust: agents, test runners, git, and what lies in a repository. */
import { failingTests } from '../../../gateway/cli/failing-tests.ts';
import { readEvents } from '../../../gateway/cli/read-events.ts';
import { describeEvent } from '../../../node/agents/agent-event.ts';
import { readCodexFailure } from '../../../node/agents/codex-rollout.ts';
import { scriptOf } from '../../../node/agents/index.ts';
import { splitLines } from '../../../node/agents/line-splitter.ts';
import { touchesJudge } from '../../../node/home/judge-files.ts';
import { slug } from '../../../node/home/pull-requests.ts';
import { countTests } from '../../../node/worker/test-count.ts';
import { textEdits } from '../../../shared/documents/text-diff.ts';
import { parseChanges, parseRawChanges } from '../../../shared/git/changes.ts';
import { encodeCommit, landingOf, parseCommit } from '../../../shared/git/landing-commit.ts';
import { compareLink, redact as redactAddresses } from '../../../shared/git/remote-address.ts';
import { parseJson } from '../../../shared/log/index.ts';
import { isAllowedPattern, isPathAllowed, patternsOverlap } from '../../../shared/plan/index.ts';
import { type CommitId, ganglineError, parseCommitId } from '../../../shared/ports/index.ts';
import { redact, redactText } from '../../../shared/ports/system/redact.ts';
import { detectProject, type ProjectTree } from '../../../shared/project/index.ts';
import { linesOf } from '../agent-lines.ts';
import { person, signer } from '../git-signer.ts';
import { talkingDoors } from './agent-doors.ts';
import type { Door } from './door.ts';
import { bytesFrom, jsonFrom, textFrom, valuesFrom } from './makers.ts';

export async function programDoors(codexHome: CodexHome): Promise<readonly Door[]> {
	const doors = [
		...agentDoors(codexHome),
		...talkingDoors(),
		...runnerDoors,
		...(await gitDoors()),
		...repositoryDoors,
		...logDoors,
	];
	return doors;
}

/** A folder in which Codex has left its record of session `s`. */
export interface CodexHome {
	readonly path: string;
	write(record: string): void;
}

const claudeLines = [
	{ type: 'system', subtype: 'init', cwd: '/x', session_id: '61d4', tools: ['Bash'], model: 'm' },
	{
		type: 'assistant',
		message: { id: 'msg_1', model: 'm', content: [{ type: 'text', text: 'I read it' }] },
		parent_tool_use_id: null,
	},
	{
		type: 'assistant',
		message: { id: 'msg_2', content: [{ type: 'tool_use', name: 'Read', input: { file_path: '/x/a.ts' } }] },
	},
	{ type: 'assistant', error: 'authentication_failed', message: { model: '<synthetic>', content: 'Not logged in' } },
	{ type: 'rate_limit_event', rate_limit_info: { status: 'rejected', resetsAt: 1_795_229_025 } },
	{
		type: 'result',
		subtype: 'success',
		is_error: false,
		result: 'Done',
		total_cost_usd: 0.01,
		usage: { input_tokens: 3, output_tokens: 1 },
	},
	{
		type: 'result',
		subtype: 'error_max_turns',
		is_error: true,
		errors: ['x', { a: 1 }],
		terminal_reason: 'api_error',
		api_error_status: 429,
	},
	{
		type: 'control_request',
		request_id: 'r1',
		request: {
			subtype: 'can_use_tool',
			tool_name: 'Bash',
			input: { command: 'ls', file_path: '/x', url: 'https://x' },
		},
	},
];
const codexLines = [
	{ type: 'thread.started', thread_id: 't' },
	{ type: 'item.started', item: { type: 'command_execution', command: 'ls' } },
	{ type: 'item.completed', item: { type: 'agent_message', text: 'done' } },
	{ type: 'item.completed', item: { type: 'file_change', changes: [{ path: 'a' }] } },
	{ type: 'turn.completed', usage: { input_tokens: 1, output_tokens: 2 } },
	{ type: 'turn.failed', error: { message: 'no' } },
];
const rollout = [
	{ payload: { type: 'token_count', rate_limits: { primary: { used_percent: 100, resets_at: 1_795_229_025 } } } },
	{ payload: { type: 'task_complete', error: { codex_error_info: { response: { http_status_code: 429 } } } } },
];

/** The longest line that is read of an agent. */
const lineMax = 1024 * 1024;

function agentDoors(codexHome: CodexHome): readonly Door<string>[] {
	const lines = (
		name: 'claude-code' | 'codex',
		files: readonly string[],
		samples: readonly unknown[],
	): Door<string> => ({
		name: `lines of ${name}`,
		covers: [...files, 'node/agents/session.ts'],
		weight: 2,
		make: jsonFrom(samples, lineMax),
		feed: (text) => (linesOf(name)(jsonOrNothing(text)) ?? refuse()).map(describeEvent),
	});
	const record = jsonFrom(rollout, 200_000);
	return [
		lines('claude-code', ['node/agents/claude-code.ts', 'node/agents/claude-ask.ts'], claudeLines),
		lines('codex', ['node/agents/codex.ts'], codexLines),
		{
			name: 'the record of a session of Codex',
			covers: ['node/agents/codex-rollout.ts'],
			make: (dice) => `${JSON.stringify(rollout[0])}\n${record(dice)}\n${record(dice)}`,
			feed: async (text) => {
				codexHome.write(text);
				return (await readCodexFailure('s', { CODEX_HOME: codexHome.path })) ?? refuse();
			},
		},
		{
			name: 'descriptions of items for the shell',
			covers: ['node/agents/shell.ts'],
			make: textFrom(['Do it\n\n```sh\nmake all\n```\n', '```\nls\n```', 'no script'], 16 * 1024),
			feed: (text) => scriptOf(text) ?? refuse(),
		},
	];
}

/** As a session reads a line. */
function jsonOrNothing(text: string): unknown {
	try {
		return parseJson(text);
	} catch {
		return undefined;
	}
}

function refuse(): never {
	throw ganglineError('MALFORMED', 'it is passed over');
}

const summaries = [
	' Test Files  1 failed | 2 passed (3)\n      Tests  1 failed | 34 passed | 2 skipped (37)\n',
	'\u001b[2m      Tests \u001b[22m \u001b[1m\u001b[32m36 passed\u001b[39m (36)\n',
	'Tests:       1 failed, 2 skipped, 3 passed, 6 total\nNo tests found, exiting with code 1\n',
	'\n  3 passing (5ms)\n  2 pending\n  1 failing\n\n  1) it\n',
	'1..2\n# tests 5\n# suites 0\n# pass 2\n# fail 1\n# cancelled 1\n# skipped 1\n# duration_ms 46.1\n',
	'ℹ tests 3\nℹ pass 3\nℹ fail 0\n',
	'========= 1 failed, 2 passed, 3 skipped, 1 error, 2 warnings in 0.12s =========\n',
	'Ran 5 tests in 0.001s\n\nFAILED (failures=1, errors=1)\n',
	'ok  \texample.com/a\t0.003s\nFAIL\texample.com/b\t0.01s\n?   \texample.com/c\t[no test files]\n',
	'=== RUN   TestA\n--- PASS: TestA (0.00s)\n    --- FAIL: TestB/x (0.00s)\n',
	'{"Time":"x","Action":"pass","Package":"a","Test":"TestA","Elapsed":0}\n',
	'test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured\n',
	'     Summary [   0.012s] 3 tests run: 2 passed (1 slow), 1 failed, 1 skipped\n',
	'[INFO] Tests run: 5, Failures: 1, Errors: 0, Skipped: 1\n5 tests completed, 1 failed, 2 skipped\n',
	'5 examples, 1 failure, 2 pending, 1 error occurred outside\n5 runs, 8 assertions, 1 failures, 0 errors, 2 skips\n',
	'OK (5 tests, 8 assertions)\nTests: 5, Assertions: 8, Failures: 1, Skipped: 2.\n',
	'80% tests passed, 1 tests failed out of 5\nFailed 1/2 test programs. 1/5 subtests failed.\nFiles=2, Tests=5, \n',
	'5 tests, 1 failure, 2 skipped in 3.2 seconds\nPassed!  - Failed:     0, Passed:     5, Skipped:     1, Total\n',
	'Total tests: 6\n     Passed: 5\n     Failed: 1\n1..3\nok 1 - a\nnot ok 2 # skip\n',
	' FAIL  test/a.test.ts > a > b\n● a › b\n--- FAIL: TestA (0.0s)\ntest a::b ... FAILED\nFAILED tests/a.py::test_b - x\n',
];

const runnerDoors: readonly Door[] = [
	{
		name: 'words of test runners',
		covers: ['node/worker/test-count.ts', 'node/worker/test-runners.ts'],
		weight: 3,
		make: textFrom(summaries, 1024 * 1024),
		feed: (text: string) => countTests(text) ?? refuse(),
	},
	{
		name: 'names of failing tests',
		covers: ['gateway/cli/failing-tests.ts'],
		make: textFrom(summaries, 16 * 1024),
		feed: (text: string) => failingTests(text),
	},
	{
		name: 'lines of a program',
		covers: ['node/agents/line-splitter.ts'],
		make: bytesFrom([Buffer.from('a\nbc\n\nlong line\r\n')]),
		feed: (bytes: Uint8Array) => {
			const lines: string[] = [];
			const splitter = splitLines(
				100,
				(line) => lines.push(line),
				() => lines.push('dropped'),
			);
			for (let at = 0; at < bytes.length; at += 7) splitter.push(bytes.subarray(at, at + 7));
			splitter.end();
			if (lines.some((line) => Buffer.byteLength(line) > 300)) throw new Error('a line is longer than its bound');
			return lines;
		},
	},
];

async function gitDoors(): Promise<readonly Door[]> {
	const tree: CommitId = parseCommitId('a'.repeat(40));
	const landing = { item: '01ARZ3NDEKTSV4RRFFQ69G5FAV', token: [1, 2] as const, gatedTree: tree };
	const commits = await Promise.all([
		encodeCommit(
			{
				tree,
				parents: [tree],
				message: 'Add it\n\nCo-authored-by: A <a@b>',
				author: person,
				committer: person,
				atMs: 0,
				landing,
			},
			signer(),
		),
		encodeCommit({ tree, parents: [], message: 'x', author: person, committer: person, atMs: 0 }, signer()),
	]);
	const [, plain] = commits;
	const own = new Set(commits.map((bytes) => bytes.toString('hex')));
	return [
		{
			name: 'commits',
			covers: ['shared/git/landing-commit.ts'],
			weight: 2,
			make: bytesFrom([...commits, plain ?? Buffer.alloc(0)], 256 * 1024),
			feed: async (bytes: Uint8Array) => {
				const buffer = Buffer.from(bytes);
				const found = await landingOf(buffer, signer());
				if (found && !own.has(buffer.toString('hex'))) throw new Error('a spoilt commit passes for a landing');
				return parseCommit(buffer);
			},
		},
		{
			name: 'changes that git lists',
			covers: ['shared/git/changes.ts'],
			make: textFrom(['M\0a.txt\0A\0b/c\0D\0d\0', `:100644 100644 ${tree} ${tree} M\0a.txt\0`]),
			feed: (text: string) => {
				const fields = text.split('\0').slice(0, -1);
				return fields[0]?.startsWith(':') ? parseRawChanges(fields) : parseChanges(fields);
			},
		},
		{
			name: 'addresses of remotes',
			covers: ['shared/git/remote-address.ts'],
			make: textFrom(
				['https://user:pw@github.com/a/b.git', 'git@gitlab.com:a/b.git', 'ssh://git@codeberg.org:22/a/b'],
				64 * 1024,
			),
			feed: (text: string) => [redactAddresses(text), compareLink(text, 'a b', 'main'), slug(text)],
		},
	];
}

const files: Readonly<Record<string, string>> = {
	'package.json':
		'{"name":"x","scripts":{"test":"vitest run","build":"tsc","lint":"biome check"},"packageManager":"pnpm@9.0.0","workspaces":["a/*"]}',
	'pyproject.toml':
		'[project]\nname = "x"\ndependencies = ["pytest"]\n[tool.ruff]\nline-length = 100\n[build-system]\nrequires = ["hatchling"]\n',
	Makefile: '.PHONY: test\ntest: build\n\tgo test ./...\nlint:\n\tx\n',
	'Cargo.toml': '[package]\nname = "x"\n[workspace]\nmembers = ["a"]\n',
	'go.mod': 'module example.com/x\n\ngo 1.22\n',
	'pom.xml': '<project><artifactId>x</artifactId></project>',
	'build.gradle': 'plugins { id "java" }\n',
	Gemfile: 'gem "rspec"\n',
	'.gitignore': 'node_modules/\n*.log\n!keep\n',
	'setup.cfg': '[tool:pytest]\ntestpaths = tests\n',
};
const names = Object.keys(files);

const repositoryDoors: readonly Door[] = [
	{
		name: 'files of a project that is looked at',
		covers: [
			...['node', 'python-manifest', 'python', 'compiled', 'makefile', 'ignored', 'project', 'finding'].map(
				(name) => `shared/project/detect/${name}.ts`,
			),
		],
		make: (dice: Parameters<Door['make']>[0]) => {
			const name = dice.pick(names);
			const text = files[name] ?? '';
			const isJson = name.endsWith('.json') && dice.once(2);
			return [name, isJson ? jsonFrom([JSON.parse(text)])(dice) : textFrom([text])(dice)] as const;
		},
		feed: ([name, text]: readonly [string, string]) => {
			const tree: ProjectTree = {
				files: dice(name),
				untracked: ['node_modules'],
				read: async (path) => (path === name ? text : (files[path] ?? null)),
			};
			return detectProject(tree);
		},
	},
	{
		name: 'files that judge a change',
		covers: ['node/home/judge-files.ts'],
		make: jsonFrom([JSON.parse(files['package.json'] ?? '')]),
		feed: (text: string) =>
			touchesJudge({
				changes: [{ path: 'package.json', kind: 'modified' }],
				gates: [{ name: 'test', kind: 'test', command: 'npm test && npm run build' }],
				before: async () => text,
				after: async () => files['package.json'] ?? null,
			} as never),
	},
	{
		name: 'patterns of paths',
		covers: ['shared/plan/patterns.ts', 'shared/plan/path-scope.ts'],
		make: textFrom(['src/**/*.ts', 'a/*/b?', '[a-z]/{x,y}', '**/**/**/x'], 4_000),
		feed: (text: string) => [
			isAllowedPattern(text),
			patternsOverlap(text, 'src/**/x/**/y'),
			isPathAllowed([text], `src/${'a/'.repeat(40)}b.ts`),
		],
	},
	{
		name: 'two versions of a text',
		covers: ['shared/documents/text-diff.ts'],
		make: textFrom(['one\ntwo\nthree\n', 'a\n\nb 😀\n'], 64 * 1024),
		feed: (text: string) => textEdits('one\ntwo and a half\nthree\n'.repeat(100), text),
	},
];

/** All files that the detectors know, with the one that is spoilt. */
const dice = (name: string): readonly string[] => [...new Set([name, ...names, 'src/a.test.ts', 'package-lock.json'])];

const logDoors: readonly Door[] = [
	{
		name: 'texts that are logged',
		covers: ['shared/ports/system/redact.ts'],
		make: textFrom(
			['see https://user:pw@host/x and Bearer abcdefgh12345', '-----BEGIN RSA PRIVATE KEY-----\nabc\n'],
			64 * 1024,
		),
		feed: (text: string) => redactText(text),
	},
	{
		name: 'values that are logged',
		covers: ['shared/ports/system/redact.ts'],
		make: valuesFrom([{ token: 'x', deep: { apiKey: 'y', list: [1, { password: 'z' }] }, error: 'e' }]),
		feed: (value: unknown) => JSON.stringify(redact({ value })),
	},
	{
		name: 'events that a node streams',
		covers: ['gateway/cli/read-events.ts'],
		make: bytesFrom([
			Buffer.from(': a comment\n\nid: 1\nevent: hello\ndata: {"kind":"hello","at":1,"version":"1"}\n\n'),
		]),
		feed: async (bytes: Uint8Array) => {
			const body = new Blob([Uint8Array.from(bytes)]).stream();
			const seen: unknown[] = [];
			const parse = (data: string): unknown => jsonOrNothing(data) ?? refuse();
			for await (const event of readEvents(body as never, parse, new AbortController().signal)) seen.push(event);
			return seen;
		},
	},
];
