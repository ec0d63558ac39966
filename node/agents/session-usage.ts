/**
 * From what programs count to what was used since they said it last. Pure. Some count on over the resumes of a session
 * (Claude its cost, Codex its tokens), and a program that was killed may have forgotten a part of it. Whoever adds up
 * what comes out here counts nothing twice and, where it cannot be known, rather too much than too little.
 */
import type { AgentEvent, SessionTotals } from './agent-event.ts';

export const nothingCounted: SessionTotals = { costUsd: 0, inputTokens: 0, outputTokens: 0 };

/** Which of a program's figures are sums over the whole session; the others are of one turn. */
export type Cumulative = Readonly<Record<keyof SessionTotals, boolean>>;

/** `before`: what earlier runs of this session have counted. */
export function usageMeter(cumulative: Cumulative, before: SessionTotals): (said: SessionTotals) => AgentEvent {
	let counted = before;
	return (said) => {
		const used = { ...nothingCounted };
		const sums = { ...nothingCounted };
		for (const name of ['costUsd', 'inputTokens', 'outputTokens'] as const) {
			// Less than before: what was counted before is forgotten, and all of this is new.
			const isSum = cumulative[name] && said[name] >= counted[name];
			used[name] = isSum ? said[name] - counted[name] : said[name];
			sums[name] = cumulative[name] ? said[name] : counted[name] + said[name];
		}
		counted = sums;
		return { kind: 'usage', ...used, counted };
	};
}
