/**
 * Gives the agents of this node their tools: for each session a token that is in memory alone, good at this node's own
 * address, and void when the session is over. What is asked goes to the home of the project, here or elsewhere.
 */
import { createHash } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import type { ToolSet } from '../../shared/mcp/index.ts';
import type { Rpc } from '../../shared/mesh/rpc.ts';
import { ganglineError, type NodeId, type Random, randomHex } from '../../shared/ports/index.ts';
import { agentOperations, workAsk } from '../../shared/protocol/work-methods.ts';
import type { OpenTools, ToolDesk, ToolRun } from '../worker/index.ts';
import { type AskOperation, agentTools } from './agent-tools.ts';
import { type AgentAnswering, type AgentAsk, answerAgent, changes } from './answer-agents.ts';

export interface AgentDeskOptions {
	readonly self: NodeId;
	readonly random: Random;
	readonly rpc: Pick<Rpc, 'ask'>;
	/** Where a project is decided, by the registry; null where that is not known. */
	readonly homeOf: (project: string) => NodeId | null;
}

export class AgentDesk implements ToolDesk {
	readonly #options: AgentDeskOptions;
	/** By the hash of the token. */
	readonly #sets = new Map<string, ToolSet>();
	readonly #url = Promise.withResolvers<string | null>();
	#answering: AgentAnswering | null = null;
	/** The last change that agents of an item have asked for, by project and item, until it is made. */
	readonly #changing = new Map<string, Promise<string>>();

	constructor(options: AgentDeskOptions) {
		this.#options = options;
	}

	/** What homes of this node are asked with. Called once, before anything is begun. */
	serve(answering: AgentAnswering): void {
		this.#answering = answering;
	}

	/** The API listens there; null: it never will. Sessions that were begun before have waited for it. */
	listens(url: string | null): void {
		this.#url.resolve(url);
	}

	/** Null: the token is none, or its session is over. */
	toolsOf(token: string): ToolSet | null {
		return this.#sets.get(hashOf(token)) ?? null;
	}

	/** What an agent asks of a project whose home is here. @throws GanglineError FORBIDDEN and the like */
	async answer(ask: AgentAsk): Promise<string> {
		const answering = this.#answering;
		if (answering === null) throw ganglineError('STOPPING', 'this node is not ready to be asked');
		if (!changes(ask.operation)) return await answerAgent(answering, ask);
		return await this.#oneAtATime(ask.grant, () => answerAgent(answering, ask));
	}

	/** What agents of an item have added is counted before more is: of many that ask at once each would be the first [I11]. */
	async #oneAtATime({ project, key }: AgentAsk['grant'], step: () => Promise<string>): Promise<string> {
		const name = `${project}/${key}`;
		const before: Promise<unknown> = this.#changing.get(name) ?? Promise.resolve();
		const changing = before.then(step, step);
		this.#changing.set(name, changing);
		try {
			return await changing;
		} finally {
			if (this.#changing.get(name) === changing) this.#changing.delete(name);
		}
	}

	async open(run: ToolRun): Promise<OpenTools | null> {
		const url = await this.#url.promise;
		if (url === null) return null;
		const token = randomHex(this.#options.random, 32);
		const name = hashOf(token);
		const ended = new AbortController();
		const begun = new Set<Promise<unknown>>();
		this.#sets.set(name, ending(agentTools(run, this.#ask(run)), ended.signal, begun));
		const offer = { url: new URL('/mcp', url).href, token, file: join(run.tmp, 'tools.json') };
		await rm(offer.file, { force: true });
		await writeFile(offer.file, fileOf(offer), { mode: 0o600, flag: 'wx' });
		return {
			offer,
			close: async () => {
				this.#sets.delete(name);
				ended.abort();
				await Promise.allSettled(begun);
				await rm(offer.file, { force: true });
			},
		};
	}

	#ask({ task, agent }: ToolRun): AskOperation {
		const { self, rpc, homeOf } = this.#options;
		const grant = { project: task.project, key: task.item.key, token: task.token, agent };
		return async (asked, input) => {
			const operation = agentOperations.find((one) => one === asked);
			if (operation === undefined) throw ganglineError('FORBIDDEN', `agents do not ask ${asked}`);
			const home = this.#answering?.project(task.project) === undefined ? homeOf(task.project) : self;
			if (home === null || home === self) return await this.answer({ grant, from: self, operation, input });
			const { answer } = await rpc.ask(home, workAsk, { ...grant, operation, input: plain(input) });
			return answer;
		};
	}
}

/** As Claude Code reads it, and others who were taught to. */
function fileOf({ url, token }: { readonly url: string; readonly token: string }): string {
	const server = { type: 'http', url, headers: { Authorization: `Bearer ${token}` } };
	return JSON.stringify({ mcpServers: { gangline: server } });
}

/** The same tools, whose calls end with the session. */
function ending(set: ToolSet, ended: AbortSignal, begun: Set<Promise<unknown>>): ToolSet {
	const tools = set.tools.map((tool) => ({
		...tool,
		call: async (input: unknown, signal: AbortSignal) => {
			const calling = tool.call(input, AbortSignal.any([signal, ended]));
			begun.add(calling);
			return await calling.finally(() => begun.delete(calling));
		},
	}));
	return { ...set, tools };
}

/** It came in as JSON. */
function plain(input: Readonly<Record<string, unknown>>): Record<string, z.core.util.JSONType> {
	return JSON.parse(JSON.stringify(input));
}

function hashOf(token: string): string {
	return createHash('sha256').update(token).digest('hex');
}
