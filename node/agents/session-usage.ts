/**
 * From what programs count to what was used since they said it last. Pure. Some count on over the resumes of a session
 * (Claude its cost, Codex its tokens), and a program that was killed may have forgotten a part of it. Whoever adds up
 * what comes out here counts nothing twice and, where it cannot be known, rather too much than too little.
 */
import type { AgentEvent, SessionTotals } from './agent-event.ts';

export const nothingCounted: SessionTotals = { costUsd: 0, inputTokens: 0, outputTokens: 0 };

/** Which of a program's figures are sums over the whole session; the others are of one turn. */
export type Cumulative = Readonly<Record<keyof SessionTotals, boolean>>;

/** What earlier runs of a session have counted, as far as the program may still know it. */
export interface CountedBefore {
	/** By runs that ended by themselves: it knows them. */
	readonly counted: SessionTotals;
	/** The same and what was said by a run whose end nobody saw, or that was killed: it may have forgotten that one. */
	readonly unsure?: SessionTotals;
}

export type Tokens = Pick<SessionTotals, 'inputTokens' | 'outputTokens'>;

/** `known`: the tokens of all runs that the program knows of, where it tells them beside those of its turn. */
export type UsageMeter = (said: SessionTotals, known?: Tokens) => UsageEvent;
export type UsageEvent = Extract<AgentEvent, { kind: 'usage' }>;

export function usageMeter(cumulative: Cumulative, before: CountedBefore): UsageMeter {
	let counted: SessionTotals | null = null;
	return (counts, known) => {
		const said = sound(counts);
		const last = counted ?? rememberedOf(cumulative, before, { said, known });
		const used = { ...nothingCounted };
		const sums = { ...nothingCounted };
		for (const name of ['costUsd', 'inputTokens', 'outputTokens'] as const) {
			// Less than before: what was counted before is forgotten, and all of this is new.
			const isSum = cumulative[name] && said[name] >= last[name];
			used[name] = isSum ? said[name] - last[name] : said[name];
			sums[name] = cumulative[name] ? said[name] : last[name] + said[name];
		}
		counted = { ...sums, ...known };
		return { kind: 'usage', ...used, counted };
	};
}

/** No program gives anything back: what is below nothing is a mistake of it, and would raise the budget. */
function sound({ costUsd, inputTokens, outputTokens }: SessionTotals): SessionTotals {
	return {
		costUsd: Math.max(0, costUsd),
		inputTokens: Math.max(0, inputTokens),
		outputTokens: Math.max(0, outputTokens),
	};
}

/** Its tokens before this run say whether it knows a run that was killed: those are sums or are told beside the turn's. */
function rememberedOf(
	{ inputTokens: areSums }: Cumulative,
	{ counted, unsure }: CountedBefore,
	{ said, known }: { readonly said: SessionTotals; readonly known: Tokens | undefined },
): SessionTotals {
	if (unsure === undefined) return counted;
	if (known === undefined) return areSums && tokensOf(said) >= tokensOf(unsure) ? unsure : counted;
	return tokensOf(known) - tokensOf(said) >= tokensOf(unsure) ? unsure : counted;
}

function tokensOf({ inputTokens, outputTokens }: Tokens): number {
	return inputTokens + outputTokens;
}
