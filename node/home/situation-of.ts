/**
 * What is true of an item beside the item itself, for people who ask why it is where it is: who may begin it, who holds
 * it and was not heard of, which limit or question it waits for. Only reads, and works out nothing twice for one answer.
 */
import type { Situation } from '../../shared/operations/index.ts';
import type { ItemView } from '../../shared/pipeline/index.ts';
import { agentFor } from './agent-for.ts';
import { noAgent } from './plan-work.ts';
import type { ProjectParts } from './project-parts.ts';
import { lostAfter } from './work-loop.ts';

/** Of the whole project. */
export interface ProjectStanding {
	/** Why nothing new is begun now; null while it may. */
	readonly mayNotBegin: string | null;
	readonly mayNotLand: string | null;
}

/** Answers about any number of items as of this moment. */
export function situationOf(parts: ProjectParts, standing: ProjectStanding): (item: ItemView) => Situation {
	const { worker, queue, talks, proposal } = parts;
	const config = parts.config.last;
	const runs = worker.running();
	const position = new Map(queue.queue().map(({ key }, index) => [key, index + 1]));
	const questions = new Map(runs.flatMap(({ key, asks }) => (asks ? [[key, asks.question] as const] : [])));
	const common = {
		...standing,
		autoStart: config?.work.auto_start ?? true,
		freeSlots: worker.freeSlots(),
		busy: new Set(runs.map(({ key }) => key)),
	};
	return (item) => ({
		...common,
		nobody: config === null || agentFor(item, 'coder', config) !== null ? null : noAgent(item),
		queuePosition: position.get(item.key) ?? null,
		limitedUntil: limitedUntil(parts, item.key),
		proposal: proposal(item.key),
		holderAway: holderAway(parts, item),
		nobodyTakes: nobodyTakes(parts, item),
		question: questions.get(item.key) ?? talks.parked(item.key)?.question ?? null,
	});
}

function holderAway({ worker, config }: ProjectParts, item: ItemView): string | null {
	return item.role === null ? null : worker.awayWords(item.holder, lostAfter(item, config.last));
}

function nobodyTakes({ work }: ProjectParts, item: ItemView): string | null {
	const placed = item.role === null ? work.placement(item.key) : null;
	return placed?.node === null ? (placed.reasons[0] ?? null) : null;
}

function limitedUntil({ work, clock }: ProjectParts, key: string): string | null {
	const until = work.notBefore(key);
	return until !== null && until > clock.now() ? new Date(until).toISOString() : null;
}
