/** Answers what is asked about this process. */
import type { HandlersAt, NodeStatus } from '../../../shared/operations/index.ts';
import type { Project } from '../../home/project.ts';
import type { HandlerContext } from './context.ts';

type Handlers = HandlersAt<'node'>;
type NodeHandlers = Pick<Handlers, Exclude<Extract<keyof Handlers, `node.${string}`>, 'node.list'>>;

export function nodeHandlers(context: HandlerContext): NodeHandlers {
	return {
		'node.status': async () => {
			const { about, projects } = context;
			const { free, total } = context.slots();
			return {
				...about(),
				slots: { used: total - free, total },
				projects: projects().map((project) => project.view()),
				runs: runsHere(context),
			};
		},
		'node.backup': ({ path }) => context.backup(path),
		'node.stop': async () => {
			const stopping = runsHere(context);
			context.stop();
			const { pid } = context.about();
			return {
				pid,
				answer:
					stopping.length > 0 ? `stopping ${stopping.length === 1 ? '1 run' : `${stopping.length} runs`}` : 'stopping',
				stopping,
			};
		},
	};
}

/** What runs in this process; other nodes say the same of themselves. */
function runsHere({ projects, node, runsForOthers }: HandlerContext): NodeStatus['runs'] {
	return [...projects().flatMap((project) => runsOf(project, node)), ...runsForOthers()];
}

function runsOf(project: Project, node: string): NodeStatus['runs'] {
	const views = project.views();
	const here = project.worker.running().filter((running) => running.node === node);
	return here.map((running) => {
		const view = views.get(running.key);
		return {
			run: running.run,
			project: project.name,
			item: view?.name ?? running.key,
			title: view?.title ?? '',
			what: running.what,
			agent: running.agent,
			pids: [...running.pids],
			since: running.since,
			lastLine: running.lastLine,
			costUsd: project.runs.costUsd(running.key),
		};
	});
}
