/**
 * Node and gateway of this machine as the command line asks them: HTTP on loopback with the token from the note in the
 * state folder. A note whose process is gone is nobody. What comes back is parsed by the registry that the node renders too.
 */
import { readFile } from 'node:fs/promises';
import {
	type CallName,
	type ChangeEvent,
	changeEventSchema,
	type Input,
	operations,
	type Result,
} from '../../shared/operations/index.ts';
import { type ErrorCode, errorKinds, type GanglineError, ganglineError } from '../../shared/ports/errors.ts';
import { type ApiFile, apiFileSchema } from '../../shared/project/api-file.ts';
import type { StateFolder } from '../../shared/project/state-folder.ts';
import type { Programs } from './context.ts';
import { post } from './post.ts';
import { readEvents } from './read-events.ts';

/** What a newer node or gateway tells of, and this command does not know; each kind once. */
export interface UnknownEvent {
	readonly kind: 'unknown';
	/** For people. */
	readonly words: string;
}
export type HeardEvent = ChangeEvent | UnknownEvent;

/** Which of the two processes of a machine. */
export type Who = 'node' | 'gateway';

export interface NodeClient {
	readonly who: Who;
	readonly note: ApiFile;
	call<Name extends CallName>(name: Name, input: Input<Name>): Promise<Result<Name>>;
	/**
	 * Gives `use` the events that happen once it is called, until `signal`. The stream ends with `use`: one that stayed open
	 * would keep the process alive.
	 */
	follow<Value>(
		input: Input<'events'>,
		signal: AbortSignal,
		use: (events: AsyncIterable<HeardEvent>) => Promise<Value>,
	): Promise<Value>;
}

/** The note of the running node, null where none runs. */
export function findNode(state: StateFolder, programs: Programs): Promise<ApiFile | null> {
	return findNote(state.api, programs);
}

/** The note of the running gateway, null where none runs on this machine. */
export function findGateway(state: StateFolder, programs: Programs): Promise<ApiFile | null> {
	return findNote(state.gateway.api, programs);
}

async function findNote(path: string, programs: Programs): Promise<ApiFile | null> {
	const text = await readFile(path, 'utf8').catch(() => null);
	if (text === null) return null;
	const note = apiFileSchema.safeParse(json(text));
	return note.success && (await programs.lives(note.data)) ? note.data : null;
}

/** What a machine's processes are found by. */
export interface Machine {
	readonly state: StateFolder;
	readonly programs: Programs;
	/** Ctrl-C: whoever waits for an answer waits no longer. What was asked goes on. */
	readonly interrupted: AbortSignal;
}

export async function connect({ state, programs, interrupted }: Machine): Promise<NodeClient> {
	const note = await findNode(state, programs);
	if (note !== null) return clientOf(note, 'node', interrupted);
	throw ganglineError('NOT_RUNNING', `no node runs with the state folder ${state.root}`, {
		hint: 'start it: gangline start',
	});
}

/** The gateway of this machine; where it has none, its node, which says (or asks) the gateway that it belongs to. */
export async function connectGateway(machine: Machine): Promise<NodeClient> {
	const { state, programs, interrupted } = machine;
	const note = await findGateway(state, programs);
	if (note !== null) return clientOf(note, 'gateway', interrupted);
	const isMember = await readFile(state.mesh).then(
		() => true,
		() => false,
	);
	if (isMember) return connect(machine);
	throw ganglineError('NOT_RUNNING', 'no gateway runs on this machine', { hint: 'start it: gangline gateway start' });
}

/** `interrupted`: ends the waiting for an answer. */
export function clientOf(note: ApiFile, who: Who = 'node', interrupted?: AbortSignal): NodeClient {
	const headers = { authorization: `Bearer ${note.token}` };
	return {
		who,
		note,
		async call(name, input) {
			const asked = post(`${note.url}/v1/${name}`, headers, input, interrupted);
			const { status, text } = await reached(who, note, asked, interrupted);
			const body = json(text);
			if (status < 200 || status > 299) throw errorFrom(body, status, name);
			const parsed = operations[name].result.safeParse(body);
			if (parsed.success) return parsed.data as Result<typeof name>;
			throw otherVersion(`the ${who} (version ${note.version}) answered ${name}`, parsed.error);
		},
		async follow(input, signal, use) {
			const query = new URLSearchParams();
			for (const [key, value] of Object.entries(input)) {
				for (const one of Array.isArray(value) ? value : [value]) query.append(key, String(one));
			}
			const used = new AbortController();
			const until = AbortSignal.any([signal, used.signal]);
			const asked = fetch(`${note.url}/v1/events?${query}`, { headers, signal: until, redirect: 'error' });
			const response = await reached(who, note, asked, signal);
			if (!response.ok || !response.body) throw errorFrom(json(await response.text()), response.status, 'events');
			try {
				return await use(readEvents(response.body, eventReader(`the ${who} (version ${note.version})`), until));
			} finally {
				used.abort();
			}
		},
	};
}

/** Reads one event of a stream: null for what a newer side tells of and was named before. */
function eventReader(teller: string): (data: string) => HeardEvent | null {
	const named = new Set<string>();
	return (data) => {
		const body = json(data);
		const parsed = changeEventSchema.safeParse(body);
		if (parsed.success) return parsed.data;
		const kind = own(body, 'kind');
		if (typeof kind !== 'string' || knownKinds.has(kind))
			throw otherVersion(`${teller} told of a change`, parsed.error);
		if (named.has(kind) || named.size >= unknownKindsMax) return null;
		named.add(kind);
		const words = `${teller} tells of ${JSON.stringify(kind.slice(0, 50))}, which this gangline does not know: passed over`;
		return { kind: 'unknown', words };
	};
}

const knownKinds: ReadonlySet<string> = new Set(
	changeEventSchema.options.flatMap(({ shape }) => [...shape.kind.values]),
);
/** Named on one stream; nobody reads more of them. */
const unknownKindsMax = 20;

function otherVersion(what: string, cause: Error): GanglineError {
	return ganglineError('MALFORMED', `${what} in a way this gangline does not know`, {
		hint: 'both must be of one version: gangline stop && gangline start',
		cause,
	});
}

function reached<Answer>(who: Who, note: ApiFile, asked: Promise<Answer>, signal?: AbortSignal): Promise<Answer> {
	return asked.catch((error: unknown) => {
		if (signal?.aborted) throw error;
		throw ganglineError('NOT_RUNNING', `the ${who} at ${note.url} does not answer`, {
			hint: 'see what it does: gangline ps; start it: gangline start',
			data: { why: reasonOf(error) },
			cause: error,
		});
	});
}

/** `fetch` says only that it failed, and why in the cause. */
function reasonOf(error: unknown): string {
	if (!(error instanceof Error)) return String(error);
	return error.cause instanceof Error ? error.cause.message : error.message;
}

/** The error that the node answered, or one of ours when the answer has another shape. */
export function errorFrom(body: unknown, status: number, name: string): GanglineError {
	const error = own(body, 'error');
	const code = own(error, 'code');
	const message = own(error, 'message');
	if (typeof code !== 'string' || typeof message !== 'string') {
		return ganglineError('MALFORMED', `the answer to ${name} (HTTP ${status}) is no answer of a Gangline node`);
	}
	const hint = own(error, 'hint');
	const data = own(error, 'data');
	return ganglineError(isErrorCode(code) ? code : 'INTERNAL', message, {
		...(typeof hint === 'string' ? { hint } : {}),
		...(typeof data === 'object' && data !== null ? { data: { ...data } } : {}),
	});
}

function isErrorCode(code: string): code is ErrorCode {
	return Object.hasOwn(errorKinds, code);
}

function own(value: unknown, key: string): unknown {
	return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
}

/** Null for what is none. */
export function json(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return null;
	}
}
