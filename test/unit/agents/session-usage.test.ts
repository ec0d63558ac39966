/** What of a program's sums is new, over resumes, and after runs that were killed before it had written their sums down. */
import { describe, expect, it } from 'vitest';
import { type CountedBefore, nothingCounted } from '../../../node/agents/index.ts';
import { runtimePrograms } from '../../../node/agents/runtime.ts';
import { usageMeter } from '../../../node/agents/session-usage.ts';
import { linesOf } from '../../support/agent-lines.ts';

const totals = (costUsd: number, inputTokens: number, outputTokens: number) => ({ costUsd, inputTokens, outputTokens });

/** The cost that one run of Claude adds, whose last line says this. */
function costOfRun(before: CountedBefore, total: number, [own, known]: readonly [number, number]): number {
	let cost = 0;
	const wire = {
		emit: (event: { readonly kind: string; readonly costUsd?: number }) => {
			cost += event.kind === 'usage' ? (event.costUsd ?? 0) : 0;
		},
		write: () => true,
		endInput: () => {},
		rest: () => {},
		established: async () => {},
	};
	const input = { session: { kind: 'resume', id: 's', ...before } };
	const conversation = runtimePrograms['claude-code'].converse(wire, input as never);
	conversation.read({
		...{ type: 'result', subtype: 'success', is_error: false, total_cost_usd: total },
		usage: { input_tokens: own, output_tokens: 0 },
		modelUsage: { 'claude-x': { inputTokens: known, outputTokens: 0, costUSD: total } },
	});
	return Math.round(cost * 1000) / 1000;
}

describe('the cost of a run of Claude that goes on with a session', () => {
	// One and two ended by themselves (0.2 in all), three was killed after it had said 0.3.
	const killed: CountedBefore = { counted: totals(0.2, 3000, 0), unsure: totals(0.3, 4000, 0) };

	it.each([
		['after a run that ended', { counted: totals(0.2, 3000, 0) }, 0.3, [1000, 4000], 0.1],
		['that has forgotten the run that was killed', killed, 0.3, [1000, 4000], 0.1],
		['that knows the run that was killed', killed, 0.4, [1000, 5000], 0.1],
		['that costs more than what it has forgotten', killed, 0.5, [3000, 6000], 0.3],
		['that has forgotten everything', killed, 0.1, [1000, 1000], 0.1],
		['whose first run was killed and is known', { ...killed, counted: nothingCounted }, 0.4, [1000, 5000], 0.1],
		['whose first run was killed and is forgotten', { ...killed, counted: nothingCounted }, 0.1, [1000, 1000], 0.1],
	] as const)('is counted once: %s', (_what, before, total, tokens, expected) => {
		expect(costOfRun(before, total, tokens)).toBe(expected);
	});
});

describe('a meter of sums', () => {
	it('[I11] gives nothing of a budget back where a program counts below nothing', () => {
		const meter = usageMeter({ costUsd: true, inputTokens: false, outputTokens: true }, { counted: totals(1, 10, 1) });
		expect(meter(totals(-5, -10, -1))).toMatchObject(totals(0, 0, 0));
		expect(meter(totals(2, 3, 4))).toMatchObject(totals(2, 3, 4));
	});

	it('counts tokens of a thread on from a run that was killed where they go on', () => {
		const sums = { costUsd: false, inputTokens: true, outputTokens: true };
		const before = { counted: totals(0, 10, 1), unsure: totals(0, 30, 3) };
		expect(usageMeter(sums, before)(totals(0, 40, 4))).toMatchObject({ inputTokens: 10, outputTokens: 1 });
		expect(usageMeter(sums, before)(totals(0, 20, 2))).toMatchObject({ inputTokens: 10, outputTokens: 1 });
		const meter = usageMeter(sums, { counted: nothingCounted });
		expect([meter(totals(0, 5, 1)), meter(totals(0, 9, 2))]).toMatchObject([{ inputTokens: 5 }, { inputTokens: 4 }]);
	});
});

it('counts what Claude reads from the cache of its service, and writes there, as input', () => {
	const [used] =
		linesOf('claude-code')({
			...{ type: 'result', subtype: 'success', is_error: false, total_cost_usd: 0.0177 },
			usage: {
				...{ input_tokens: 3000, output_tokens: 126 },
				...{ cache_creation_input_tokens: 600, cache_read_input_tokens: 900 },
			},
			modelUsage: {
				x: { inputTokens: 3000, outputTokens: 126, cacheReadInputTokens: 900, cacheCreationInputTokens: 600 },
			},
		}) ?? [];
	expect(used).toMatchObject({ kind: 'usage', inputTokens: 4500, counted: { inputTokens: 4500 } });
});
