/**
 * How one attempt may end, as the report that its home gets: what was used until then, which gate said no, which
 * commit was kept. The only place where an attempt's use is summed up, so no ending can leave a session's cost out.
 */
import type { CommitId } from '../../shared/ports/index.ts';
import type { GateVerdict, TreeVerdict, Usage, WorkReport } from '../../shared/protocol/work.ts';
import type { SessionEnd } from '../agents/index.ts';
import { addUsage, noUsage } from './attempt-words.ts';

const detailCharsMax = 16 * 1024;

export class AttemptReports {
	#usage = noUsage;

	/** So far. */
	get usage(): Usage {
		return this.#usage;
	}

	used(usage: Usage): void {
		this.#usage = addUsage(this.#usage, usage);
	}

	result(commit: CommitId, base: CommitId, verdict: TreeVerdict): WorkReport {
		return { kind: 'result', commit, base, verdict, usage: this.#usage };
	}

	gateFailed(gate: GateVerdict, commit: CommitId): WorkReport {
		const { gate: name, kind, why, tail } = gate;
		const reason = name === 'setup' ? why : `gate ${name}: ${why}`;
		return { ...this.failed(reason, tail, commit), gate: name, gateKind: kind };
	}

	failed(reason: string, detail: string, commit: CommitId | null): Extract<WorkReport, { kind: 'failed' }> {
		const usage = this.#usage;
		return { kind: 'failed', reason, gate: null, gateKind: null, detail: detail.slice(-detailCharsMax), commit, usage };
	}

	blocked(reason: string, commit: CommitId | null): Extract<WorkReport, { kind: 'blocked' }> {
		return { kind: 'blocked', reason: reason.slice(0, detailCharsMax), commit, usage: this.#usage };
	}

	/** `now`: what it waits for where nobody has said until when, wall ms. */
	rateLimited({ outcome }: Pick<SessionEnd, 'outcome'>, now: number): WorkReport {
		return { kind: 'rateLimited', until: outcome.kind === 'rateLimited' ? outcome.until : now, usage: this.#usage };
	}

	stopped(reason: string, commit: CommitId | null): WorkReport {
		return { kind: 'stopped', reason, commit, usage: this.#usage };
	}
}
