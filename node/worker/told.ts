/**
 * What the sessions of an attempt are told: made here alone, for the attempt itself and for whoever asks what it would
 * say now (`gangline prompt show`), so that the two cannot differ.
 */
import { type CommitId, parseCommitId } from '../../shared/ports/index.ts';
import type { ProjectConfig } from '../../shared/project/index.ts';
import type { Task } from '../../shared/protocol/work.ts';
import {
	commitOnlyPrompt,
	promptPlace,
	qaPrompt,
	researchPrompt,
	resumeLookPrompt,
	resumePrompt,
	scriptOf,
	taskPrompt,
	withNotes,
} from '../agents/index.ts';
import type { AttemptParts } from './attempt.ts';
import { mainOf, settingsFor, withGiven } from './attempt-words.ts';
import { brokenOff, type NewWords, newWords, runningWords } from './look.ts';
import { toldNames, untold } from './said-words.ts';
import type { SessionEntry } from './session-book.ts';
import { goesOnWith } from './session-keeper.ts';
import type { Workspace } from './workspaces.ts';

/** What an attempt finds in the item's clone before its first session. */
export interface Found {
	/** What a person has committed there since the last session, newest first. */
	readonly given: readonly string[];
	/** A recovery was cut off: what was done is not committed yet. */
	readonly isLeft: boolean;
}

/** Looks into the clone, and changes nothing there. */
export async function findIn(
	{ git, workspaces }: Pick<AttemptParts, 'git' | 'workspaces'>,
	{ key, clone, judged, isNew }: Workspace,
): Promise<Found> {
	const recovery = await workspaces.recoveries.read(key);
	return {
		given: isNew ? [] : await git.given(clone, { key, judged }),
		isLeft: recovery !== undefined && (await git.state(clone, judged)).dirty > 0,
	};
}

/** What a session that knows nothing is told first; what people said follows (`freshWords`). */
export function firstPrompt(
	task: Task,
	config: ProjectConfig,
	{ branch, isLeft, analysis }: { readonly branch: string; readonly isLeft: boolean; readonly analysis: string | null },
): string {
	const place = { ...promptPlace(task, config), branch };
	if (isLeft) return commitOnlyPrompt(task, place);
	return taskPrompt(task, analysis === null ? place : { ...place, analysis });
}

/** A text for a session, and what its record remembers of what it was told. */
export interface Words {
	readonly text: string;
	readonly told: string[];
}

/** To one that knows nothing: everything that was said, also during this attempt (`said`). */
export function freshWords(task: Task, prompt: string, said: readonly string[]): Words {
	const before = task.notes ?? [];
	const notes = [...before, ...untold(said, toldNames([], before))];
	return { text: withNotes(prompt, { ...task, notes }), told: toldNames([], notes) };
}

/** To one that goes on: what it was not told yet, and `said`, which nobody was told. */
export function resumedWords(
	task: Task,
	entry: Pick<SessionEntry, 'told' | 'words'> | null,
	said: readonly string[],
): Words {
	const before = entry?.told ?? [];
	const notes = [...untold(task.notes ?? [], before), ...said];
	return { text: resumePrompt({ ...task, notes }, entry?.words ?? 0), told: toldNames(before, notes) };
}

/** What would be told, and to whom. */
export interface Shown {
	/** `resumed`: to a session that goes on. `commitOnly`: to one that commits what another has left. `script`: run as it is. */
	readonly form: 'first' | 'resumed' | 'commitOnly' | 'script';
	readonly prompt: string;
}

/** Stands for what a session finds out while the attempt runs, or where the slot's own folder and port are. */
const unknownYet = {
	analysis: 'what the research agent finds out first stands here',
	answerFile: '$TMPDIR/answer',
	port: '$PORT',
};

/**
 * What the task's first session would be told if the attempt began here now, word for word, secrets left out. What only
 * the attempt itself can know has a name in its place: the analysis, the file of an answer, the product's port.
 * `forResearch`: what the agent is told that looks first.
 */
export async function showTold(
	parts: Pick<AttemptParts, 'git' | 'workspaces' | 'book' | 'looks' | 'logins' | 'secrets'>,
	{ task, config, forResearch }: { readonly task: Task; readonly config: ProjectConfig; readonly forResearch: boolean },
): Promise<Shown> {
	const { form, prompt } = await shown(parts, { task, config, forResearch });
	return { form, prompt: parts.secrets.redact(prompt) };
}

async function shown(
	parts: Pick<AttemptParts, 'git' | 'workspaces' | 'book' | 'looks' | 'logins'>,
	{ task, config, forResearch }: { readonly task: Task; readonly config: ProjectConfig; readonly forResearch: boolean },
): Promise<Shown> {
	const settings = settingsFor(task, config);
	if (forResearch) return await shownLook(parts, { task, config, role: 'research' });
	if (settings?.runtime === 'shell') return { form: 'script', prompt: scriptOf(task.item.description) ?? '' };
	if (task.role === 'qa') return await shownLook(parts, { task, config, role: 'qa' });
	const workspace = await parts.workspaces.existing(task);
	const found = workspace === null ? { given: [], isLeft: false } : await findIn(parts, workspace);
	const given = withGiven(task, found.given);
	const account = (settings && parts.logins.for(settings, task.account)?.account) ?? null;
	const known = workspace === null ? null : await parts.book.get(task.item.key);
	const entry =
		settings && goesOnWith(known, { role: task.role, agent: task.agent, runtime: settings.runtime, account });
	if (entry) return { form: 'resumed', prompt: resumedWords(given, entry, []).text };
	const analysis = task.research === undefined ? null : `<${unknownYet.analysis}>`;
	const branch = workspace?.branch ?? promptPlace(task, config).branch;
	const prompt = firstPrompt(task, config, { branch, analysis, isLeft: found.isLeft });
	return { form: found.isLeft ? 'commitOnly' : 'first', prompt: freshWords(given, prompt, []).text };
}

/** To one that only looks. */
async function shownLook(
	parts: Pick<AttemptParts, 'git' | 'workspaces' | 'looks' | 'logins'>,
	{ task, config, role }: { readonly task: Task; readonly config: ProjectConfig; readonly role: 'qa' | 'research' },
): Promise<Shown> {
	const name = role === 'qa' ? task.agent : task.research;
	const settings = config.agent.find((one) => one.name === name) ?? config.agent.find((one) => one.role === role);
	const commit = await lookedAt(parts, task, role);
	const account = (settings && parts.logins.for(settings, role === 'qa' ? task.account : undefined)?.account) ?? null;
	const by = settings && { role, agent: settings.name, runtime: settings.runtime, account };
	const left = by && (await brokenOff(parts, { key: task.item.key, by, commit }));
	const news = left ? newWords(task, left.entry) : null;
	const { answerFile, port } = unknownYet;
	const form = news === null ? 'first' : 'resumed';
	if (role === 'research') return { form, prompt: lookPrompt(task, config, { answerFile, news }) };
	const product = config.run.command === undefined ? null : runningWords(`http://127.0.0.1:${port}/`);
	return { form, prompt: judgePrompt(task, config, { answerFile, product, news, trouble: null }) };
}

/** What would be looked at: the change that is judged, or what the last try has left. */
async function lookedAt(
	{ git, workspaces }: Pick<AttemptParts, 'git' | 'workspaces'>,
	task: Task,
	role: 'qa' | 'research',
): Promise<CommitId> {
	if (role === 'qa' && task.startFrom !== null) return parseCommitId(task.startFrom);
	const workspace = await workspaces.existing(task);
	const head = workspace && (await git.state(workspace.clone, workspace.judged)).head;
	return head !== null && (await git.isKnown(head)) ? head : mainOf(task);
}

/** To an agent that judges a change; `news`: to one that goes on with that. */
export function judgePrompt(
	task: Task,
	config: ProjectConfig,
	place: {
		readonly answerFile: string;
		readonly product: string | null;
		readonly trouble: string | null;
		readonly news: NewWords | null;
	},
): string {
	if (place.news !== null) return resumeLookPrompt(task, { ...place, ...place.news });
	return qaPrompt(task, { ...promptPlace(task, config), ...place });
}

/** To an agent that finds out why tries fail; `news`: to one that goes on with that. */
export function lookPrompt(
	task: Task,
	config: ProjectConfig,
	{ answerFile, news }: { readonly answerFile: string; readonly news: NewWords | null },
): string {
	if (news !== null) return resumeLookPrompt(task, { answerFile, product: null, ...news });
	return researchPrompt(task, { ...promptPlace(task, config), answerFile });
}
