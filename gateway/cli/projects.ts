/** projects, pause, resume, salvage: a project as a whole. */
import type { Command } from 'commander';
import type { CliContext } from './context.ts';
import { defineCommand } from './define-command.ts';
import { plainLine } from './output.ts';
import type { Session } from './session.ts';
import { moment, orUnknown, shortCommit } from './words.ts';

export function registerProjects(program: Command, context: CliContext): void {
	defineCommand(program, context, {
		usage: 'projects',
		summary: 'The projects that the running node knows',
		group: 'Look',
		examples: ['gangline projects'],
		run: listProjects,
	});
	defineCommand(program, context, {
		usage: 'pause',
		summary: 'Start nothing more and land nothing; what runs is finished unless it is killed',
		group: 'Run',
		examples: ['gangline pause', 'gangline pause --kill'],
		configure: (command) => command.option('--kill', 'stop running agents; their work is kept'),
		run: async (session, _args, options) => {
			const paused = await session.ask('project.pause', { kill: options.flag('kill') });
			const stopped = paused.stopped.length === 0 ? [] : [`stopped: ${paused.stopped.join(', ')}`];
			const running = paused.running.length === 0 ? [] : [`still running: ${paused.running.join(', ')}`];
			session.out.result(paused, () => [plainLine(paused.answer), ...stopped, ...running].join('\n'));
			return undefined;
		},
	});
	defineCommand(program, context, {
		usage: 'resume',
		summary: 'Go on after a pause',
		group: 'Run',
		examples: ['gangline resume'],
		run: async (session) => {
			const resumed = await session.ask('project.resume', {});
			session.out.result(resumed, () => plainLine(resumed.answer));
			return undefined;
		},
	});
	registerSalvage(program, context);
}

/** The projects that whoever is asked knows. */
export async function listProjects(session: Session): Promise<undefined> {
	const { renderTable } = await import('./table.ts');
	const answer = await (await session.mesh()).call('project.list', {});
	const rows = answer.projects.map(({ name, branch, review, landing, paused, trouble, path }) => [
		name,
		branch,
		orUnknown(review),
		orUnknown(landing),
		plainLine(trouble ?? (paused ? 'paused' : '')),
		plainLine(path),
	]);
	session.out.result(answer, () =>
		rows.length === 0
			? 'no projects yet: gangline start in a repository adds it'
			: renderTable(session.context, session.out, {
					head: ['project', 'branch', 'review', 'landing', 'state', 'path'],
					rows,
					elastic: [5, 4],
				}),
	);
	return undefined;
}

function registerSalvage(program: Command, context: CliContext): void {
	defineCommand(program, context, {
		usage: 'salvage [item]',
		summary: 'List the work that is kept on refs, or keep what an item has now',
		group: 'Review',
		examples: ['gangline salvage', 'gangline salvage 12', 'gangline salvage 12 --keep'],
		configure: (command) => command.option('--keep', 'keep what the item has now'),
		run: async (session, args, options) => {
			const { renderTable } = await import('./table.ts');
			const item = args.text(0);
			const answer = await session.ask('item.salvage', {
				...(item === undefined ? {} : { item }),
				...(options.flag('keep') ? { keep: true } : {}),
			});
			const rows = answer.kept.map(({ ref, commit, item: name, at, subject }) => [
				name ?? 'deleted',
				shortCommit(commit),
				at === null ? '' : moment(at),
				plainLine(subject),
				plainLine(ref),
			]);
			session.out.result(answer, () =>
				rows.length === 0
					? 'nothing is kept'
					: renderTable(context, session.out, {
							head: ['item', 'commit', 'when', 'subject', 'ref'],
							rows,
							elastic: [4, 3],
						}),
			);
			const [first] = answer.kept;
			if (rows.length === 0 && item !== undefined && answer.made === null)
				session.out.message(`→ keep what its clone has now: gangline salvage ${item} --keep`);
			if (answer.made !== null) session.out.message(`kept now: ${answer.made}`);
			if (first !== undefined && !session.out.json)
				session.out.message(`→ bring one into your checkout: ${plainLine(first.command)}`);
			return undefined;
		},
	});
}
