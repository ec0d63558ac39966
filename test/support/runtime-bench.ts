/**
 * Sessions of the real agent programs against a model of the test, without a node: a home of their own, a clone, and
 * what they said. Every session that a test leaves open is stopped when the bench is disposed.
 */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import {
	type AgentEvent,
	type AgentSession,
	type AgentSettings,
	type AgentTask,
	createProcesses,
	createRuntime,
	nativeProgram,
	runtimePrograms,
	type SessionPlan,
} from '../../node/agents/index.ts';
import type { Processes } from '../../shared/ports/index.ts';
import { SystemClock } from '../../shared/ports/system/index.ts';
import type { AgentClis } from './agent-clis.ts';
import type { ModelServer } from './model-server.ts';

export interface Started {
	readonly session: AgentSession;
	readonly events: AgentEvent[];
	/** The first event of a kind, as soon as there is one. */
	seen<Kind extends AgentEvent['kind']>(kind: Kind): Promise<Extract<AgentEvent, { kind: Kind }>>;
	readonly runId: string;
}

export interface RuntimeBench {
	readonly clone: string;
	readonly home: string;
	readonly processes: Processes;
	readonly tmp: string;
	start(
		prompt: string,
		session?: SessionPlan,
		settings?: Partial<AgentSettings>,
		more?: Pick<AgentTask, 'tools' | 'judge'>,
	): Started;
	[Symbol.asyncDispose](): Promise<void>;
}

export async function makeRuntimeBench(
	runtime: AgentSettings['runtime'],
	clis: AgentClis,
	model: ModelServer,
): Promise<RuntimeBench> {
	const folder = mkdtempSync(join(tmpdir(), 'gangline-runtime-'));
	const [home, clone, tmp, stage] = ['home', 'clone', 'tmp', 'stage'].map((name) => join(folder, name));
	if (!home || !clone || !tmp || !stage) throw new Error('no folders');
	for (const path of [home, clone, tmp, stage]) mkdirSync(path);
	execFileSync('git', ['init', '-q', clone]);
	configureCodex(home, model);
	const processes = await createProcesses({ scope: `runtimes-${process.pid}-${randomUUID().slice(0, 8)}`, stage });
	const program = createRuntime(runtimePrograms[runtime], {
		processes,
		clock: new SystemClock(),
		isRoot: process.getuid?.() === 0,
		shellPath: '/bin/bash',
		programFor: nativeProgram,
	});
	const started: AgentSession[] = [];
	const env = {
		PATH: [clis.bin, process.env.PATH].join(delimiter),
		HOME: home,
		LANG: 'C.UTF-8',
		TERM: 'dumb',
		TMPDIR: tmp,
		...endpoint(model),
		...clis.acpEnv,
	};
	return {
		clone,
		home,
		tmp,
		processes,
		start: (prompt, session = { kind: 'new', id: randomUUID() }, settings = {}, more = {}) => {
			const events: AgentEvent[] = [];
			const waiting = new Set<() => void>();
			const runId = `run-${started.length}`;
			const made = program.start({
				runId,
				agent: {
					runtime,
					permissions: 'all',
					allow: [],
					max_turns: 50,
					timeout_seconds: 120,
					silence_seconds: 60,
					env: [],
					...(runtime === 'acp' ? { command: ['claude-agent-acp'] } : {}),
					...settings,
				},
				session,
				prompt,
				description: prompt,
				cwd: clone,
				tmp,
				env,
				...more,
				confinement: { hidden: [], readOnly: [], writable: [] },
				onEvent: (event) => {
					events.push(event);
					for (const wake of waiting) wake();
				},
			});
			started.push(made);
			return {
				session: made,
				events,
				runId,
				seen: (kind) =>
					new Promise((resolve, reject) => {
						const look = (): void => {
							const found = events.find((event) => event.kind === kind);
							const isOver = events.at(-1)?.kind === 'exited';
							if (!found && !isOver) return;
							waiting.delete(look);
							// The kind was compared a line above.
							if (found) resolve(found as never);
							else reject(new Error(`it ended without ${kind}: ${JSON.stringify(events)}`));
						};
						waiting.add(look);
						look();
					}),
			};
		},
		[Symbol.asyncDispose]: async () => {
			await Promise.all(started.map((session) => session.stop('the test is over')));
			rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
		},
	};
}

function endpoint(model: ModelServer): Record<string, string> {
	return {
		ANTHROPIC_BASE_URL: model.url,
		CLAUDE_CODE_OAUTH_TOKEN: 'token-of-the-test',
		CLAUDE_CODE_MAX_RETRIES: '0',
		MOCK_PROVIDER_KEY: 'key-of-the-test',
	};
}

/** A provider without retries: a failure of the service is to show at once. */
export function configureCodex(home: string, model: ModelServer): void {
	mkdirSync(join(home, '.codex'), { recursive: true });
	writeFileSync(
		join(home, '.codex', 'config.toml'),
		`model = "mock-model"
model_provider = "mock"
[model_providers.mock]
name = "mock"
base_url = "${model.url}/v1"
env_key = "MOCK_PROVIDER_KEY"
wire_api = "responses"
request_max_retries = 0
stream_max_retries = 0
`,
	);
}
