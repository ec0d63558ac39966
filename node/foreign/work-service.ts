/**
 * Where homes of other nodes speak to this worker. Only the home of a project by the registry is heard about it, and only
 * while the registry lets this node work for it; a draining node takes nothing new and lets what runs end [I13].
 */
import type { Rpc } from '../../shared/mesh/rpc.ts';
import type { LogLine } from '../../shared/operations/index.ts';
import { ganglineError, type Log, type NodeId, type Peer } from '../../shared/ports/index.ts';
import {
	workAcknowledge,
	workAnswer,
	workBegin,
	workCancel,
	workFolder,
	workLines,
	workLog,
	workOffer,
	workSay,
	workTold,
} from '../../shared/protocol/work-methods.ts';
import type { FollowedRun, LogQuery, LogTail } from '../home/worker-link.ts';
import type { ForeignProject } from './foreign-project.ts';

export interface WorkServiceOptions {
	readonly rpc: Pick<Rpc, 'serve' | 'serveStream'>;
	readonly log: Log;
	/** By the registry: the home of a project that this node works for; null where it does not. */
	readonly homeOf: (project: string) => NodeId | null;
	/** Why nothing new is taken, by the registry; null while it is. */
	readonly takesNothing: () => string | null;
	readonly project: (id: string) => ForeignProject | undefined;
	readonly runLog: (project: string, key: string, query: LogQuery) => LogTail;
	/** Where an item's clone lies here; null where it has none. */
	readonly folder: (project: string, key: string) => string | null;
	/** Lines of a run as they are written, until it ends. */
	readonly follow: (project: string, run: FollowedRun, signal: AbortSignal) => AsyncIterable<readonly LogLine[]>;
}

/** Begins to answer `work.offer`, `begin`, `cancel`, `acknowledge`, `log` and `lines`. */
export function serveWork({
	rpc,
	log,
	homeOf,
	takesNothing,
	project,
	runLog,
	folder,
	follow,
}: WorkServiceOptions): void {
	const asked = (id: string, { node }: Peer): ForeignProject => {
		if (homeOf(id) !== node) {
			throw ganglineError('FORBIDDEN', `${node} is not the home of project ${id}, or this node does not work for it`, {
				hint: 'an owner says which node works for what: gangline nodes',
			});
		}
		const found = project(id);
		if (found === undefined) throw ganglineError('UNKNOWN_PROJECT', `project ${id} is not open on this node yet`);
		return found;
	};
	rpc.serve(workOffer, async ({ task }, peer) => {
		const found = asked(task.project, peer);
		const reason = takesNothing();
		return reason === null ? found.offer(task) : { kind: 'declined' as const, reason };
	});
	rpc.serve(workBegin, async ({ task }, peer) => {
		const found = asked(task.project, peer);
		return { begun: takesNothing() === null && found.standing().qualified && found.worker.begin(task) };
	});
	rpc.serve(workCancel, async ({ project: id, key, reason }, peer) => {
		const { worker } = asked(id, peer);
		worker.cancel(key, reason).catch((error: unknown) => log.error('work.notCancelled', { item: key, error }));
		return {};
	});
	rpc.serve(workSay, async ({ project: id, key, words, person }, peer) => ({
		told: asked(id, peer).worker.say(key, words, person),
	}));
	rpc.serve(workAnswer, async ({ project: id, key, id: question, allow, person }, peer) => ({
		taken: asked(id, peer).worker.answer(key, question, { allow, who: person }),
	}));
	rpc.serve(workFolder, async ({ project: id, key }, peer) => {
		asked(id, peer);
		return { folder: folder(id, key) };
	});
	rpc.serve(workTold, async ({ task, forResearch }, peer) => {
		return await asked(task.project, peer).worker.told(task, forResearch);
	});
	rpc.serve(workAcknowledge, async ({ project: id, key, token, over }, peer) => {
		const { worker, sender } = asked(id, peer);
		await worker.acknowledge({ item: { key }, token }, over);
		sender.acknowledged(key, token);
		return {};
	});
	rpc.serve(workLog, async ({ project: id, key, ...query }, peer) => {
		asked(id, peer);
		return withinFrame(runLog(id, key, query));
	});
	rpc.serveStream(workLines, async function* ({ project: id, ...run }, peer, signal) {
		asked(id, peer);
		for await (const lines of follow(id, run, signal)) {
			// A run may go on for hours, and its project get another home meanwhile.
			asked(id, peer);
			yield { lines: lines.map(wholeMs) };
		}
	});
}

/** Half a frame: the newest lines are kept, what is left out is counted. */
function withinFrame({ run, lines, dropped }: LogTail) {
	let room = charactersMax;
	let from = lines.length;
	for (; from > 0; from--) {
		room -= (lines[from - 1]?.text.length ?? 0) + 100;
		if (room < 0) break;
	}
	const kept = lines.slice(from).map(wholeMs);
	return { run, lines: kept, dropped: dropped + from };
}

const wholeMs = (line: LogLine): LogLine => ({ ...line, at: Math.floor(line.at) });

const charactersMax = 256 * 1024;
