/**
 * How one attempt may end, as the report that its home gets: what was used until then, which gate said no, which
 * commit was kept. The only place where an attempt's use is summed up, so no ending can leave a session's cost out.
 */
import type { CommitId } from '../../shared/ports/index.ts';
import { addEdits, withCommitted } from '../../shared/protocol/file-edits.ts';
import type { Besides, GateVerdict, TreeVerdict, Usage, WorkReport } from '../../shared/protocol/work.ts';
import type { SessionEnd } from '../agents/index.ts';
import { addUsage, noUsage } from './attempt-words.ts';

const detailCharsMax = 16 * 1024;

export class AttemptReports {
	#usage = noUsage;
	#besides: Besides = {};

	/** So far. */
	get usage(): Usage {
		return this.#usage;
	}

	used(usage: Usage): void {
		this.#usage = addUsage(this.#usage, usage);
	}

	/** A session has ended that may edit. */
	edited(edits: Besides['edits'] = []): void {
		this.#besides = { ...this.#besides, edits: [...addEdits(this.#besides.edits ?? [], edits)] };
	}

	/** What it has committed shows files that no session named. */
	committed(paths: readonly string[]): void {
		this.#besides = { ...this.#besides, edits: [...withCommitted(this.#besides.edits ?? [], paths)] };
	}

	/** By an agent that is not the task's. */
	usedBy(agent: string, usage: Usage): void {
		this.used(usage);
		this.#besides = { ...this.#besides, shares: [...(this.#besides.shares ?? []), { agent, usage }].slice(-4) };
	}

	/** An account is limited, whatever becomes of the work. `until` in wall ms. */
	limited({ agent, account, until }: { agent: string; account: string | null; until: number }): void {
		const met = { agent, ...(account === null ? {} : { account }), until };
		this.#besides = { ...this.#besides, limits: [...(this.#besides.limits ?? []), met].slice(-4) };
	}

	result(commit: CommitId, base: CommitId, verdict: TreeVerdict): WorkReport {
		return { kind: 'result', commit, base, verdict, usage: this.#usage, ...this.#besides };
	}

	gateFailed(gate: GateVerdict, commit: CommitId): WorkReport {
		const { gate: name, kind, why, tail } = gate;
		const reason = name === 'setup' ? why : `gate ${name}: ${why}`;
		return { ...this.failed(reason, tail, commit), gate: name, gateKind: kind };
	}

	failed(reason: string, detail: string, commit: CommitId | null): Extract<WorkReport, { kind: 'failed' }> {
		const usage = this.#usage;
		return {
			...{ kind: 'failed', reason, gate: null, gateKind: null, detail: detail.slice(-detailCharsMax), commit, usage },
			...this.#besides,
		};
	}

	blocked(reason: string, commit: CommitId | null): Extract<WorkReport, { kind: 'blocked' }> {
		return { kind: 'blocked', reason: reason.slice(0, detailCharsMax), commit, usage: this.#usage, ...this.#besides };
	}

	/** `now`: what it waits for where nobody has said until when, wall ms. */
	rateLimited({ outcome }: Pick<SessionEnd, 'outcome'>, now: number): WorkReport {
		const until = outcome.kind === 'rateLimited' ? outcome.until : now;
		return { kind: 'rateLimited', until, usage: this.#usage, ...this.#besides };
	}

	stopped(reason: string, commit: CommitId | null): WorkReport {
		return { kind: 'stopped', reason, commit, usage: this.#usage, ...this.#besides };
	}
}
