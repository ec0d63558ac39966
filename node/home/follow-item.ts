/**
 * What is written for an item wherever it runs, one run after the other: each from the worker that has it, from the line
 * on where a lost connection left off. Whoever reads slowly slows the worker's sending, not the run.
 */
import type { LogLine } from '../../shared/operations/index.ts';
import { type Clock, GanglineError, type NodeId, parseNodeId, pause } from '../../shared/ports/index.ts';
import type { LinePosition } from '../../shared/protocol/work-methods.ts';
import type { RunRecord } from './run-book.ts';
import type { WorkerLink } from './worker-link.ts';

export interface ItemFollowing {
	/** Of an item, oldest first. */
	readonly runs: (key: string) => readonly RunRecord[];
	readonly link: (node: NodeId) => Pick<WorkerLink, 'follow'>;
	readonly self: NodeId;
	readonly clock: Clock;
}

/** How much of what was written before comes first. */
const pastLines = 200;
/** Until it is looked again whether a run has begun, or its worker is back. */
const againMs = 1_000;

/** Lines with the node that wrote them, after a position (null: the end of what there is), until `signal`. */
export async function* followItem(
	{ runs, link, self, clock }: ItemFollowing,
	{ key, after }: { readonly key: string; readonly after: LinePosition | null },
	signal: AbortSignal,
): AsyncGenerator<{ readonly node: NodeId; readonly lines: readonly LogLine[] }, void, undefined> {
	let at = after;
	/** The last run of which no more will come. */
	let finished: string | null = null;
	while (!signal.aborted) {
		const record = nextRun(runs(key), at?.run ?? null, finished);
		if (record !== undefined) {
			const node = record.node === null ? self : parseNodeId(record.node);
			const from = at?.run === record.run ? at.seq : at === null ? -pastLines : 0;
			try {
				for await (const lines of link(node).follow({ key, run: record.run, after: from }, signal)) {
					at = { run: record.run, seq: lines.at(-1)?.seq ?? from };
					yield { node, lines };
				}
			} catch (error) {
				if (signal.aborted) return;
				if (!(error instanceof GanglineError) || error.disposition === 'peer') throw error;
			}
			// A worker that is away keeps its lines; of a run that has ended nobody waits for them.
			if (record.endedAt !== null) {
				finished = record.run;
				if (at?.run !== record.run) at = { run: record.run, seq: 0 };
				continue;
			}
		}
		await pause(clock, againMs, signal).catch(() => undefined);
	}
}

/** The one that is being read, or the one after it; the newest for a new reader. */
function nextRun(all: readonly RunRecord[], reading: string | null, finished: string | null): RunRecord | undefined {
	if (reading === null) return all.at(-1);
	const index = all.findIndex(({ run }) => run === reading);
	if (index < 0) return all.at(-1)?.run === finished ? undefined : all.at(-1);
	return reading === finished ? all[index + 1] : all[index];
}
