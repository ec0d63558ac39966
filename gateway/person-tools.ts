/**
 * What a person's editor gets at the gateway over MCP: the operations that a model may ask for somebody, over all
 * projects, as far as that person's access reaches. Approving, rejecting, moving and deleting stay with the person.
 */

import { operationOf, operationTool, operationToolNames, type ToolSet } from '../shared/mcp/index.ts';
import { type AskedOperation, type Caller, mayAsk, operations } from '../shared/operations/index.ts';

const instructions =
	'Gangline lets coding agents do items of work in clones of a repository; what passes the gates and a review lands on its main branch. ' +
	'`project` is the name of a project (list_projects). An item is named by its number. What you add is worked on by agents as soon as one is free, unless you set `hold`: add what the person asked for, and nothing else.';

/** The tools of one person. */
export function personTools(caller: Caller, ask: (asked: AskedOperation) => Promise<unknown>): ToolSet {
	const names = operationToolNames.filter((name) => mayAsk(caller.access, operations[operationOf(name)].access));
	return {
		instructions,
		tools: names.map((tool) => operationTool(tool, { ask: (name, input) => ask({ name, input, caller }) })),
	};
}
