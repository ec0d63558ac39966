/**
 * Why a session of Codex failed, and what one used that was ended in a turn. Its JSON lines give a failure as text for
 * people, and usage with the end of a turn only; the record that it keeps of the session has the kind of the failure,
 * when a limit ends, and the sums after each answer of the model. Bounded: a few days, the end of one file. A record
 * that is missing or different explains nothing, and the failure counts as one of the service.
 */
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { FailureCause, SessionTotals } from './agent-event.ts';

/** Where the id does not tell the day; a session that began before midnight is in the folder of that day. */
const daysLookedAt = 2;
const tailBytesMax = 256 * 1024;

const status = z.object({ http_status_code: z.number().nullish() });
const failureInfo = z.union([z.string(), z.record(z.string(), status.nullish())]);
const limit = z.object({ used_percent: z.number(), resets_at: z.number().nullish() });
const tokens = z.object({ input_tokens: z.number().min(0), output_tokens: z.number().min(0) });
const entry = z.object({
	payload: z.object({
		/** Absent in a record of use, which stands after each answer of the model. */
		type: z.string().optional(),
		thread_token_usage: tokens.optional().catch(undefined),
		error: z.object({ codex_error_info: failureInfo.nullish() }).nullish(),
		rate_limits: z.object({ primary: limit.nullish(), secondary: limit.nullish() }).nullish(),
	}),
});

type Payload = z.output<typeof entry>['payload'];

/** The cause that the record of session `id` tells; null when it tells none. */
export async function readCodexFailure(
	id: string,
	env: Readonly<Record<string, string>>,
): Promise<FailureCause | null> {
	return causeIn(await readRecord(id, env));
}

/** The tokens of session `id` over all its runs, as the last answer of its model left them; null where it tells none. */
export async function readCodexUsage(id: string, env: Readonly<Record<string, string>>): Promise<SessionTotals | null> {
	const entries = await readRecord(id, env);
	const last = entries.findLast((one) => one.thread_token_usage !== undefined)?.thread_token_usage;
	return last === undefined ? null : { costUsd: 0, inputTokens: last.input_tokens, outputTokens: last.output_tokens };
}

async function readRecord(id: string, env: Readonly<Record<string, string>>): Promise<readonly Payload[]> {
	const home = env.CODEX_HOME ?? join(env.HOME ?? '', '.codex');
	try {
		const file = await findRecord(join(home, 'sessions'), id);
		return file === null ? [] : parseLines(await readTail(file));
	} catch {
		// No record that could be read explains nothing.
		return [];
	}
}

function causeIn(payloads: readonly Payload[]): FailureCause | null {
	const info = payloads.findLast(({ type }) => type === 'task_complete')?.error?.codex_error_info;
	if (info === undefined || info === null) return null;
	const code = typeof info === 'string' ? null : (Object.values(info)[0]?.http_status_code ?? null);
	if (code === 401 || code === 403 || info === 'unauthorized') return { failure: 'login', until: null };
	if (code !== 429 && info !== 'usage_limit_exceeded') return { failure: 'api', until: null };
	const limits = payloads.findLast(({ type }) => type === 'token_count')?.rate_limits;
	const resets = [limits?.primary, limits?.secondary].flatMap((one) =>
		one && one.used_percent >= 100 && one.resets_at ? [one.resets_at * 1000] : [],
	);
	return { failure: 'rateLimit', until: resets.length > 0 ? Math.max(...resets) : null };
}

/** `sessions/2026/11/21/rollout-<time>-<id>.jsonl`, of the day on which it began, however often it was gone on with. */
async function findRecord(sessions: string, id: string): Promise<string | null> {
	for (const days of [async () => daysOf(id), () => newestDays(sessions)]) {
		for (const day of await days()) {
			const names = await readdir(join(sessions, day)).catch(() => []);
			const name = names.find((one) => one.endsWith(`-${id}.jsonl`));
			if (name !== undefined) return join(sessions, day, name);
		}
	}
	return null;
}

const dayMs = 86_400_000;

/** By the time that an id of Codex (a version 7 UUID) begins with; folders have the days of the machine's own zone. */
function daysOf(id: string): readonly string[] {
	const [, high, low] = /^([0-9a-f]{8})-([0-9a-f]{4})-7/.exec(id) ?? [];
	if (high === undefined || low === undefined) return [];
	const begun = Number.parseInt(high + low, 16);
	return [0, -1, 1].map((days) => new Date(begun + days * dayMs).toISOString().slice(0, 10).replaceAll('-', '/'));
}

async function newestDays(sessions: string): Promise<readonly string[]> {
	let days = [''];
	for (const _ of ['year', 'month', 'day']) {
		const deeper = await Promise.all(
			days.map(async (folder) => {
				const names = (await readdir(join(sessions, folder))).filter((name) => /^\d+$/.test(name));
				return names.map((name) => join(folder, name));
			}),
		);
		days = deeper.flat().sort().slice(-daysLookedAt);
	}
	return days.reverse();
}

async function readTail(path: string): Promise<string> {
	const file = await open(path, 'r');
	try {
		const { size } = await file.stat();
		const position = Math.max(0, size - tailBytesMax);
		const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(Math.min(size, tailBytesMax)), position });
		return buffer.toString('utf8', 0, bytesRead);
	} finally {
		await file.close();
	}
}

function parseLines(text: string): readonly Payload[] {
	return text.split('\n').flatMap((line) => {
		try {
			const parsed = entry.safeParse(JSON.parse(line));
			return parsed.success ? [parsed.data.payload] : [];
		} catch {
			return [];
		}
	});
}
