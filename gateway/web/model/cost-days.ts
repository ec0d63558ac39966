/**
 * What each agent cost on each day, over all projects, as a plot and a table show it: no day is left out between the
 * first and the last, so that the distances are those of a calendar. Pure.
 */
import type { Result } from '../../../shared/operations/index.ts';

type AgentDay = Result<'project.cost'>['agentDays'][number];

export interface CostDays {
	/** `2026-11-21`, oldest first. */
	readonly days: readonly string[];
	/** The dearest first. Each has a sum for each of the days. */
	readonly agents: readonly { readonly name: string; readonly usd: readonly number[]; readonly total: number }[];
}

const dayMs = 86_400_000;
const daysMax = 100;
/** More would not be told apart; the rest is added up. */
const agentsMax = 6;

export function costDays(all: readonly AgentDay[]): CostDays {
	// Scripts are free: they have no bar.
	const paid = all.filter(({ costUsd }) => costUsd > 0);
	const days = daysBetween(paid.map(({ day }) => day));
	const at = new Map(days.map((day, index) => [day, index]));
	const sums = new Map<string, number[]>();
	for (const { day, agent, costUsd } of paid) {
		const index = at.get(day);
		if (index === undefined) continue;
		const usd = sums.get(agent) ?? days.map(() => 0);
		usd[index] = (usd[index] ?? 0) + costUsd;
		sums.set(agent, usd);
	}
	const agents = [...sums]
		.map(([name, usd]) => ({ name, usd, total: usd.reduce((sum, one) => sum + one, 0) }))
		.sort((a, b) => b.total - a.total || (a.name < b.name ? -1 : 1));
	return { days, agents: fewer(agents) };
}

/** For bars that stand on each other: the first is the sum of all, the last the one at the bottom. */
export function stacked({ agents }: CostDays): readonly (readonly number[])[] {
	return agents.map((_one, from) => sumOf(agents.slice(from)));
}

function fewer(agents: CostDays['agents']): CostDays['agents'] {
	if (agents.length <= agentsMax) return agents;
	const rest = agents.slice(agentsMax - 1);
	const others = {
		name: `${rest.length} others`,
		usd: sumOf(rest),
		total: rest.reduce((sum, one) => sum + one.total, 0),
	};
	return [...agents.slice(0, agentsMax - 1), others];
}

function sumOf(agents: CostDays['agents']): readonly number[] {
	return (agents[0]?.usd ?? []).map((_zero, day) => agents.reduce((sum, { usd }) => sum + (usd[day] ?? 0), 0));
}

function daysBetween(known: readonly string[]): readonly string[] {
	const sorted = known.filter((day) => /^\d{4}-\d{2}-\d{2}$/.test(day)).toSorted();
	const [first, last] = [sorted[0], sorted.at(-1)];
	if (first === undefined || last === undefined) return [];
	const end = Date.parse(last);
	const begin = Math.max(Date.parse(first), end - (daysMax - 1) * dayMs);
	const many = Math.round((end - begin) / dayMs) + 1;
	return Array.from({ length: many }, (_, i) => new Date(begin + i * dayMs).toISOString().slice(0, 10));
}
