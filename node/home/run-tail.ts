/**
 * The end of a run's log for who asks at the home, from the worker that has it; and in every case which it is: still
 * written, whole, on a worker that cannot be asked, or nowhere any more. An empty answer never stands for one of these.
 */
import type { Result } from '../../shared/operations/index.ts';
import { GanglineError, type Log, type NodeId, parseNodeId } from '../../shared/ports/index.ts';
import type { RunRecord } from './run-book.ts';
import type { LogTail, WorkerLink } from './worker-link.ts';

export interface RunTailSource {
	/** Of an item, oldest first. */
	readonly runs: (key: string) => readonly RunRecord[];
	readonly link: (node: NodeId) => Pick<WorkerLink, 'log'>;
	readonly self: NodeId;
	readonly nameOf: (node: NodeId) => string;
	/** Cut off from the mesh for good, or never in it. */
	readonly isGone: (node: NodeId) => boolean;
	readonly log: Log;
}

export interface RunAsked {
	readonly key: string;
	/** Default: the newest. */
	readonly run?: string | undefined;
	readonly lines: number;
	/** Only lines with this text, in small or capital letters. */
	readonly contains?: string | undefined;
	/** The run that the item is worked on in now; null where nobody works on it. */
	readonly current: string | null;
}

type RunTail = Omit<Result<'item.logs'>, 'item'>;

export async function tailRun(source: RunTailSource, asking: RunAsked): Promise<RunTail> {
	const { key, run: wanted, lines, contains } = asking;
	const { runs, link, self, log } = source;
	const all = runs(key);
	const known = wanted === undefined ? all.at(-1) : all.find(({ run }) => run === wanted);
	const node = known?.node ? parseNodeId(known.node) : self;
	try {
		const asked = { run: wanted ?? known?.run ?? null, lines };
		const tail = await link(node).log(key, contains === undefined ? asked : { ...asked, contains });
		if (contains !== undefined && tail.lines.length === 0) {
			// Nothing found in a log that is there is no log that is missing.
			const whole = await tailRun(source, { ...asking, contains: undefined, lines: 1 });
			return { ...whole, lines: [], dropped: 0 };
		}
		return known === undefined ? unbooked(tail, wanted) : booked(tail, known, { ...asking, name: source.nameOf(node) });
	} catch (error) {
		if (!(error instanceof GanglineError) || known === undefined) throw error;
		log.info('runLog.away', { item: key, node, code: error.code });
		return unreachable(known, error, { name: source.nameOf(node), isGone: source.isGone(node) });
	}
}

const none = { lines: [], dropped: 0 };

/** Of a run that the home has no record of: from before there were records, or of a name that nobody gave. */
function unbooked({ run, lines, dropped }: LogTail, wanted: string | undefined): RunTail {
	if (run !== null && lines.length > 0) {
		const shown = { id: run, startedAt: lines[0]?.at ?? 0, endedAt: null, outcome: null };
		return { run: shown, state: 'final', words: null, lines: [...lines], dropped };
	}
	if (wanted === undefined) return { run: null, state: 'none', words: null, ...none };
	return { run: null, state: 'missing', words: `no run ${wanted} of this item is known`, ...none };
}

function booked(
	{ lines, dropped }: LogTail,
	known: RunRecord,
	{ current, name }: { readonly current: string | null; readonly name: string },
): RunTail {
	const run = shownRun(known);
	// What a run writes last is how it ended: one that is over has left at least that line.
	const state = known.endedAt === null && known.run === current ? 'live' : lines.length === 0 ? 'missing' : 'final';
	const words = state === 'missing' ? `the log of run ${known.run} is no longer on ${name}${outcomeOf(known)}` : null;
	return { run, state, words, lines: [...lines], dropped };
}

function unreachable(
	known: RunRecord,
	error: GanglineError,
	{ name, isGone }: { readonly name: string; readonly isGone: boolean },
): RunTail {
	const run = shownRun(known);
	const where = isGone
		? `went with ${name}, which is no longer in the mesh`
		: `is on ${name}, which cannot be asked now: ${error.message}`;
	const words = `the log of run ${known.run} ${where}${outcomeOf(known)}`;
	return { run, state: isGone ? 'missing' : 'away', words, ...none };
}

function shownRun({ run, startedAt, endedAt, outcome }: RunRecord): NonNullable<RunTail['run']> {
	return { id: run, startedAt, endedAt, outcome };
}

/** What the home knows without the log. */
function outcomeOf({ outcome }: RunRecord): string {
	return outcome === null ? '' : `; the run ended: ${outcome}`;
}
