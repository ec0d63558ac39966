/**
 * What an agent is told, from the task alone. Pure and small: the rules are few and stand at the end, where they are
 * not drowned; what is long (a failure's output) is cut in the middle and said to be.
 */
import type { ProjectConfig } from '../../shared/project/index.ts';
import type { Task } from '../../shared/protocol/work.ts';
import { notesOf } from './resume-prompt.ts';
import { roleWords } from './role-words.ts';

const failureCharsMax = 8_000;
const wordsCharsMax = 8_000;
const descriptionCharsMax = 16_384;
const historyCharsMax = 4_000;

export interface PromptPlace {
	/** The branch that the clone is on. */
	readonly branch: string;
	/** The commands that will judge the work. */
	readonly gates: readonly string[];
	/** What of the repository may be changed; undefined: everything. */
	readonly paths?: readonly string[];
	/** What somebody who looked first has found out. */
	readonly analysis?: string;
}

/** The first prompt of an attempt. */
export function taskPrompt(task: Task, place: PromptPlace): string {
	const { item, brief } = task;
	return sections([
		`${roleWords(task, place.branch)}\n\n# ${item.title}`,
		cut(item.description, descriptionCharsMax),
		...past(brief),
		item.words.length > 0 && `A person said about it, newest last:\n${cut(list(item.words), wordsCharsMax)}`,
		item.lastFailure &&
			`The last try failed. What was reported, as it was reported:\n\n~~~\n${cut(item.lastFailure, failureCharsMax)}\n~~~`,
		place.analysis !== undefined &&
			`It failed often, so somebody looked into it before you, and wrote:\n\n~~~\n${cut(place.analysis, failureCharsMax)}\n~~~`,
		rules(place, brief?.guides ?? []),
	]);
}

function past(brief: Task['brief']): (string | false)[] {
	if (brief === undefined) return [];
	const { history, commits } = brief;
	return [
		history.length > 0 && `What happened with it so far, newest last:\n${cut(list(history), historyCharsMax)}`,
		commits.length > 0 &&
			`Commits of the last try, newest first; they may be on your branch (see \`git log\`):\n${cut(list(commits), historyCharsMax)}`,
	];
}

export interface QaPlace extends PromptPlace {
	/** Where the verdict goes. */
	readonly answerFile: string;
	/** The running product, or why it does not run. */
	readonly product?: string | null;
	/** Why the session before gave no verdict; null at the first. */
	readonly trouble: string | null;
}

/** For an agent that judges a change. */
export function qaPrompt(task: Task, place: QaPlace): string {
	const { item, brief } = task;
	return sections([
		`${roleWords(task, place.branch)}\n\n# ${item.title}`,
		cut(item.description, descriptionCharsMax),
		item.words.length > 0 && `A person said about it, newest last:\n${cut(list(item.words), wordsCharsMax)}`,
		...notesOf(item, task.notes),
		place.gates.length > 0 && `These have passed already: ${place.gates.map(code).join(', ')}.`,
		place.product ?? false,
		place.trouble !== null && `The session before this one counted for nothing: ${place.trouble}.`,
		`Rules:\n${list([
			...(brief?.guides ?? []).map((path) => `${code(path)} of this repository says how work is done here.`),
			'Change no file that git tracks, commit nothing, move no branch: that is checked, and your verdict would not count.',
			'Use `$TMPDIR` for temporary files, and the ten ports from `$GANGLINE_PORT_BASE` on for servers.',
			`Write your verdict to the file ${code(place.answerFile)} (also in \`$GANGLINE_ANSWER\`) as JSON, and nothing else: ${verdictForm}`,
			'`pass`: it may land. `fail`: it goes back to a coder with your findings. `person`: only a person can decide it.',
		])}`,
	]);
}

/** For an agent that finds out why the tries of others fail. */
export function researchPrompt(task: Task, place: PromptPlace & { readonly answerFile: string }): string {
	const { item, brief } = task;
	return sections([
		`${roleWords(task, place.branch, 'research')}\n\n# ${item.title}`,
		cut(item.description, descriptionCharsMax),
		...past(brief),
		item.words.length > 0 && `A person said about it, newest last:\n${cut(list(item.words), wordsCharsMax)}`,
		...notesOf(item, task.notes),
		item.lastFailure && `The last try failed with:\n\n~~~\n${cut(item.lastFailure, failureCharsMax)}\n~~~`,
		`Rules:\n${list([
			...(brief?.guides ?? []).map((path) => `${code(path)} of this repository says how work is done here.`),
			'Change no file that git tracks, commit nothing, move no branch: that is checked, and your answer would not count.',
			...(place.gates.length > 0 ? [`What has to pass: ${place.gates.map(code).join(', ')}.`] : []),
			`Write what you found to the file ${code(place.answerFile)} (also in \`$GANGLINE_ANSWER\`): the cause, the evidence, and the steps that you advise, in at most a page.`,
		])}`,
	]);
}

const verdictForm =
	'`{"verdict": "pass" | "fail" | "person", "summary": "one line", "findings": [{"what": "…", "where": "file:line"}]}`.';

/** Where the session of a task will be, by the settings of main. */
export function promptPlace({ item, agent }: Task, config: Pick<ProjectConfig, 'agent' | 'gate'>): PromptPlace {
	const paths = config.agent.find(({ name }) => name === agent)?.paths;
	const gates = config.gate.map(({ command }) => command);
	return { branch: `gangline/${item.number}`, gates, ...(paths && { paths }) };
}

/** For a session that changed files and ended without a commit. */
export function commitOnlyPrompt(task: Task, place: PromptPlace): string {
	return sections([
		`You are in a git clone in which work on "${task.item.title}" was done and not committed.`,
		'Look at `git status` and `git diff`. Commit what belongs to the work, with a message that says what and why. ' +
			'Remove what does not belong to it. Begin nothing new. If the work is of no use, discard it with git.',
		rules(place, task.brief?.guides ?? []),
	]);
}

function rules({ branch, gates, paths }: PromptPlace, guides: readonly string[]): string {
	const judged =
		gates.length > 0 ? [`The system will run these after you, and they must pass: ${gates.map(code).join(', ')}.`] : [];
	return `Rules:\n${list([
		...guides.map((path) => `Read ${code(path)} of this repository first, and follow it.`),
		`Commit your work on the branch ${code(branch)}, which is checked out. Only commits count.`,
		'Do not push, and do not change other branches or remotes.',
		...(paths ? [`Change only ${paths.map(code).join(', ')}: commits that change anything else do not count.`] : []),
		'Do not touch the folder `.gangline/`. Do not delete or skip tests.',
		'Nobody reads what you ask here: decide by yourself, and say in the commit message what you decided.',
		'Tools of the server `gangline`, where you have them: `add_item` hands over what does not belong to this item, `ask_person` asks a person when no choice of yours could be right.',
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
