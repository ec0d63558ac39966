import { describe, expect, it } from 'vitest';
import { costDays, stacked } from '../../../gateway/web/model/cost-days.ts';

const spent = (day: string, agent: string, costUsd: number) => ({ day, agent, costUsd });

describe('cost by day and agent', () => {
	it('adds projects up and leaves no day out', () => {
		const cost = costDays([
			spent('2026-11-19', 'claude', 1),
			spent('2026-11-21', 'codex', 5),
			spent('2026-11-19', 'claude', 2),
		]);
		expect(cost.days).toEqual(['2026-11-19', '2026-11-20', '2026-11-21']);
		expect(cost.agents).toEqual([
			{ name: 'codex', usd: [0, 0, 5], total: 5 },
			{ name: 'claude', usd: [3, 0, 0], total: 3 },
		]);
	});

	it('puts the bars on each other, the whole first', () => {
		const cost = costDays([spent('2026-11-20', 'claude', 1), spent('2026-11-20', 'codex', 5)]);
		expect(stacked(cost)).toEqual([[6], [1]]);
	});

	it('adds up whom one could not tell apart, and loses nothing', () => {
		const many = Array.from({ length: 9 }, (_, i) => spent('2026-11-20', `agent-${i}`, i + 1));
		const { agents } = costDays(many);
		expect(agents).toHaveLength(6);
		expect(agents.at(-1)?.name).toBe('4 others');
		expect(agents.reduce((sum, { total }) => sum + total, 0)).toBe(45);
	});

	it('is nothing where nothing was spent, and no longer than a season', () => {
		expect(costDays([])).toEqual({ days: [], agents: [] });
		expect(costDays([spent('2020-01-01', 'old', 1), spent('2026-11-20', 'claude', 1)]).days).toHaveLength(100);
		expect(costDays([spent('2026-11-20', 'shell', 0)]).days).toEqual([]);
		expect(costDays([spent('nonsense', 'claude', 1)]).days).toEqual([]);
	});
});
