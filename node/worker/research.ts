/**
 * A look at an item that has failed again and again, by an agent that changes nothing, before a coder tries once more.
 * What it writes goes into the coder's prompt beside the raw failure, never instead of it. Whatever happens to it, the
 * coder's try follows: it is help, and no gate.
 */
import type { CommitId } from '../../shared/ports/index.ts';
import type { Usage } from '../../shared/protocol/work.ts';
import type { AttemptInput, AttemptParts } from './attempt.ts';
import { missingLogin, noUsage, withinAllowance } from './attempt-words.ts';
import { look } from './look.ts';
import { lookPrompt } from './told.ts';

export interface Research {
	/** Null where nothing came of it; the run's log says why. */
	readonly analysis: string | null;
	readonly usage: Usage;
	readonly survivors: readonly number[];
	/** Its account is limited until then, wall ms. */
	readonly limit?: { readonly account: string | null; readonly until: number };
}

export interface ResearchInput extends AttemptInput {
	readonly runId: string;
	readonly tmp: string;
	/** Where the last try ended; null where that is not here. */
	readonly commit: CommitId | null;
}

const analysisCharactersMax = 8_000;

/** What the agent that the task names for it has found out. */
export async function research(parts: AttemptParts, input: ResearchInput): Promise<Research> {
	const { task, config, runLog } = input;
	const nothing = { analysis: null, usage: noUsage, survivors: [] };
	const configured = config.agent.find(({ name }) => name === task.research);
	if (!configured || withinAllowance(configured, task, noUsage) === null) return nothing;
	const login = parts.logins.for(configured);
	if (login === null) {
		runLog.write(configured.name, 'note', `no analysis: ${missingLogin(configured, undefined)}\n`);
		return nothing;
	}
	const end = await look(parts, {
		...input,
		...{ role: 'research', before: 0, spent: noUsage },
		agent: { name: configured.name, settings: configured, login },
		withProduct: false,
		prompt: (place, news) => lookPrompt(task, config, { ...place, news }),
	});
	if (end.kind !== 'looked') {
		runLog.write(configured.name, 'note', `no analysis: ${end.kind === 'notReady' ? end.why : 'stopped'}\n`);
		return nothing;
	}
	const { tree, usage, outcome } = end.end;
	const survivors = tree.kind === 'survivors' ? tree.pids : [];
	const trouble = end.changed ?? (end.answer === null ? `it wrote none (${outcome.kind})` : null);
	if (trouble !== null) runLog.write(configured.name, 'note', `no analysis: ${trouble}\n`);
	const analysis = trouble === null ? (end.answer?.slice(0, analysisCharactersMax) ?? null) : null;
	const limit = outcome.kind === 'rateLimited' ? { limit: { account: login.account, until: outcome.until } } : {};
	return { analysis, usage, survivors, ...limit };
}
