/** Recorded lines of the real clients, in the order of their own keys; what is unknown passes without harm. */
import { describe, expect, test } from 'vitest';
import type { AgentEvent } from '../../../node/agents/index.ts';
import { runtimePrograms, scriptOf } from '../../../node/agents/index.ts';
import { linesOf } from '../../support/agent-lines.ts';

function read(runtime: 'claude-code' | 'codex', ...lines: readonly string[]): (readonly AgentEvent[] | null)[] {
	const parse = linesOf(runtime);
	return lines.map((line) => parse(JSON.parse(line)));
}

const claudeResult = (more: object) =>
	JSON.stringify({
		duration_ms: 3,
		type: 'result',
		subtype: 'success',
		is_error: false,
		num_turns: 3,
		result: 'Done',
		total_cost_usd: 0.0177,
		usage: { input_tokens: 3000, output_tokens: 126, server_tool_use: {} },
		...more,
	});

describe('claude-code', () => {
	test('reads the life of a session', () => {
		const events = read(
			'claude-code',
			'{"type":"system","subtype":"init","cwd":"/x","session_id":"61d4","tools":["Bash"],"model":"claude-opus-5-5","uuid":"u"}',
			'{"type":"assistant","message":{"id":"msg_1","role":"assistant","model":"claude-opus-5-5","content":[{"type":"text","text":"I read it"}],"stop_reason":null,"usage":{"input_tokens":1000,"output_tokens":1}},"parent_tool_use_id":null,"session_id":"61d4"}',
			'{"type":"assistant","message":{"id":"msg_1","role":"assistant","model":"claude-opus-5-5","content":[{"type":"tool_use","id":"t","name":"Read","input":{"file_path":"/x/a.ts"}}]},"parent_tool_use_id":null}',
			'{"type":"assistant","message":{"id":"msg_2","role":"assistant","model":"claude-opus-5-5","content":[{"type":"tool_use","id":"t","name":"Bash","input":{"command":"git commit"}}]},"parent_tool_use_id":null}',
			'{"type":"user","message":{"role":"user","content":[{"tool_use_id":"t","type":"tool_result","content":"ok","is_error":false}]},"parent_tool_use_id":null}',
			claudeResult({}),
		);
		expect(events).toEqual([
			[{ kind: 'started', sessionId: '61d4' }],
			[{ kind: 'turn' }, { kind: 'text', text: 'I read it' }],
			[{ kind: 'tool', name: 'Read', summary: '/x/a.ts', read: '/x/a.ts' }],
			[{ kind: 'turn' }, { kind: 'tool', name: 'Bash', summary: 'git commit' }],
			[],
			[
				{
					kind: 'usage',
					...{ costUsd: 0.0177, inputTokens: 3000, outputTokens: 126 },
					counted: { costUsd: 0.0177, inputTokens: 3000, outputTokens: 126 },
				},
				{ kind: 'result', isOk: true, failure: null, message: 'Done' },
			],
		]);
	});

	test.each([
		['Edit', { file_path: '/x/a.ts', old_string: 'a', new_string: 'b' }, '/x/a.ts'],
		['Write', { file_path: '/x/a.ts', content: 'b' }, '/x/a.ts'],
		['MultiEdit', { file_path: '/x/a.ts', edits: [] }, '/x/a.ts'],
		['NotebookEdit', { notebook_path: '/x/a.ipynb', new_source: '1' }, '/x/a.ipynb'],
	])('names the file that %s edits', (name, input, path) => {
		const message = { id: 'm', model: 'opus', content: [{ type: 'tool_use', id: 't', name, input }] };
		expect(read('claude-code', JSON.stringify({ type: 'assistant', message }))).toEqual([
			[{ kind: 'turn' }, { kind: 'tool', name, summary: path, edits: [path] }],
		]);
	});

	test.each([
		[{ is_error: true, api_error_status: 429, terminal_reason: 'api_error' }, 'rateLimit'],
		[{ is_error: true, api_error_status: 529, terminal_reason: 'api_error' }, 'api'],
		[{ is_error: true, api_error_status: 401, terminal_reason: 'api_error' }, 'login'],
		[{ is_error: true, api_error_status: null, terminal_reason: 'api_error' }, 'api'],
		[
			{ is_error: true, subtype: 'error_max_turns', terminal_reason: 'max_turns', errors: ['x'], result: undefined },
			'turns',
		],
		[{ is_error: true, subtype: 'error_max_budget_usd', terminal_reason: 'budget_exhausted' }, 'cost'],
		[{ is_error: true, subtype: 'error_during_execution', terminal_reason: 'aborted_tools' }, 'other'],
	])('decides on is_error, not on the subtype: %o', (more, failure) => {
		expect(read('claude-code', claudeResult(more))[0]?.at(-1)).toMatchObject({ kind: 'result', isOk: false, failure });
	});

	test('knows a missing login from the synthetic answer before the result', () => {
		const events = read(
			'claude-code',
			'{"type":"assistant","error":"authentication_failed","is_api_error_message":true,"message":{"id":"m","model":"<synthetic>","content":[{"type":"text","text":"Not logged in"}]}}',
			claudeResult({ is_error: true, terminal_reason: 'api_error' }),
		);
		expect(events[0]).toEqual([{ kind: 'text', text: 'Not logged in' }]);
		expect(events[1]?.at(-1)).toMatchObject({ failure: 'login' });
	});

	test('takes only a rejecting status for a limit', () => {
		const line = (status: string) =>
			`{"type":"rate_limit_event","rate_limit_info":{"status":"${status}","resetsAt":1795229025,"rateLimitType":"five_hour"}}`;
		const status = (text: string) => read('claude-code', line(text))[0];
		expect(status('allowed')).toEqual([{ kind: 'rateLimit', status: 'allowed', until: 1_795_229_025_000 }]);
		expect(status('allowed_warning')).toMatchObject([{ status: 'warning' }]);
		expect(status('rejected')).toMatchObject([{ status: 'rejected' }]);
	});

	test('tells retries and refused tools, and does not count the turns of helpers', () => {
		const events = read(
			'claude-code',
			'{"type":"system","subtype":"api_retry","attempt":1,"max_retries":10,"error_status":529,"error":"overloaded"}',
			'{"type":"system","subtype":"permission_denied","tool_name":"Write","message":"no"}',
			'{"type":"assistant","message":{"id":"h","model":"m","content":[]},"parent_tool_use_id":"toolu_1"}',
			'{"type":"stream_event","event":{}}',
		);
		expect(events).toEqual([
			[{ kind: 'notice', message: 'the service answered 529, try 1' }],
			[{ kind: 'refused', tool: 'Write', message: 'no' }],
			[],
			[],
		]);
	});

	test('passes over what is no event', () => {
		const parse = linesOf('claude-code');
		for (const garbage of [
			undefined,
			null,
			1,
			'x',
			[],
			{},
			{ type: 3 },
			{ type: 'assistant', message: { content: 5 } },
		]) {
			expect(parse(garbage)).toBeNull();
		}
		expect(parse({ type: 'new in the next version' })).toEqual([]);
	});

	test('is told to run as root only where it is root', () => {
		const input = {
			agent: {
				runtime: 'claude-code',
				permissions: 'all',
				allow: [],
				max_turns: 9,
				timeout_seconds: 1,
				silence_seconds: 1,
				env: [],
			},
			session: { kind: 'new', id: 'fresh' },
			prompt: 'p',
			description: '',
			cwd: '/',
			tmp: '/t',
			shellPath: '/bin/sh',
		} as const;
		const { command } = runtimePrograms['claude-code'];
		expect(command({ ...input, isRoot: true }).env).toMatchObject({ IS_SANDBOX: '1', CLAUDE_CODE_TMPDIR: '/t' });
		expect(command({ ...input, isRoot: false }).env).not.toHaveProperty('IS_SANDBOX');
		expect(command({ ...input, isRoot: false })).toMatchObject({
			stdin: expect.stringContaining('"text":"p"'),
			argv: expect.arrayContaining(['--session-id', 'fresh', '--max-turns', '9']),
		});
	});
});

describe('codex', () => {
	test('reads the life of a session', () => {
		const events = read(
			'codex',
			'{"type":"thread.started","thread_id":"01a1fbbe"}',
			'{"type":"item.completed","item":{"id":"item_0","type":"error","message":"Model metadata for `m` not found."}}',
			'{"type":"turn.started"}',
			'{"type":"item.started","item":{"id":"item_2","type":"command_execution","command":"/bin/bash -lc ls","aggregated_output":"","exit_code":null,"status":"in_progress"}}',
			'{"type":"item.completed","item":{"id":"item_1","type":"agent_message","text":"Hello"}}',
			'{"type":"turn.completed","usage":{"input_tokens":3000,"cached_input_tokens":900,"output_tokens":126}}',
		);
		expect(events).toEqual([
			[{ kind: 'started', sessionId: '01a1fbbe' }],
			[{ kind: 'notice', message: 'Model metadata for `m` not found.' }],
			[],
			[{ kind: 'turn' }, { kind: 'tool', name: 'exec', summary: '/bin/bash -lc ls' }],
			[{ kind: 'turn' }, { kind: 'text', text: 'Hello' }],
			[
				{
					kind: 'usage',
					...{ costUsd: 0, inputTokens: 3000, outputTokens: 126 },
					counted: { costUsd: 0, inputTokens: 3000, outputTokens: 126 },
				},
				{ kind: 'result', isOk: true, failure: null, message: '' },
			],
		]);
	});

	test('names the files that it edits, and the tools of servers that it uses', () => {
		expect(
			read(
				'codex',
				'{"type":"item.completed","item":{"id":"item_3","type":"file_change","changes":[{"path":"/x/a.ts","kind":"update"},{"path":"/x/b.ts","kind":"add"}],"status":"completed"}}',
				'{"type":"item.started","item":{"id":"item_4","type":"mcp_tool_call","server":"gangline","tool":"add_item","status":"in_progress"}}',
			),
		).toEqual([
			[{ kind: 'tool', name: 'edit', summary: '/x/a.ts /x/b.ts', edits: ['/x/a.ts', '/x/b.ts'] }],
			[{ kind: 'turn' }, { kind: 'tool', name: 'mcp:gangline', summary: 'add_item' }],
		]);
	});

	test('tells a failed turn, and takes a reconnect for a notice', () => {
		expect(
			read(
				'codex',
				'{"type":"error","message":"Reconnecting... 1/5"}',
				'{"type":"turn.failed","error":{"message":"high demand"}}',
			),
		).toEqual([
			[{ kind: 'notice', message: 'Reconnecting... 1/5' }],
			[{ kind: 'result', isOk: false, failure: 'api', message: 'high demand' }],
		]);
	});
});

describe('scriptOf', () => {
	test.each([
		['```sh\na\n```', 'a\n'],
		['text\n```bash\na\nb\n```\nmore\n```sh\nc\n```\n', 'a\nb\n\nc\n'],
		['````sh\necho "```"\n```\n````', 'echo "```"\n```\n'],
		['```js\na\n```', null],
		['no block', null],
		['```sh\nnever closed', null],
	])('finds the fenced blocks of %j', (description, script) => {
		expect(scriptOf(description)).toBe(script);
	});
});
