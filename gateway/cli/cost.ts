/** `gangline cost`: what agents have cost, by item, agent, node and day, and what is left of the budgets. */
import type { Command } from 'commander';
import type { Result } from '../../shared/operations/index.ts';
import type { CliContext } from './context.ts';
import { defineCommand } from './define-command.ts';
import { plainLine } from './output.ts';
import type { Session } from './session.ts';
import { renderTable } from './table.ts';

type Cost = Result<'project.cost'>;
type Line = Cost['agents'][number];

/** Lines of each table that a person reads; all of it is in --json. */
const linesMax = 20;

export function registerCost(program: Command, context: CliContext): void {
	defineCommand(program, context, {
		usage: 'cost',
		summary: 'What agents have cost, by item, agent, node and day, and what is left of the budgets',
		group: 'Look',
		examples: ['gangline cost', 'gangline cost --json'],
		run: async (session) => {
			const cost = await session.ask('project.cost', {});
			session.out.result(cost, () => costText(session, cost));
			return undefined;
		},
	});
}

function costText(session: Session, cost: Cost): string {
	if (cost.total.runs === 0) return 'nothing was spent yet';
	const { out } = session;
	const section = (title: string, lines: readonly Line[], also: (line: Line) => string = () => ''): string => {
		const rows = lines
			.slice(0, linesMax)
			.map((line) => [line.name, usd(line.costUsd), tokens(line), `${line.runs}`, also(line)].map(plainLine));
		const more = lines.length > linesMax ? `\nand ${lines.length - linesMax} more: --json` : '';
		const head = [title, 'cost', 'tokens in + out', 'runs', ''];
		return `\n${renderTable(session.context, out, { head, rows, elastic: [4] })}${more}`;
	};
	const titles = new Map(cost.items.map(({ name, title }) => [name, title]));
	return [
		`${usd(cost.total.costUsd)} in ${cost.total.runs} ${cost.total.runs === 1 ? 'run' : 'runs'}, ${tokens(cost.total)} tokens (in + out)`,
		...cost.budgets.map(budgetLine),
		...cost.promised.map(({ item, agent, node, usd: most }) =>
			plainLine(`${item} may still cost ${usd(most)}: ${agent} on ${node} has not reported`),
		),
		section('items', cost.items, ({ name }) => titles.get(name) ?? ''),
		section('agents', cost.agents),
		section('nodes', cost.nodes),
		section('days (UTC)', cost.days),
	].join('\n');
}

function budgetLine({ budget, limitUsd, spentUsd, promisedUsd }: Cost['budgets'][number]): string {
	const promised = promisedUsd > 0 ? `, ${usd(promisedUsd)} promised to what runs` : '';
	return `${budget}: ${usd(spentUsd)} of ${usd(limitUsd)}${promised}`;
}

function usd(amount: number): string {
	return `$${amount.toFixed(amount > 0 && amount < 0.01 ? 4 : 2)}`;
}

function tokens({ inputTokens, outputTokens }: Pick<Line, 'inputTokens' | 'outputTokens'>): string {
	return `${inputTokens} + ${outputTokens}`;
}
