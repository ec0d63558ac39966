/**
 * What an agent is told besides the item: the project's own words for its role and its guides, as main has them, and
 * what the home knows of earlier tries. Gathered when a grant is given, so that a worker elsewhere needs to ask nothing
 * and `gangline prompt show` says what it would get. Never read from a candidate [I9].
 */
import { type CanonicalRepository, commitSubjects } from '../../shared/git/index.ts';
import type { HistoryAnswer } from '../../shared/operations/index.ts';
import type { Item } from '../../shared/pipeline/index.ts';
import { type CommitId, GanglineError, type Log, type Store } from '../../shared/ports/index.ts';
import { type AgentRole, rolePromptPath } from '../../shared/project/index.ts';
import { type Brief, rolePromptCharactersMax } from '../../shared/protocol/work.ts';
import { readHistory } from './history.ts';

/** Files that say to agents how to work in a repository. They are named to them, never copied or changed. */
const guideNames = ['AGENTS.md'] as const;
const fileBytesMax = 1024 * 1024;
const historyEntriesMax = 15;
const commitsMax = 15;
const lineCharactersMax = 400;
/** What only the machinery cares about. */
const untold: ReadonlySet<string> = new Set(['grant', 'release', 'edit', 'add', 'start', 'result']);

export interface BriefSources {
	readonly project: string;
	readonly repository: Pick<CanonicalRepository, 'file' | 'refs' | 'git' | 'path'>;
	readonly store: Store;
	readonly log: Log;
}

export interface BriefFor {
	readonly item: Item;
	readonly role: AgentRole;
	readonly main: CommitId;
	/** Whether a research agent is told of the item too. */
	readonly withResearch?: boolean;
}

/** Gathers a brief; what cannot be read is left out and logged, because the item itself is the task. */
export async function gatherBrief(
	sources: BriefSources,
	{ item, role, main, withResearch = false }: BriefFor,
): Promise<Brief> {
	const isFirst = item.tries.totalAttempts <= 1 && item.lastFailure === null && item.words.length === 0;
	const own = await textAt(sources, main, rolePromptPath(role));
	const research = withResearch ? await textAt(sources, main, rolePromptPath('research')) : null;
	const entries = isFirst ? [] : await historyOf(sources, item);
	return {
		role: own,
		...(withResearch && { research }),
		guides: await guides(sources, main),
		history: entries.filter(isTold).slice(-historyEntriesMax).map(historyLine),
		commits: isFirst ? [] : await lastTry(sources, item, main),
	};
}

async function historyOf({ project, store, log }: BriefSources, { key }: Item): Promise<readonly HistoryAnswer[]> {
	try {
		return (await readHistory(store, { project, key, limit: 200 })).entries;
	} catch (error) {
		if (!(error instanceof GanglineError)) throw error;
		log.warn('brief.noHistory', { item: key, why: error.message });
		return [];
	}
}

async function guides(sources: BriefSources, main: CommitId): Promise<readonly string[]> {
	const found: string[] = [];
	for (const name of guideNames) {
		if ((await textAt(sources, main, name)) !== null) found.push(name);
	}
	return found;
}

/** The beginning of a file of main; null where there is none, or what lies there is far too large to be read by anyone. */
async function textAt({ repository, log }: BriefSources, main: CommitId, path: string): Promise<string | null> {
	try {
		const bytes = await repository.file(main, path, fileBytesMax);
		return bytes && Buffer.from(bytes).toString().slice(0, rolePromptCharactersMax);
	} catch (error) {
		if (!(error instanceof GanglineError)) throw error;
		log.warn('brief.fileNotRead', { path, why: error.message });
		return null;
	}
}

async function lastTry({ repository, log }: BriefSources, { key }: Item, main: CommitId): Promise<readonly string[]> {
	const refs = await repository.refs(`refs/gangline/attempts/${key}`);
	const newest = refs.toSorted((a, b) => revisionOf(a.ref) - revisionOf(b.ref)).at(-1);
	if (newest === undefined) return [];
	try {
		const lines = await commitSubjects(repository, { from: main, to: newest.commit, limit: commitsMax });
		return lines.map((line) => line.slice(0, lineCharactersMax));
	} catch (error) {
		if (!(error instanceof GanglineError)) throw error;
		log.warn('brief.noCommits', { item: key, ref: newest.ref, why: error.message });
		return [];
	}
}

/** Refs end with the token: term, a dot, revision. */
function revisionOf(ref: string): number {
	const [term = '0', revision = '0'] = (ref.split('/').at(-1) ?? '').split('.');
	return Number(term) * 1e12 + Number(revision);
}

function isTold({ event, outcome }: HistoryAnswer): boolean {
	return outcome === 'applied' && !untold.has(event);
}

function historyLine({ at, event, who, reason }: HistoryAnswer): string {
	const when = new Date(at).toISOString().slice(0, 16).replace('T', ' ');
	const why = reason === null ? '' : `: ${reason.split('\n', 1)[0]}`;
	return `${when} ${event} (${who})${why}`.slice(0, lineCharactersMax);
}
