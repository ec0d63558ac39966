/**
 * What an operation is: one thing that can be asked of the system, described completely enough that the command line,
 * HTTP with OpenAPI, MCP, and later chat are renderings of it. Pure data; who answers it is elsewhere.
 * Invariant: nothing can be asked that is not described so, and arguments are parsed by exactly this schema.
 */
import { z } from 'zod';
import type { Token } from '../pipeline/stage.ts';
import type { ErrorCode } from '../ports/errors.ts';

/** What a person may do: an owner everything, a member the work, a viewer look. */
const accesses = ['viewer', 'member', 'owner'] as const;
export type Access = (typeof accesses)[number];
export const accessSchema = z.enum(accesses).describe('owner: everything; member: the work; viewer: look');

/** Who asks. `person` is shown in histories and approvals. */
export interface Caller {
	readonly person: string;
	readonly access: Access;
	/** The login of the browser that asks; programs with a token have none. */
	readonly session?: string;
	/** An agent asks, under the grant that it works with; nobody who comes in from outside can say so. */
	readonly agent?: AskingAgent;
}

/** What an agent wants is wanted by it, never by a person; `person` of the caller names it. */
export interface AskingAgent {
	/** The item that it works on. */
	readonly item: string;
	readonly token: Token;
	/** The holder of the grant, where its home speaks for it. */
	readonly onBehalfOf?: string;
}

/** `query` changes nothing and may be repeated; `command` changes something; `stream` goes on until one side closes. */
type OperationKind = 'query' | 'command' | 'stream';

interface OperationExample {
	/** As typed in a shell, `gangline` included. */
	readonly cli: string;
	/** The same as arguments of the operation, without the project that the shell's folder names. */
	readonly args: Readonly<Record<string, unknown>>;
}

/** `project`: at the project's home, or any replica. `node`: at the process that is asked. `gateway`: at the gateway alone. */
export type Place = 'project' | 'node' | 'gateway';

export interface Operation<
	Args extends z.ZodType = z.ZodType,
	Result extends z.ZodType = z.ZodType,
	At extends Place = Place,
> {
	readonly kind: OperationKind;
	/** The least access that may ask it. */
	readonly access: Access;
	readonly runsAt: At;
	readonly summary: string;
	readonly args: Args;
	/** Of a stream: one event. */
	readonly result: Result;
	readonly examples: readonly OperationExample[];
	/** What it can fail with besides the codes that every operation shares (`commonErrors`). */
	readonly errors: readonly ErrorCode[];
}

/** What any operation can fail with before it is begun. */
export const commonErrors = [
	'INVALID_ARGUMENT',
	'UNAUTHENTICATED',
	'FORBIDDEN',
	'STOPPING',
	'INTERNAL',
] as const satisfies readonly ErrorCode[];

export function defineOperation<Args extends z.ZodType, Result extends z.ZodType, At extends Place>(
	operation: Operation<Args, Result, At>,
): Operation<Args, Result, At> {
	return operation;
}

/** Whether someone with `access` may ask what needs `needed`. */
export function mayAsk(access: Access, needed: Access): boolean {
	return accesses.indexOf(access) >= accesses.indexOf(needed);
}
