/**
 * Commits between simulated machines: asked for as a question, served as the real protocol serves them (by what the
 * asker may have), refused for the same reasons; the objects are copied instead of packed. An answer may get lost.
 */
import { z } from 'zod';
import type { MayServe, Packs, PullAttempt, PullMain } from '../../../shared/mesh/pack.ts';
import type { Rpc } from '../../../shared/mesh/rpc.ts';
import { type CommitId, ganglineError, type NodeId, parseCommitId } from '../../../shared/ports/index.ts';
import type { SimObjects } from '../../../shared/ports/sim/index.ts';
import { copyCommit, hasCommit, type KeptRepository, type SimRepositories } from './repositories.ts';

const pullMethod = {
	name: 'sim.pull',
	args: z.strictObject({ project: z.string(), ref: z.string(), commit: z.string() }),
	result: z.strictObject({ path: z.string() }),
};

export interface SimPacksOptions {
	readonly rpc: Rpc;
	readonly mayServe: MayServe;
	readonly own: SimRepositories;
	/** The repositories of the machine of a node. */
	readonly of: (node: NodeId) => SimRepositories;
}

type Pull = Pick<PullMain, 'node' | 'project' | 'want' | 'signal'>;

export function openSimPacks({ rpc, mayServe, own, of }: SimPacksOptions): Packs & AsyncDisposable {
	rpc.serve(pullMethod, async ({ project, ref, commit }, peer) => {
		const path = await mayServe(peer, project, ref);
		if (path === null) throw ganglineError('FORBIDDEN', `${peer.node} may not have ${ref} of ${project}`);
		const kept = own.find(path);
		const tip = kept && (await tipOf(kept, ref));
		const isThere = kept && tip && hasCommit(kept.objects, parseCommitId(commit));
		if (!isThere || !kept.objects.ancestry(tip).has(parseCommitId(commit))) {
			throw ganglineError('NOTHING_TO_SHOW', `${ref} does not contain ${commit}`);
		}
		return { path };
	});
	const pull = async ({ node, project, want, signal }: Pull): Promise<SimObjects> => {
		const asked = { project, ref: want.ref, commit: want.commit };
		const { path } = await rpc.ask(node, pullMethod, asked, { timeoutMs: 30_000, ...(signal && { signal }) });
		return of(node).at(path).objects;
	};
	return {
		async pullMain(input) {
			const into = input.into as unknown as Into;
			copyCommit(await pull(input), into.kept.objects, input.want.commit);
			return { kind: await into.advance(input.want.commit) };
		},
		async pullAttempt(input: PullAttempt) {
			const into = input.into as unknown as Into;
			const from = await pull(input);
			if (!from.ancestry(input.want.commit).has(input.base)) {
				throw ganglineError('REFUSED', `${input.want.commit} did not grow on ${input.base}`);
			}
			copyCommit(from, into.kept.objects, input.want.commit);
			return into.keep(input.as, input.want.commit);
		},
		[Symbol.asyncDispose]: async () => {},
	};
}

interface Into {
	readonly kept: KeptRepository;
	advance(to: CommitId): Promise<'moved' | 'same' | 'behind' | 'diverged'>;
	keep(ref: string, commit: CommitId): Promise<{ kind: 'kept' } | { kind: 'exists'; commit: CommitId }>;
}

async function tipOf({ git }: KeptRepository, ref: string): Promise<CommitId | null> {
	if (ref.startsWith('refs/heads/')) return git.main();
	return (await git.refs(ref)).find((one) => one.ref === ref)?.commit ?? null;
}
