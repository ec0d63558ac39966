/**
 * How much a grant may cost. Pure. What was spent, and what was promised to grants whose report is not here yet, both
 * count: so the sum of everything granted never passes a budget, also while a worker that spends is cut off.
 */

/** Budgets in USD as the project's settings say; absent: none. */
export interface Budget {
	readonly item_usd?: number | undefined;
	readonly day_usd?: number | undefined;
	readonly project_usd?: number | undefined;
}

export type BudgetScope = 'item' | 'day' | 'project';

/** What is gone of a budget, in USD. */
export interface Gone {
	readonly spent: number;
	/** Promised to grants that have not reported. */
	readonly reserved: number;
}

export type Allowance =
	| { readonly kind: 'granted'; readonly usd: number }
	/** `reserved`: nobody has spent it yet, and it may come back. */
	| { readonly kind: 'usedUp'; readonly scope: BudgetScope; readonly why: string; readonly reserved: boolean };

/** With less than this share of what an agent may cost, a session would end before it has done anything. */
const shareMin = 0.1;

const words: Readonly<Record<BudgetScope, string>> = { item: 'this item', day: 'today (UTC)', project: 'the project' };
const scopes: readonly BudgetScope[] = ['item', 'project', 'day'];

/** `wanted`: what the agent may cost at most. */
export function allowanceFor(budget: Budget, gone: Readonly<Record<BudgetScope, Gone>>, wanted: number): Allowance {
	let usd = wanted;
	for (const scope of scopes) {
		const limit = budget[`${scope}_usd`];
		if (limit === undefined) continue;
		const { spent, reserved } = gone[scope];
		const left = limit - spent - reserved;
		if (left < wanted * shareMin) {
			const promised = reserved > 0 ? ` and $${reserved.toFixed(2)} promised to what runs` : '';
			const why = `the budget for ${words[scope]} is used up: $${spent.toFixed(2)} spent${promised} of $${limit.toFixed(2)} (budget.${scope}_usd)`;
			return { kind: 'usedUp', scope, why, reserved: limit - spent >= wanted * shareMin };
		}
		usd = Math.min(usd, left);
	}
	return { kind: 'granted', usd };
}

/** Whether there is any budget to keep. */
export function hasBudget(budget: Budget): boolean {
	return scopes.some((scope) => budget[`${scope}_usd`] !== undefined);
}
