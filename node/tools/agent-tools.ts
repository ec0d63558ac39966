/**
 * The tools of one session of an agent: operations on its own project, and what concerns its own run. Pure composition:
 * who may what was decided in the role, and is decided once more at the home [I13].
 */
import { z } from 'zod';
import {
	type OperationToolName,
	operationTool,
	runTool,
	type ServedTool,
	type ToolSet,
} from '../../shared/mcp/index.ts';
import type { CallName } from '../../shared/operations/index.ts';
import type { ToolRun } from '../worker/index.ts';
import { decidedByPeople } from './answer-agents.ts';

export type AskOperation = (operation: CallName, input: Readonly<Record<string, unknown>>) => Promise<unknown>;

const looking: readonly OperationToolName[] = ['show_item', 'list_items', 'search_items', 'show_board'];

export function agentTools(run: ToolRun, ask: AskOperation): ToolSet {
	const { project, item } = run.task;
	const given = { project };
	const tools: ServedTool[] = looking.map((name) => operationTool(name, { given, ask }));
	if (run.writes) {
		tools.push(
			operationTool('add_item', {
				...{ given, ask, hides: decidedByPeople['item.add'] },
				says: 'For work that does not belong to your own item: others do it, you go on without it.',
			}),
			operationTool('edit_item', {
				...{ given: { ...given, item: item.key }, ask, hides: decidedByPeople['item.edit'] },
				says: `Your own item, #${item.number}.`,
			}),
			operationTool('plan_items', { given, ask, hides: decidedByPeople['item.plan'] }),
		);
	}
	return { instructions: instructions(run), tools: [...tools, ...runTools(run)] };
}

function instructions({ task: { item }, writes }: ToolRun): string {
	const own = `You work on item #${item.number} of a Gangline project; its words are in your prompt.`;
	if (!writes) return `${own} You look and judge: these tools change nothing.`;
	return `${own} Add an item for what you find and should not do yourself. Ask a person only when no choice of yours could be right.`;
}

function runTools({ progress, gates, ask }: ToolRun): readonly ServedTool[] {
	const tools = [
		runTool({
			name: 'report_progress',
			description: 'Say in one line what you are doing now: people see it beside your item.',
			readOnly: true,
			args: z.strictObject({ words: z.string().trim().min(1).max(500) }),
			call: async ({ words }) => {
				progress(words.replaceAll(/\s+/g, ' '));
				return 'noted';
			},
		}),
	];
	if (gates !== undefined) {
		tools.push(
			runTool({
				name: 'run_gates',
				description:
					'Run the gates that will judge your work, in your clone as it is now, up to the first that fails. Stop servers of yours on $PORT first.',
				readOnly: true,
				args: z.strictObject({}),
				call: (_args, signal) => gates(signal),
			}),
		);
	}
	if (ask !== undefined) {
		tools.push(
			runTool({
				name: 'ask_person',
				description:
					'Ask a person a question that can be answered with yes or no, or in words. Waits two minutes; then you are stopped, and begun again when somebody has answered: ask the very same question then.',
				readOnly: true,
				args: z.strictObject({ question: z.string().trim().min(1).max(400) }),
				call: ({ question }, signal) => ask(question, signal),
			}),
		);
	}
	return tools;
}
