/**
 * What agents ask, answered at the home of their project: only under a grant that is held now, by the node that holds it,
 * in the agent's own name, and never more than a role may. What agents add is bounded and cannot multiply [I11, I13, I15].
 */
import { answerText } from '../../shared/mcp/index.ts';
import {
	answerOperation,
	type Caller,
	findView,
	type Handlers,
	operations,
	parseArgs,
} from '../../shared/operations/index.ts';
import { type Item, sameToken, type Token } from '../../shared/pipeline/index.ts';
import { ganglineError, type NodeId, nodeOf, parseAuthorId } from '../../shared/ports/index.ts';
import type { AgentOperation } from '../../shared/protocol/work-methods.ts';
import type { Home } from '../home/home.ts';
import type { Project } from '../home/project.ts';

/** What of a project is looked at here. */
export type AgentProject = Pick<Project, 'id' | 'name' | 'views'> & {
	readonly home: Pick<Home, 'item' | 'workAuthor'>;
};

/** Under which an agent asks. */
export interface AgentGrant {
	readonly project: string;
	readonly key: string;
	readonly token: Token;
	/** The configured agent. */
	readonly agent: string;
}

export interface AgentAsk {
	readonly grant: AgentGrant;
	/** The node on which the agent runs. */
	readonly from: NodeId;
	readonly operation: AgentOperation;
	readonly input: Readonly<Record<string, unknown>>;
}

export interface AgentAnswering {
	readonly project: (id: string) => AgentProject | undefined;
	readonly handlers: () => Partial<Handlers>;
	readonly self: NodeId;
	/** Whether a person sits at that node, who may read everything. */
	readonly mayReadAll: (node: NodeId) => boolean;
}

/** What no agent decides: how an item is reviewed, by whom it is done and where; of its own also what it is. */
export const decidedByPeople = {
	'item.add': ['review', 'agent', 'labels'],
	'item.plan': ['review', 'agent', 'labels'],
	'item.edit': ['review', 'agent', 'labels', 'type', 'hold'],
} as const satisfies Partial<Record<AgentOperation, readonly string[]>>;

/** All that the agents of one item may add, over all of its tries. */
export const itemsAddedMax = 20;

/** Whether it is more than a look. */
export const changes = (operation: AgentOperation): operation is keyof typeof decidedByPeople =>
	operations[operation].kind === 'command';

/** The answer as text for a model. @throws GanglineError FORBIDDEN, REFUSED, or what the operation fails with */
export async function answerAgent(answering: AgentAnswering, ask: AgentAsk): Promise<string> {
	const { grant, from, operation } = ask;
	const project = answering.project(grant.project);
	if (project === undefined) throw ganglineError('UNKNOWN_PROJECT', `project ${grant.project} has no home here`);
	const item = heldItem(project, grant, from);
	const caller = callerOf(project, item, grant);
	const input = { ...ask.input, project: project.id };
	if (changes(operation)) refuseWriting(project, item, operation, input);
	else if (from !== answering.self && !answering.mayReadAll(from)) refuseOthers(project, item, operation, input);
	const asked = { ...input, ...bounded(item, operation) };
	return answerText(
		await answerOperation({ handlers: answering.handlers() }, { name: operation, input: asked, caller }),
	);
}

function heldItem(project: AgentProject, { key, token }: AgentGrant, from: NodeId): Item {
	const item = project.home.item(key);
	const isHeld = item?.holder != null && nodeOf(parseAuthorId(item.holder)) === from;
	if (item?.role != null && sameToken(item.token, token) && isHeld) return item;
	throw ganglineError('FORBIDDEN', 'the work that this token was given for is over', {
		hint: 'finish: what you commit is kept, and somebody else goes on',
	});
}

function callerOf(project: AgentProject, { key, number, holder }: Item, { agent, token }: AgentGrant): Caller {
	const isOwn = holder === project.home.workAuthor || holder === null;
	const spoken = isOwn ? {} : { onBehalfOf: holder };
	return { person: `${agent} of #${number}`, access: 'member', agent: { item: key, token, ...spoken } };
}

function refuseWriting(
	project: AgentProject,
	item: Item,
	operation: keyof typeof decidedByPeople,
	input: Record<string, unknown>,
): void {
	if (item.role !== 'coder' && item.role !== 'mergemaster') {
		throw ganglineError('FORBIDDEN', `a ${item.role} looks and judges: it changes no items`);
	}
	// Its tools offer none of this; whose node is not ours may ask for it all the same.
	const decided = decidedByPeople[operation].find((field) => input[field] !== undefined);
	if (decided !== undefined) throw ganglineError('FORBIDDEN', `${decided} is for a person to say, not for an agent`);
	if (operation === 'item.edit') {
		refuseOtherItems(project, item, input);
		return;
	}
	const wanted = operation === 'item.plan' ? planned(input) : 1;
	const added = addedBy(project, item);
	if (added + wanted <= itemsAddedMax) return;
	throw ganglineError(
		'TOO_LARGE',
		`agents of #${item.number} have added ${added} items, and at most ${itemsAddedMax} may come of one`,
		{ hint: 'say in your commit message what is left to do' },
	);
}

/** Its text is written without an intent, so no token is looked at after this. */
function refuseOtherItems(project: AgentProject, { key, number }: Item, input: Record<string, unknown>): void {
	if (findView(project, parseArgs('item.edit', input).item).key === key) return;
	throw ganglineError('FORBIDDEN', `agents of #${number} edit that item alone`, {
		hint: 'add_item says to others what is to be done elsewhere',
	});
}

function planned(input: Record<string, unknown>): number {
	const { create, subtasks } = parseArgs('item.plan', input);
	return create ? subtasks.length : 0;
}

function addedBy(project: AgentProject, { number }: Item): number {
	const mark = ` of #${number}`;
	return [...project.views().values()].filter(({ origin }) => origin.by === 'agent' && origin.who.endsWith(mark))
		.length;
}

/** What an agent's item adds starts by itself; what is added by that waits for a person, so that it ends somewhere. */
function bounded({ origin }: Item, operation: AgentOperation): Readonly<Record<string, unknown>> {
	const adds = operation === 'item.add' || operation === 'item.plan';
	return origin.by === 'agent' && adds ? { hold: true } : {};
}

/** A machine that only works reads what it was given, and nothing else of the project. */
function refuseOthers(
	project: AgentProject,
	item: Item,
	operation: AgentOperation,
	input: Record<string, unknown>,
): void {
	if (operation === 'item.show') {
		const { key } = findView(project, parseArgs('item.show', input).item);
		if (key === item.key) return;
	}
	throw ganglineError('FORBIDDEN', `the machine that you run on may read #${item.number} alone, not ${operation}`, {
		hint: `${operations['item.show'].summary}: show_item with ${item.number}`,
	});
}
