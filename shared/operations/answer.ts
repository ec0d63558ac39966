/**
 * Answers one operation from the handlers that a process has. Access, arguments, handler, result: in this order, so that
 * nobody learns from errors what they may not ask. Every rendering asks through here.
 */
import { type GanglineError, ganglineError } from '../ports/errors.ts';
import { type Caller, mayAsk } from './define.ts';
import { parseArgs } from './parse.ts';
import { type CallName, type Handlers, type OperationName, operations } from './registry.ts';

/** An operation as it was asked; `input` is what the client wrote. */
export interface AskedOperation<Name extends CallName = CallName> {
	readonly name: Name;
	readonly input: unknown;
	readonly caller: Caller;
}

export interface Answering {
	readonly handlers: Partial<Handlers>;
	/** Answers what has no handler here, such as an operation of another node's project; undefined where it cannot. */
	readonly elsewhere?: (asked: AskedOperation) => Promise<unknown> | undefined;
}

/** @throws GanglineError FORBIDDEN, INVALID_ARGUMENT, UNKNOWN_OPERATION, or what the operation fails with */
export async function answerOperation<Name extends CallName>(
	{ handlers, elsewhere }: Answering,
	asked: AskedOperation<Name>,
): Promise<unknown> {
	const { name, input, caller } = asked;
	refuseWithoutAccess(caller, name);
	const args = parseArgs(name, input);
	const handler = handlers[name];
	const answering = handler ? handler(args, caller) : elsewhere?.(asked);
	if (answering === undefined) throw answeredElsewhere(name);
	// Also strips what the registry does not know, so that nothing local leaks by accident.
	return operations[name].result.parse(await answering);
}

/** @throws GanglineError FORBIDDEN */
export function refuseWithoutAccess(caller: Caller, name: OperationName): void {
	if (mayAsk(caller.access, operations[name].access)) return;
	throw ganglineError(
		'FORBIDDEN',
		`${name} needs ${operations[name].access} access, ${caller.person} has ${caller.access}`,
		{
			hint: `an owner can change that: gangline person add ${caller.person} --access ${operations[name].access}`,
		},
	);
}

function answeredElsewhere(name: CallName): GanglineError {
	const { runsAt } = operations[name];
	const isGateway = runsAt === 'gateway';
	return ganglineError(
		'UNKNOWN_OPERATION',
		`${name} is not answered here: ${isGateway ? 'the gateway' : 'a node'} does`,
		{
			hint: isGateway ? 'ask on the machine of the gateway: gangline gateway status' : 'gangline start',
			data: { operation: name, runsAt },
		},
	);
}
