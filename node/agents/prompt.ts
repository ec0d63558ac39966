/**
 * What an agent is told, from the task alone. Pure and small: the rules are few and stand at the end, where they are
 * not drowned; what is long (a failure's output) is cut in the middle and said to be.
 */
import type { Task } from '../../shared/protocol/work.ts';

const failureCharsMax = 8_000;
const wordsCharsMax = 8_000;
const descriptionCharsMax = 16_384;

export interface PromptPlace {
	/** The branch that the clone is on. */
	readonly branch: string;
	/** The commands that will judge the work. */
	readonly gates: readonly string[];
}

/** The first prompt of an attempt. */
export function taskPrompt(task: Task, place: PromptPlace): string {
	const { item } = task;
	return sections([
		`${opening(task)}\n\n# ${item.title}`,
		cut(item.description, descriptionCharsMax),
		item.words.length > 0 && `A person said about it, newest last:\n${cut(list(item.words), wordsCharsMax)}`,
		item.lastFailure &&
			`The last try failed. What was reported, as it was reported:\n\n~~~\n${cut(item.lastFailure, failureCharsMax)}\n~~~`,
		rules(place),
	]);
}

/** For a session that changed files and ended without a commit. */
export function commitOnlyPrompt(task: Task, place: PromptPlace): string {
	return sections([
		`You are in a git clone in which work on "${task.item.title}" was done and not committed.`,
		'Look at `git status` and `git diff`. Commit what belongs to the work, with a message that says what and why. ' +
			'Remove what does not belong to it. Begin nothing new. If the work is of no use, discard it with git.',
		rules(place),
	]);
}

function opening({ role, item, startFrom, main }: Task): string {
	switch (role) {
		case 'mergemaster':
			return `Item ${item.number} (${item.type}) is done on this branch, and it does not go together with the main branch any more. Merge main, which is commit ${main}, into the branch, keep what both sides meant, and change nothing else.`;
		case 'qa':
			return `Check the change on this branch for item ${item.number} (${item.type}) against its description. Where it falls short, add the missing test and repair it.`;
		case 'coder':
			return startFrom === null
				? `Do item ${item.number} (${item.type}) in this git clone.`
				: `Item ${item.number} (${item.type}) was worked on already; its commits are on this branch. Go on from them.`;
	}
}

function rules({ branch, gates }: PromptPlace): string {
	const judged =
		gates.length > 0 ? [`The system will run these after you, and they must pass: ${gates.map(code).join(', ')}.`] : [];
	return `Rules:\n${list([
		`Commit your work on the branch ${code(branch)}, which is checked out. Only commits count.`,
		'Do not push, and do not change other branches or remotes.',
		'Do not touch the folder `.gangline/`. Do not delete or skip tests.',
		'Nobody can answer questions: decide by yourself, and say in the commit message what you decided.',
		'Use `$TMPDIR` for temporary files, and the ten ports from `$GANGLINE_PORT_BASE` on for servers.',
		...judged,
	])}`;
}

function code(text: string): string {
	return `\`${text.replaceAll('\n', '; ')}\``;
}

function list(entries: readonly string[]): string {
	return entries.map((entry) => `- ${entry}`).join('\n');
}

function sections(parts: readonly (string | false | null)[]): string {
	return `${parts.filter(Boolean).join('\n\n')}\n`;
}

function cut(text: string, limit: number): string {
	if (text.length <= limit) return text;
	const half = Math.floor(limit / 2);
	return `${text.slice(0, half)}\n… ${text.length - 2 * half} characters left out …\n${text.slice(-half)}`;
}
