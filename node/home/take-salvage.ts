/**
 * Work that nobody committed, from the clones of workers elsewhere [I7]: kept at the home under a ref that can only be
 * created. Only of items that the worker was once granted, within the bounds of an attempt, and so many per worker and
 * item, because nothing of it was judged.
 */
import type { Packs } from '../../shared/mesh/pack.ts';
import type { Rpc } from '../../shared/mesh/rpc.ts';
import { ganglineError, type Log, type NodeId, parseCommitId } from '../../shared/ports/index.ts';
import { workSalvaged } from '../../shared/protocol/work-methods.ts';
import type { Project } from './project.ts';

export interface SalvageDesk {
	readonly rpc: Pick<Rpc, 'serve'>;
	readonly packs: Pick<Packs, 'pullAttempt'>;
	readonly log: Log;
	/** Those whose home is here. */
	readonly projects: () => readonly Pick<Project, 'id' | 'desk' | 'runs' | 'repository'>[];
}

/** Of one worker for one item; each is a clone that was given up. */
const keptMax = 20;

/** Begins to answer `work.salvaged`. */
export function serveSalvage({ rpc, packs, log, projects }: SalvageDesk): void {
	rpc.serve(workSalvaged, async ({ project: id, key, at, commit, base }, { node }) => {
		const project = projects().find((one) => one.id === id);
		if (!project?.desk.mayWork(node) || !project.runs.runs(key).some((run) => run.node === node)) {
			throw ganglineError('FORBIDDEN', `${node} never worked for item ${key} of project ${id} here`);
		}
		const { repository } = project;
		const as = salvageRefOf({ node, key, at });
		const own = (await repository.refs(`refs/gangline/salvage/${key}`)).filter(({ ref }) => ref.includes(`/${node}-`));
		if (own.some(({ ref }) => ref === as)) return { kept: true as const };
		if (own.length >= keptMax) {
			throw ganglineError('REFUSED', `${keptMax} clones of ${node} are kept for this item already`, {
				hint: 'gangline salvage shows them',
			});
		}
		const from = parseCommitId(base);
		const kept = await packs.pullAttempt({
			...{ node, project: id, into: repository, as, base: from, have: [from] },
			want: { ref: `refs/gangline/salvage/${key}/${at}`, commit: parseCommitId(commit) },
		});
		log.info('salvage.taken', { item: key, node, ref: as, kept: kept.kind });
		return { kept: true as const };
	});
}

function salvageRefOf({ node, key, at }: { node: NodeId; key: string; at: number }): string {
	return `refs/gangline/salvage/${key}/${node}-${at}`;
}
