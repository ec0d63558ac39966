/** People of a simulated mesh: they speak at their own machines, and some look at what waits for them. */
import type { ItemDraft } from '../../../shared/operations/index.ts';
import type { Submitted } from '../../../shared/replica/index.ts';
import { answerFor } from './workload.ts';
import type { World } from './world.ts';

export interface Saying {
	/** The machine where they sit is named after them. */
	readonly who: string;
	readonly project: string;
	readonly draft: ItemDraft;
}

/** Of some things people wait a moment for the answer. */
const awaited: ReadonlySet<string> = new Set(['edit', 'abandon']);
const answerMsMax = 600;

/** Says it where the person sits; nothing is heard of it where their machine is down. */
export function speak(world: World, { who, project, draft }: Saying): void {
	const { process } = world.machine(who);
	const seat = process?.seats().find(({ replica }) => replica.id === project);
	if (!process || !seat) return;
	const said = { node: who, project, person: who, item: draft.item, event: draft.event };
	seat.replica.submit([draft], { waitMs: awaited.has(draft.event) ? answerMsMax : 0 }).then(
		([answer]: readonly Submitted[]) => {
			if (!answer) return;
			const { author, n } = answer.intent;
			process.emit({ kind: 'wish', ...said, id: `${author}#${n}`, as: answer.kind });
		},
		(error: unknown) => {
			process.emit({ kind: 'refused', node: who, code: codeOf(error), what: draft.event });
		},
	);
}

export const codeOf = (error: unknown): string =>
	error instanceof Error && 'code' in error ? String(error.code) : 'unknown';

/** Approves what waits for a person, as each of them sees it. */
export function review(world: World, speakers: readonly string[]): void {
	for (const who of speakers) {
		for (const { replica } of world.machine(who).process?.seats() ?? []) {
			const main = world.origins.project(replica.id).main;
			for (const item of Object.values(replica.facts.items)) {
				const isAnswered = replica.unsettled().some((intent) => intent.item === item.key);
				const draft = isAnswered ? null : answerFor(item, who, main);
				if (draft) speak(world, { who, project: replica.id, draft });
			}
		}
	}
}
