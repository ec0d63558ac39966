/**
 * Tool calls of an agent that speaks ACP, in our words: they arrive in pieces, often without a title or an argument at
 * first, and are told once, when enough is known of them. Bounded: an agent that opens calls without end forgets the
 * oldest [I15].
 */
import type { ToolCallUpdate } from '@agentclientprotocol/sdk';
import { z } from 'zod';
import type { AcpToolCall } from './acp-update.ts';
import type { AgentEvent, PermissionAsk } from './agent-event.ts';

const callsMax = 1_000;
const summaryCharsMax = 500;

type Seen = Pick<AcpToolCall, 'toolCallId'> & Partial<Pick<AcpToolCall, 'title' | 'kind' | 'locations' | 'rawInput'>>;

const input = z.object({
	command: z.union([z.string(), z.array(z.string())]).optional(),
	file_path: z.string().optional(),
	path: z.string().optional(),
	url: z.string().optional(),
});

export class AcpTools {
	readonly #open = new Map<string, Seen>();
	readonly #told = new Set<string>();

	/** One call or a change of one. */
	see(update: AcpToolCall): readonly AgentEvent[] {
		const id = update.toolCallId;
		if (this.#told.has(id)) return [];
		const before = this.#open.get(id);
		const call = { ...before, ...withoutNull(update), toolCallId: id };
		const isKnown = before !== undefined || hasInput(call.rawInput);
		if (isKnown) {
			this.#open.delete(id);
			return this.#tell(call);
		}
		this.#open.set(id, call);
		const [oldest] = this.#open.keys();
		if (this.#open.size > callsMax && oldest !== undefined) this.#open.delete(oldest);
		return [];
	}

	/** Those of which nothing more will be heard. */
	rest(): readonly AgentEvent[] {
		const events = [...this.#open.values()].flatMap((call) => this.#tell(call));
		this.#open.clear();
		return events;
	}

	#tell(call: Seen): readonly AgentEvent[] {
		this.#told.add(call.toolCallId);
		const [oldest] = this.#told;
		if (this.#told.size > callsMax && oldest !== undefined) this.#told.delete(oldest);
		const { what, summary } = askOf(call);
		const read = what.kind === 'read' && what.paths[0] !== undefined ? { read: what.paths[0] } : {};
		const edits = what.kind === 'edit' && what.paths.length > 0 ? { edits: what.paths } : {};
		return [{ kind: 'turn' }, { kind: 'tool', name: call.kind ?? 'other', summary, ...read, ...edits }];
	}
}

/** What a call is about, for the log and for whoever is asked about it. */
export function askOf({ title, kind, locations, rawInput }: Omit<Seen, 'toolCallId'>): PermissionAsk {
	const known = input.safeParse(rawInput);
	const { command, file_path: file, path, url } = known.success ? known.data : {};
	const paths = [...new Set([file, path, ...(locations ?? []).map((one) => one.path)])].filter(
		(one) => one !== undefined,
	);
	const line = typeof command === 'string' ? command : command?.join(' ');
	const summary = (line ?? (paths.join(' ') || url || title || '')).slice(0, summaryCharsMax);
	return { tool: kind ?? 'other', what: whatOf(kind ?? 'other', line ?? title ?? '', paths), summary };
}

const ofServer = z.object({ claudeCode: z.object({ mcpServer: z.object({ name: z.literal('gangline') }) }) });

/** Whether a call is of the tools that the system gave: those are asked for by nobody. */
export function isSystemTool({ _meta }: Pick<ToolCallUpdate, '_meta'>): boolean {
	return ofServer.safeParse(_meta).success;
}

function whatOf(kind: string, command: string, paths: readonly string[]): PermissionAsk['what'] {
	switch (kind) {
		case 'execute':
			return { kind: 'command', command };
		case 'edit':
		case 'delete':
		case 'move':
			return { kind: 'edit', paths };
		case 'read':
		case 'search':
			return { kind: 'read', paths };
		default:
			return { kind: 'other' };
	}
}

function hasInput(raw: unknown): boolean {
	return typeof raw === 'object' && raw !== null && Object.keys(raw).length > 0;
}

/** What an update leaves out or sets to null stays as it was. */
function withoutNull(update: AcpToolCall): Partial<Seen> {
	const { title, kind, locations, rawInput } = update;
	return {
		...(title ? { title } : {}),
		...(kind ? { kind } : {}),
		...(locations ? { locations } : {}),
		...(rawInput === undefined || rawInput === null ? {} : { rawInput }),
	};
}
