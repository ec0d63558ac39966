/** Splits work into items, as a plan says. All of them are wanted in one go, so that a crash leaves none or all. */
import {
	type Handlers,
	type ItemAnswer,
	type ItemDraft,
	planIntents,
	planOf,
	planWords,
} from '../../../shared/operations/index.ts';
import { newUlid } from '../../../shared/ports/ulid.ts';
import type { Project } from '../../home/project.ts';
import type { HandlerContext } from './context.ts';

export interface PlanningContext extends Pick<HandlerContext, 'project' | 'clock' | 'random'> {
	/** Submits what is wanted together, or throws REFUSED for the first that was refused. */
	readonly changeAll: (project: Project, drafts: readonly ItemDraft[]) => Promise<void>;
	readonly itemAnswer: (project: Project, key: string) => ItemAnswer;
}

export function planningHandlers(context: PlanningContext): Pick<Handlers, 'item.plan'> {
	const { clock, random } = context;
	return {
		'item.plan': async (args, caller) => {
			const project = context.project(args.project);
			const { waves } = planOf(args.subtasks);
			if (!args.create) return { waves, items: [], answer: planWords({ waves }, 0) };
			const wanted = planIntents(args, { project, caller, newKey: () => newUlid(clock, random) });
			await context.changeAll(
				project,
				wanted.map(({ draft }) => draft),
			);
			await project.settleWork();
			const items = wanted.map(({ id, draft }) => ({ id, item: context.itemAnswer(project, draft.item) }));
			return { waves, items, answer: planWords({ waves }, items.length) };
		},
	};
}
