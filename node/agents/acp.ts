/**
 * Any agent that speaks the Agent Client Protocol over its stdio: begins or resumes a session, hands it the prompt,
 * passes its questions on and ends it when nothing that it was told is left to do. The agent gets no files or terminals
 * of ours; it works in its clone by itself. The protocol's library is loaded when the first such agent starts.
 */
import type { AnyMessage, ClientConnection, McpServer, RequestPermissionRequest } from '@agentclientprotocol/sdk';
import { z } from 'zod';
import { type AcpFailure, failureOfAcp, rateLimitOfAcp } from './acp-failure.ts';
import { AcpTools, askOf, isSystemTool } from './acp-tools.ts';
import { type AcpUpdate, acpUpdate } from './acp-update.ts';
import type { PermissionDecision, SessionResult, SessionTotals } from './agent-event.ts';
import type { CommandInput, Conversation, RuntimeProgram, Wire } from './runtime.ts';
import { nothingCounted, type UsageEvent, usageMeter } from './session-usage.ts';

export const acp: RuntimeProgram = {
	name: 'acp',
	program: null,
	reports: true,
	credentials: [
		...['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN', 'ANTHROPIC_BASE_URL', 'CLAUDE_CODE_OAUTH_TOKEN'],
		...['CLAUDE_CONFIG_DIR', 'CLAUDE_CODE_EXECUTABLE', 'CLAUDE_CODE_MAX_RETRIES'],
		...['OPENAI_API_KEY', 'OPENAI_BASE_URL', 'CODEX_API_KEY', 'CODEX_HOME', 'GEMINI_API_KEY', 'GOOGLE_API_KEY'],
	],
	login: null,
	command: ({ agent, tmp }) => {
		const [program = '', ...args] = agent.command ?? [];
		return {
			argv: [program, ...args],
			keepsStdin: true,
			env: { CLAUDE_CODE_TMPDIR: tmp, CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', DISABLE_AUTOUPDATER: '1' },
		};
	},
	converse: (wire, input) => new AcpConversation(wire, input),
};

/** Stated by many agents beside the protocol's stable part. */
const promptAnswer = z.object({
	stopReason: z.string(),
	usage: z.object({ inputTokens: z.number().min(0), outputTokens: z.number().min(0) }).nullish(),
});
const newSession = z.object({
	sessionId: z.string().min(1).max(200),
	configOptions: z.array(z.object({ id: z.string() })).nullish(),
});
/** What may be chosen in a session that is gone on with. */
const sessionChoices = z.object({
	modes: z
		.object({ availableModes: z.array(z.object({ id: z.string() })) })
		.nullish()
		.catch(null),
	configOptions: z
		.array(z.object({ id: z.string() }))
		.nullish()
		.catch(null),
});
type SessionChoices = Partial<z.output<typeof sessionChoices>>;
const queues = z.object({ _meta: z.object({ claudeCode: z.object({ promptQueueing: z.literal(true) }) }) });

const textCharsMax = 64 * 1024;
const questionsMax = 64;

type Connection = Pick<ClientConnection, 'agent' | 'close'>;

class AcpConversation implements Conversation {
	readonly #wire: Wire;
	readonly #input: CommandInput;
	readonly #tools = new AcpTools();
	readonly #questions = new Map<string, (decision: PermissionDecision) => void>();
	readonly #meter: (said: SessionTotals) => UsageEvent;
	/** What the agent says of the cost of the whole session. */
	#costUsd: number;
	#isCostTold = false;
	#receive: ReadableStreamDefaultController<AnyMessage> | undefined;
	#connection: Connection | undefined;
	/** Requests of ours that are not answered. */
	readonly #asking = new Set<unknown>();
	#sessionId: string | null = null;
	#takesMany = false;
	/** Said while the agent works, for an agent that takes one prompt at a time. */
	#waiting: string[] = [];
	#prompts = 0;
	#failure: SessionResult | null = null;
	#text = '';
	#message: string | null = null;
	#isOver = false;

	constructor(wire: Wire, input: CommandInput) {
		this.#wire = wire;
		this.#input = input;
		const before = input.session.kind === 'resume' ? input.session : { counted: nothingCounted };
		this.#costUsd = before.counted.costUsd;
		this.#meter = usageMeter({ costUsd: true, inputTokens: false, outputTokens: false }, before);
	}

	begin(): void {
		this.#open().catch((error: unknown) => {
			const failed = failureOfAcp(error);
			// Without a session no service was asked yet.
			this.#fail(failed.failure === 'api' ? { ...failed, failure: 'other' } : failed);
		});
	}

	read(line: unknown): boolean {
		if (!isMessage(line)) return false;
		// The library reads it too strictly for what agents really send, and complains of each on our stderr.
		if ('method' in line && line.method === 'session/update') {
			const update = acpUpdate(line.params);
			// What it has cost counts also when it is told after the last answer.
			if (!this.#isOver || update?.sessionUpdate === 'usage_update') this.#update(update);
			return true;
		}
		// An answer to what nobody has asked: the library would complain of it on our stderr.
		if (!('method' in line) && 'id' in line && !this.#asking.delete(line.id)) return false;
		this.#receive?.enqueue(line);
		return true;
	}

	say(text: string): boolean {
		if (this.#isOver || this.#sessionId === null || this.#connection === undefined) return false;
		if (this.#takesMany) void this.#prompt(this.#connection, this.#sessionId, text);
		else this.#waiting.push(text);
		return true;
	}

	answer(id: string, decision: PermissionDecision): boolean {
		const give = this.#questions.get(id);
		this.#questions.delete(id);
		give?.(decision);
		return give !== undefined;
	}

	interrupt(): void {
		for (const id of [...this.#questions.keys()]) this.answer(id, { kind: 'deny', message: 'stopped' });
		this.#waiting = [];
		if (this.#sessionId === null) return;
		// An agent that ends before it has read this has nothing left to be broken off.
		this.#connection?.agent.notify('session/cancel', { sessionId: this.#sessionId }).catch(() => undefined);
	}

	end(): void {
		this.#isOver = true;
		this.#receive = undefined;
		this.#connection?.close();
	}

	async #open(): Promise<void> {
		const { client } = await import('@agentclientprotocol/sdk');
		const stream = {
			readable: new ReadableStream<AnyMessage>({
				start: (controller) => {
					this.#receive = controller;
				},
				// Who has closed its input may go on to speak; to nobody, and to give it on would throw.
				cancel: () => {
					this.#receive = undefined;
				},
			}),
			writable: new WritableStream<AnyMessage>({
				write: (message) => {
					if ('method' in message && 'id' in message) this.#asking.add(message.id);
					if (!this.#wire.write(`${JSON.stringify(message)}\n`)) throw new Error('the agent does not read');
				},
			}),
		};
		const connection = client({ name: 'gangline' })
			.onRequest('session/request_permission', ({ params }) => this.#asked(params))
			.connect(stream);
		// An agent that ends while it is asked something rejects what was asked; its exit says the rest.
		connection.closed.catch(() => undefined);
		this.#connection = connection;
		const answer = await connection.agent.request('initialize', {
			protocolVersion: 1,
			clientInfo: { name: 'gangline', version: '1' },
			clientCapabilities: { fs: { readTextFile: false, writeTextFile: false }, terminal: false },
		});
		this.#takesMany = queues.safeParse(answer.agentCapabilities).success;
		const sessionId = await this.#openSession(connection, answer.agentCapabilities ?? {});
		await this.#wire.established(sessionId);
		this.#wire.emit({ kind: 'started', sessionId });
		this.#sessionId = sessionId;
		await this.#prompt(connection, sessionId, this.#input.prompt);
	}

	async #openSession(
		{ agent }: Connection,
		can: {
			loadSession?: boolean;
			sessionCapabilities?: { resume?: object | null } | null;
			mcpCapabilities?: { http?: boolean } | null;
		},
	): Promise<string> {
		const { session, cwd } = this.#input;
		const place = { cwd, mcpServers: can.mcpCapabilities?.http ? serversOf(this.#input) : [] };
		if (session.kind === 'resume') {
			const known = { ...place, sessionId: session.id };
			let answer: unknown;
			if (can.sessionCapabilities?.resume) answer = await agent.request('session/resume', known);
			else if (can.loadSession) answer = await agent.request('session/load', known);
			else throw new Error('the agent cannot go on with an earlier session');
			await this.#chooseAgain({ agent }, session.id, sessionChoices.safeParse(answer).data ?? {});
			return session.id;
		}
		const { sessionId, configOptions } = newSession.parse(await agent.request('session/new', place));
		const { mode } = this.#input.agent;
		if (mode !== undefined) await agent.request('session/set_mode', { sessionId, modeId: mode });
		await this.#chooseModel({ agent }, sessionId, configOptions?.map(({ id }) => id) ?? []);
		return sessionId;
	}

	/** Another process of the agent may have forgotten them; where it offers no choice, it goes on as it remembers. */
	async #chooseAgain(connection: Pick<Connection, 'agent'>, sessionId: string, offers: SessionChoices): Promise<void> {
		const { mode } = this.#input.agent;
		const modes = offers.modes?.availableModes.map(({ id }) => id) ?? [];
		if (mode !== undefined && modes.includes(mode)) {
			await connection.agent.request('session/set_mode', { sessionId, modeId: mode });
		}
		const options = offers.configOptions?.map(({ id }) => id) ?? [];
		if (options.includes('model')) await this.#chooseModel(connection, sessionId, options);
	}

	async #chooseModel(
		{ agent }: Pick<Connection, 'agent'>,
		sessionId: string,
		options: readonly string[],
	): Promise<void> {
		const { model } = this.#input.agent;
		if (model === undefined) return;
		if (options.includes('model')) {
			await agent.request('session/set_config_option', { sessionId, configId: 'model', value: model });
		} else this.#wire.emit({ kind: 'notice', message: `the agent does not let ${model} be chosen as its model` });
	}

	async #prompt(connection: Connection, sessionId: string, text: string): Promise<void> {
		this.#prompts += 1;
		try {
			const answer = await connection.agent.request('session/prompt', {
				sessionId,
				prompt: [{ type: 'text', text }],
			});
			this.#finishTexts();
			this.#answered(promptAnswer.parse(answer));
		} catch (error) {
			this.#finishTexts();
			this.#failed(failureOfAcp(error));
		}
		this.#prompts -= 1;
		const next = this.#waiting.shift();
		if (next !== undefined && this.#failure === null) void this.#prompt(connection, sessionId, next);
		else if (this.#prompts === 0) this.#close();
	}

	#answered({ stopReason, usage }: z.output<typeof promptAnswer>): void {
		this.#used(usage?.inputTokens ?? 0, usage?.outputTokens ?? 0);
		if (stopReason === 'end_turn') return;
		const failure = stopReason === 'max_turn_requests' ? 'turns' : 'other';
		this.#failure ??= { isOk: false, failure, message: `the agent ended its turn with ${stopReason}` };
	}

	/** With what it has said of its cost until now. */
	#used(inputTokens: number, outputTokens: number): void {
		const used = this.#meter({ costUsd: this.#costUsd, inputTokens, outputTokens });
		this.#wire.emit(this.#isCostTold ? { ...used, isCostTold: true } : used);
	}

	#failed({ failure, message, rateLimit }: AcpFailure): void {
		if (this.#isOver) return;
		if (rateLimit !== null) this.#wire.emit(rateLimit);
		this.#failure ??= { isOk: false, failure, message };
	}

	#fail(failure: AcpFailure): void {
		this.#failed(failure);
		this.#close();
	}

	#close(): void {
		if (this.#isOver) return;
		this.#isOver = true;
		this.#wire.emit({ kind: 'result', ...(this.#failure ?? { isOk: true, failure: null, message: '' }) });
		this.#wire.endInput();
	}

	#update(update: AcpUpdate | null): void {
		if (update === null) return;
		if (update.sessionUpdate === 'agent_message_chunk') {
			if ('text' in update.content) this.#addText(update.content.text, update.messageId ?? null);
			return;
		}
		switch (update.sessionUpdate) {
			case 'tool_call':
			case 'tool_call_update':
				this.#finishText();
				for (const event of this.#tools.see(update)) this.#wire.emit(event);
				return;
			case 'usage_update': {
				if (update.cost?.currency === 'USD') this.#tellCost(Math.max(0, update.cost.amount));
				const limit = rateLimitOfAcp(update._meta);
				if (limit !== null) this.#wire.emit(limit);
				return;
			}
			case 'notice':
				this.#wire.emit({ kind: 'notice', message: JSON.stringify(update).slice(0, 2000) });
				return;
			default:
		}
	}

	/** At once: the limits hold while it works, and what a prompt that fails has cost is told by nothing else. */
	#tellCost(costUsd: number): void {
		const isNew = costUsd !== this.#costUsd || !this.#isCostTold;
		this.#costUsd = costUsd;
		this.#isCostTold = true;
		if (isNew) this.#used(0, 0);
	}

	#asked(
		request: RequestPermissionRequest,
	): Promise<{ outcome: { outcome: 'selected'; optionId: string } | { outcome: 'cancelled' } }> {
		const { options, toolCall } = request;
		const optionFor = (kind: 'allow' | 'reject'): string | undefined =>
			(options.find((one) => one.kind === `${kind}_once`) ?? options.find((one) => one.kind.startsWith(kind)))
				?.optionId;
		return new Promise((resolve) => {
			const give = (decision: PermissionDecision): void => {
				const optionId = optionFor(decision.kind === 'allow' ? 'allow' : 'reject');
				resolve({ outcome: optionId === undefined ? { outcome: 'cancelled' } : { outcome: 'selected', optionId } });
			};
			if (this.#input.tools !== undefined && isSystemTool(toolCall)) return give({ kind: 'allow' });
			if (this.#questions.size >= questionsMax) return give({ kind: 'deny', message: 'too many questions at once' });
			// Asked twice under one name: only the last can be answered.
			this.#questions.get(toolCall.toolCallId)?.({ kind: 'deny', message: 'it was asked again' });
			this.#questions.set(toolCall.toolCallId, give);
			this.#wire.emit({ kind: 'permission', id: toolCall.toolCallId, ask: askOf(toolCall) });
		});
	}

	#addText(text: string, message: string | null): void {
		if (message !== this.#message) this.#finishText();
		this.#message = message;
		this.#text += text;
		if (this.#text.length > textCharsMax) this.#finishText();
	}

	#finishText(): void {
		if (this.#text !== '') {
			this.#wire.emit({ kind: 'turn' });
			this.#wire.emit({ kind: 'text', text: this.#text });
		}
		this.#text = '';
	}

	#finishTexts(): void {
		this.#finishText();
		for (const event of this.#tools.rest()) this.#wire.emit(event);
	}
}

/** The tools of the system, for an agent that can reach them. */
function serversOf({ tools }: CommandInput): McpServer[] {
	if (tools === undefined) return [];
	const headers = [{ name: 'Authorization', value: `Bearer ${tools.token}` }];
	return [{ type: 'http', name: 'gangline', url: tools.url, headers }];
}

/** What the library takes; it checks the rest. */
function isMessage(line: unknown): line is AnyMessage {
	return typeof line === 'object' && line !== null && 'jsonrpc' in line && line.jsonrpc === '2.0';
}
