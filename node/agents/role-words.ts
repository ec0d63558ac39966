/**
 * What an agent of a role is told first where the project has no file of its own for it (`.gangline/prompts/<role>.md`),
 * and how names in such a file are filled in. Pure and short: rules and the item follow, whatever stands here.
 */
import type { Task } from '../../shared/protocol/work.ts';

/** Who is told something about an item: a role that works on it, or the one that looks first. */
export type ToldRole = Task['role'] | 'research';

/** The first words of a prompt: the project's own for the role, or ours. */
export function roleWords(task: Task, branch: string, role: ToldRole = task.role): string {
	const { role: ofTask, research } = task.brief ?? {};
	const own = (role === 'research' ? research : ofTask)?.trim();
	return own ? filledIn(own, { ...namesOf(task), branch }) : builtIn(task, role);
}

function builtIn({ item, startFrom, main }: Task, role: ToldRole): string {
	switch (role) {
		case 'research':
			return `Item ${item.number} (${item.type}) was tried several times and failed each time. Find out why, and say what the next try has to do differently. This clone is as the last try left it.`;
		case 'mergemaster':
			return `Item ${item.number} (${item.type}) is done on this branch, and it does not go together with the main branch any more. Merge main, which is commit ${main}, into the branch, keep what both sides meant, and change nothing else.`;
		case 'qa':
			return `Check the change on this branch for item ${item.number} (${item.type}): does it do what is asked for below, wholly, and nothing else? \`git diff ${main}...HEAD\` shows it. Read it, run what you need to see it work, and try to break it. You judge; others repair.`;
		case 'coder':
			return startFrom === null
				? `Do item ${item.number} (${item.type}) in this git clone.`
				: `Item ${item.number} (${item.type}) was worked on already; its commits are on this branch. Go on from them.`;
	}
}

function namesOf({ item, main }: Task): Readonly<Record<string, string>> {
	return { number: String(item.number), type: item.type, title: item.title, main };
}

/** `{{number}}` and the like; what is no name of ours stays as it is written. */
function filledIn(text: string, names: Readonly<Record<string, string>>): string {
	return text.replace(/\{\{([a-z]+)\}\}/g, (whole, name: string) =>
		Object.hasOwn(names, name) ? (names[name] ?? whole) : whole,
	);
}
