/** What a project's agents have cost, added up for people. Pure. */
import type { Result } from '../../shared/operations/index.ts';
import type { ItemView } from '../../shared/pipeline/index.ts';
import type { ProjectConfig } from '../../shared/project/index.ts';
import { type CostLedger, type CostRow, dayOf } from './cost-ledger.ts';

type Cost = Result<'project.cost'>;
type Line = Cost['agents'][number];

export interface CostSources {
	readonly ledger: Pick<CostLedger, 'rows' | 'promises' | 'gone'>;
	readonly views: ReadonlyMap<string, Pick<ItemView, 'name' | 'title'>>;
	readonly nodeName: (id: string) => string;
	readonly budget: ProjectConfig['budget'] | null;
}

export function costView({ ledger, views, nodeName, budget }: CostSources): Cost {
	const rows = ledger.rows();
	const nameOf = ({ key, number }: Pick<CostRow, 'key' | 'number'>): string => views.get(key)?.name ?? `#${number}`;
	const items = grouped(rows, ({ key }) => key).map(([key, of]) => ({
		...added(nameOf(of[0] ?? { key, number: 0 }), of),
		key,
		title: views.get(key)?.title ?? '',
	}));
	const days = grouped(rows, ({ at }) => dayOf(at)).map(([day, of]) => added(day, of));
	const { name: _name, ...total } = added('', rows);
	return {
		total,
		items: items.sort((a, b) => b.costUsd - a.costUsd),
		agents: grouped(rows, ({ agent }) => agent).map(([agent, of]) => added(agent, of)),
		nodes: grouped(rows, ({ node }) => node).map(([node, of]) => added(nodeName(node), of)),
		days: days.sort((a, b) => (a.name < b.name ? 1 : -1)),
		agentDays: agentDays(rows),
		budgets: budgets(ledger, budget),
		promised: ledger.promises().flatMap((promise) => {
			const { agent, node, usd, at } = promise;
			return usd > 0 ? [{ item: nameOf(promise), agent, node: nodeName(node), usd, at }] : [];
		}),
	};
}

function agentDays(rows: readonly CostRow[]): Cost['agentDays'] {
	const sums = new Map<string, Cost['agentDays'][number]>();
	for (const { at, agent, costUsd } of rows) {
		const day = dayOf(at);
		const id = `${day} ${agent}`;
		sums.set(id, { day, agent, costUsd: (sums.get(id)?.costUsd ?? 0) + costUsd });
	}
	return [...sums.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum);
}

/** Of the project and the day; what is left of an item's is asked for at the item. */
function budgets(ledger: CostSources['ledger'], budget: CostSources['budget']): Cost['budgets'] {
	if (budget === null) return [];
	const gone = ledger.gone('');
	return (['day', 'project'] as const).flatMap((scope) => {
		const limit = budget[`${scope}_usd`];
		if (limit === undefined) return [];
		const { spent, reserved } = gone[scope];
		return [{ budget: `${scope}_usd`, limitUsd: limit, spentUsd: spent, promisedUsd: reserved }];
	});
}

function grouped(rows: readonly CostRow[], by: (row: CostRow) => string): [string, CostRow[]][] {
	const groups = new Map<string, CostRow[]>();
	for (const row of rows) {
		const group = groups.get(by(row));
		if (group) group.push(row);
		else groups.set(by(row), [row]);
	}
	return [...groups];
}

function added(name: string, rows: readonly CostRow[]): Line {
	const sum = (of: (row: CostRow) => number): number => rows.reduce((total, row) => total + of(row), 0);
	return {
		name,
		costUsd: sum(({ costUsd }) => costUsd),
		inputTokens: sum(({ inputTokens }) => inputTokens),
		outputTokens: sum(({ outputTokens }) => outputTokens),
		runs: rows.length,
	};
}
