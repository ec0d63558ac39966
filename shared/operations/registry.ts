/**
 * The one registry of everything that can be asked. A rendering (command line, HTTP, MCP, later chat) walks it or
 * names an operation by its key; nothing is asked past it.
 */
import type { z } from 'zod';
import { containerOperations } from './container-operations.ts';
import type { Caller, Operation, Place } from './define.ts';
import { gitOperations } from './git-operations.ts';
import { itemChanges } from './item-changes.ts';
import { itemPlanning } from './item-planning.ts';
import { itemQueries } from './item-queries.ts';
import { itemSteering } from './item-steering.ts';
import { meshOperations } from './mesh-operations.ts';
import { nodeOperations } from './node-operations.ts';
import { notifyOperations } from './notify-operations.ts';
import { personOperations } from './person-operations.ts';
import { projectOperations } from './project-operations.ts';
import { refusedWishOperations } from './refused-wishes.ts';
import { secretOperations } from './secret-operations.ts';
import { sessionOperations } from './session-operations.ts';

export const operations = {
	...itemChanges,
	...itemPlanning,
	...itemQueries,
	...itemSteering,
	...refusedWishOperations,
	...projectOperations,
	...nodeOperations,
	...meshOperations,
	...personOperations,
	...secretOperations,
	...sessionOperations,
	...notifyOperations,
	...containerOperations,
	...gitOperations,
} as const satisfies Record<string, Operation>;

type Operations = typeof operations;
export type OperationName = keyof Operations;
/** What is asked and answered once; the rest streams. */
export type CallName = Exclude<OperationName, 'events'>;

/** Arguments after parsing: references read, defaults filled in. What a handler gets. */
export type Args<Name extends OperationName> = z.output<Operations[Name]['args']>;
/** Arguments as a client writes them. */
export type Input<Name extends OperationName> = z.input<Operations[Name]['args']>;
export type Result<Name extends OperationName> = z.output<Operations[Name]['result']>;

/** Who answers: one function per operation. The caller's access has been checked against the operation before. */
export type Handlers = {
	readonly [Name in CallName]: (args: Args<Name>, caller: Caller) => Promise<Result<Name>>;
};

/** What is answered at these places. A process offers those of its own; for the rest it names who answers. */
export type HandlersAt<At extends Place> = Pick<
	Handlers,
	{ [Name in CallName]: Operations[Name]['runsAt'] extends At ? Name : never }[CallName]
>;

export const operationNames = Object.keys(operations).sort() as readonly OperationName[];

export function isOperationName(name: string): name is OperationName {
	return Object.hasOwn(operations, name);
}
