/**
 * A worker as a home speaks to it: by messages, wherever it runs. An answer may be lost; what must happen is asked again
 * by the next pass, so nothing here is done twice by being said twice.
 */
import type { Rpc } from '../../shared/mesh/rpc.ts';
import type { LogLine } from '../../shared/operations/index.ts';
import { GanglineError, type Log, type NodeId } from '../../shared/ports/index.ts';
import type { OfferAnswer, Task } from '../../shared/protocol/work.ts';
import {
	type ToldShown,
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

export interface LogQuery {
	readonly run: string | null;
	readonly lines: number;
	/** Only lines with this text, in small or capital letters. */
	readonly contains?: string;
}

export interface LogTail {
	readonly run: string | null;
	readonly lines: readonly LogLine[];
	readonly dropped: number;
}

export interface WorkerLink {
	/** Never throws: who cannot be reached has declined. */
	offer(task: Task): Promise<OfferAnswer>;
	/** False, and nothing begun that we know of, when there is no room or no answer. */
	begin(task: Task): Promise<boolean>;
	/** Asks to end what runs for an item; what the worker says next shows whether it did. */
	cancel(key: string, reason: string): Promise<void>;
	/** Tells whoever works on the item; false where nothing hears it. Throws where the worker cannot be asked. */
	say(key: string, words: string, person: string): Promise<boolean>;
	/** Answers an open question; false where it is not open any more. Throws where the worker cannot be asked. */
	answer(key: string, id: string, decision: { readonly allow: boolean; readonly who: string }): Promise<boolean>;
	/** Where the item's clone lies there; null where there is none. Throws where the worker cannot be asked. */
	folder(key: string): Promise<string | null>;
	/** What the task's first session would be told there. Throws where the worker cannot be asked. */
	told(task: Task, forResearch: boolean): Promise<ToldShown>;
	/** The report was settled: it may be forgotten, and nothing begins under its grant any more. */
	acknowledge(task: Task): Promise<void>;
	/** The end of a run's log, the newest where none is named. Throws where the worker cannot be asked. */
	log(key: string, query: LogQuery): Promise<LogTail>;
	/** A run's lines as they are written, until it ends. Throws where the worker cannot be asked, or goes away. */
	follow(place: FollowedRun, signal: AbortSignal): AsyncIterable<readonly LogLine[]>;
}

export interface FollowedRun {
	readonly key: string;
	readonly run: string;
	/** Lines after this one; negative: so many of the last, and what comes. */
	readonly after: number;
}

/** An offer is answered from memory; longer means that nobody is there. */
const answerMsMax = 5_000;

export function remoteWorker(
	node: NodeId,
	{ rpc, project, log }: { readonly rpc: Pick<Rpc, 'ask' | 'askStream'>; readonly project: string; readonly log: Log },
): WorkerLink {
	const timeout = { timeoutMs: answerMsMax };
	const unanswered = (what: string, error: unknown): string => {
		if (!(error instanceof GanglineError)) throw error;
		log.info('worker.notAsked', { node, what, code: error.code, why: error.message });
		return error.message.slice(0, 1_000);
	};
	return {
		offer: (task) =>
			rpc
				.ask(node, workOffer, { task }, timeout)
				.catch((error: unknown) => ({ kind: 'declined' as const, reason: unanswered('offer', error) })),
		begin: (task) =>
			rpc.ask(node, workBegin, { task }, timeout).then(
				({ begun }) => begun,
				(error: unknown) => unanswered('begin', error) === null,
			),
		cancel: async (key, reason) => {
			const args = { project, key, reason: reason.slice(0, 1_000) };
			await rpc.ask(node, workCancel, args, timeout).catch((error: unknown) => unanswered('cancel', error));
		},
		say: async (key, words, person) => (await rpc.ask(node, workSay, { project, key, words, person }, timeout)).told,
		answer: async (key, id, { allow, who }) =>
			(await rpc.ask(node, workAnswer, { project, key, id, allow, person: who }, timeout)).taken,
		folder: async (key) => (await rpc.ask(node, workFolder, { project, key }, timeout)).folder,
		told: (task, forResearch) => rpc.ask(node, workTold, { task, forResearch }),
		acknowledge: async ({ item, token }) => {
			const args = { project, key: item.key, token, over: true };
			await rpc.ask(node, workAcknowledge, args, timeout).catch((error: unknown) => unanswered('acknowledge', error));
		},
		log: (key, query) => rpc.ask(node, workLog, { project, key, ...query }),
		follow: async function* (place, signal) {
			for await (const { lines } of rpc.askStream(node, workLines, { project, ...place }, { signal })) yield lines;
		},
	};
}
