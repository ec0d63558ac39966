/** Answers what is asked about projects. */
import { type Board, boardItems, type HandlersAt, itemAnswer } from '../../../shared/operations/index.ts';
import { present } from '../../../shared/replica/index.ts';
import { costView } from '../../home/cost-view.ts';
import type { Project } from '../../home/project.ts';
import { checkGit } from './check-git.ts';
import type { HandlerContext } from './context.ts';

type Handlers = HandlersAt<'node' | 'project'>;
type ProjectHandlers = Omit<
	Pick<Handlers, Extract<keyof Handlers, `project.${string}`>>,
	'project.settings' | 'project.configure'
>;

export function projectHandlers(context: HandlerContext): ProjectHandlers {
	return {
		'project.add': async ({ path }) => {
			const { project, added } = await context.addProject(path);
			const answer = added ? `the project ${project.name} is added` : `the project ${project.name} is known already`;
			return { project: project.view(), added, answer };
		},
		'project.list': async () => ({ projects: context.projects().map((project) => project.view()) }),
		'project.pause': async (args) => {
			const project = context.project(args.project);
			const stopped = await project.pause(args.kill);
			const running = project.worker.running().map(({ key }) => key);
			const answer = pauseWords(stopped.length, running.length, args.kill);
			return {
				project: project.view(),
				answer,
				running: namesOf(project, running),
				stopped: namesOf(project, stopped),
			};
		},
		'project.resume': async (args) => {
			const project = context.project(args.project);
			await project.resume();
			return { project: project.view(), answer: `${project.name} goes on` };
		},
		'project.cost': async ({ project: ref }) => {
			const project = context.project(ref);
			return costView({
				ledger: project.runs.costs,
				views: project.views(),
				nodeName: (id) => project.nodeNameOf(id),
				budget: project.config().budget,
			});
		},
		'project.checkGit': ({ project: ref }) => checkGit(context.project(ref), context.environment),
		'project.status': async (args) => board(context.project(args.project), context),
	};
}

/** `running`: on other machines, where a run ends when its node has heard of it. */
function pauseWords(stopped: number, running: number, isKilled: boolean): string {
	if (running === 0)
		return stopped === 0 ? 'paused: nothing runs' : 'paused: every agent was ended, and nothing of them lives';
	return isKilled ? 'paused: told to end, and not heard of yet' : 'paused: what runs is finished first';
}

async function board(project: Project, { clock, about, people }: HandlerContext): Promise<Board> {
	const views = project.views();
	const around = project.surroundings(views);
	const { counts, shown } = boardItems(views);
	const view = project.view();
	return {
		project: { ...view, trouble: view.trouble ?? about().damage[0] ?? null },
		distance: await project.distance(),
		qualification: { ...project.qualification() },
		counts,
		items: shown.map((view) => itemAnswer(view, around)),
		queue: [...project.queueNames()],
		costUsd: project.runs.costUsd(),
		home: {
			node: project.nodeName,
			here: true,
			connected: true,
			since: null,
			changesWaiting: 0,
			resultsWaiting: 0,
			words: null,
		},
		people: present(people(project.id), views),
		refused: project.exchange.refusedWishes(views),
		takenAt: clock.now(),
	};
}

function namesOf(project: Project, keys: readonly string[]): string[] {
	const views = project.views();
	return keys.map((key) => views.get(key)?.name ?? key);
}
