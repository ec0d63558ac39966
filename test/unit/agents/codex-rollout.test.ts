/** Records as Codex 0.169 keeps them, cut to what is read. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runtimePrograms } from '../../../node/agents/index.ts';

const id = '01a1fc87-7fd0-7af1-87eb-c5d7276ecea7';
let home: string;
beforeEach(() => {
	home = mkdtempSync(join(tmpdir(), 'gangline-codex-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const ended = (info: unknown) => ({ type: 'task_complete', error: { message: 'text', codex_error_info: info } });
const counted = (primary: object, secondary: object | null = null) => ({
	type: 'token_count',
	rate_limits: { limit_id: 'codex', primary, secondary },
});

function keep(payloads: readonly object[], day = '2026/11/21'): void {
	const folder = join(home, 'sessions', day);
	mkdirSync(folder, { recursive: true });
	const lines = payloads.map((payload) => JSON.stringify({ timestamp: 'x', type: 'event_msg', payload }));
	writeFileSync(join(folder, `rollout-2026-11-21T05-15-00-${id}.jsonl`), `{"cut\n${lines.join('\n')}\n`);
}

const cause = async () => await runtimePrograms.codex.causeOf?.(id, { CODEX_HOME: home });

describe('the cause of a failed Codex session', () => {
	test.each([
		[{ http_connection_failed: { http_status_code: 401 } }, { failure: 'login', until: null }],
		['unauthorized', { failure: 'login', until: null }],
		[{ response_too_many_failed_attempts: { http_status_code: 429 } }, { failure: 'rateLimit', until: null }],
		['internal_server_error', { failure: 'api', until: null }],
		[{ http_connection_failed: null }, { failure: 'api', until: null }],
	])('is read from its record: %j', async (info, expected) => {
		keep([ended(info)]);
		expect(await cause()).toEqual(expected);
	});

	test('tells when the limit that was reached ends', async () => {
		keep([
			counted({ used_percent: 100, resets_at: 1_795_241_737 }, { used_percent: 40, resets_at: 1_795_999_999 }),
			ended('usage_limit_exceeded'),
		]);
		expect(await cause()).toEqual({ failure: 'rateLimit', until: 1_795_241_737_000 });
	});

	test('is found in the folder of the day before, among other days', async () => {
		for (const day of ['2025/12/31', '2026/11/22']) mkdirSync(join(home, 'sessions', day), { recursive: true });
		keep([ended('unauthorized')]);
		expect(await cause()).toMatchObject({ failure: 'login' });
	});

	test('is found where the session began, however many days it is gone on with', async () => {
		for (const day of ['2026/11/24', '2026/11/30', '2026/12/01']) {
			mkdirSync(join(home, 'sessions', day), { recursive: true });
		}
		writeFileSync(join(home, 'sessions', 'notes'), 'no year');
		keep([ended('unauthorized')]);
		expect(await cause()).toMatchObject({ failure: 'login' });
	});

	test('is not known without a record, or where it has another shape', async () => {
		expect(await cause()).toBeNull();
		keep([{ type: 'task_complete', error: 5 }]);
		expect(await cause()).toBeNull();
		keep([{ type: 'task_complete' }]);
		expect(await cause()).toBeNull();
	});
});

describe('what a Codex session has used', () => {
	const sums = (input: number, output: number) => ({
		...{ thread_id: id, turn_token_usage: { input_tokens: 1, output_tokens: 1 } },
		thread_token_usage: { input_tokens: input, cached_input_tokens: 9, output_tokens: output },
	});
	const usage = async () => await runtimePrograms.codex.usageOf?.(id, { CODEX_HOME: home });

	test('is the last that its record tells', async () => {
		keep([sums(100, 10), sums(300, 20), counted({ used_percent: 4 })]);
		expect(await usage()).toEqual({ costUsd: 0, inputTokens: 300, outputTokens: 20 });
	});

	test('is not known without a record, or where it has another shape', async () => {
		expect(await usage()).toBeNull();
		keep([{ thread_token_usage: 5 }, { thread_token_usage: { input_tokens: -1 } }, ended('unauthorized')]);
		expect(await usage()).toBeNull();
		expect(await cause()).toMatchObject({ failure: 'login' });
	});
});
