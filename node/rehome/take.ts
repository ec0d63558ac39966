/**
 * The new home's side of a move: facts as sealed (or all that is here, where the old home is lost), main and the kept
 * refs, a checkout of a person of this machine. With these it begins a higher term in a generation of its own; it acts
 * only when the registry names it.
 */
import { ProjectIndex } from '../../shared/documents/index.ts';
import type { ProjectFacts } from '../../shared/pipeline/index.ts';
import { ganglineError, type NodeId, parseCommitId } from '../../shared/ports/index.ts';
import type { Sealed } from '../../shared/protocol/rehome.ts';
import type { MeshProject } from '../../shared/registry/index.ts';
import type { ProjectReplica, ReplicaSeat } from '../../shared/replica/index.ts';
import type { NodeParts } from '../compose.ts';
import type { Projects } from '../home/projects.ts';
import { becomeWrites, takenHome, takeWrites } from './records.ts';

/** How long the facts may take to arrive here. */
const factsMsMax = 60_000;

export interface Taking {
	readonly seat: ReplicaSeat;
	/** As the registry has it before the move. */
	readonly known: MeshProject;
	readonly from: NodeId;
	readonly sealed: Sealed | null;
}

/** @throws GanglineError REFUSED with what is missing on this node */
export async function takeProject(parts: NodeParts, taking: Taking): Promise<{ readonly term: number }> {
	const { store, random, identity, checkouts, log } = parts;
	const { seat, known, sealed } = taking;
	const { replica } = seat;
	const path = checkouts.of(known.id);
	if (path === null) {
		throw ganglineError(
			'REFUSED',
			`${seat.nodeName(seat.self)} has no checkout of ${known.name}, and a home needs one`,
			{
				hint: 'there: clone the repository, run `gangline start` in the clone, then move it again',
			},
		);
	}
	if (sealed) {
		await arrived(replica, sealed, parts);
		await bringCommits(parts, taking, sealed);
	} else {
		const { id, branch } = known;
		await (await parts.repositories.canonical({ id, path, branch }, { anew: true })).close();
	}
	// Read in one: a home that was given up and lives goes on meanwhile, and its later refusals belong to later facts.
	const { facts } = replica;
	const { refusals, generation: before } = replica.index;
	const term = Math.max(facts.term, known.term) + 1;
	const generation = generationAfter(before, parts.clock.now());
	const paused = sealed?.paused ?? false;
	const record = { id: known.id, name: known.name, path, branch: known.branch, paused };
	const keys = sealed ? sealed.homeKeys : [known.homeKey];
	const index = await ProjectIndex.open({
		...{ store, random, identity, generation, project: known.id },
		homeKey: identity.publicKey,
	});
	const taken = takeWrites(known.id, { record, term, generation }, keys);
	await index.publish(newTerm(facts, { term, isLost: sealed === null }), taken, refusals);
	log.info('project.taken', { project: known.name, term, generation, revision: facts.revision, lost: sealed === null });
	return { term };
}

/**
 * One that no home has begun by itself: at least a thousand ahead of what is known here, and ahead of what this node
 * counted when it was the home before and its store was damaged, which was seconds since 1970 too.
 */
function generationAfter(known: string, nowMs: number): string {
	return String(Math.max((Math.floor(Number(known) / 1_000) + 2) * 1_000, Math.floor(nowMs / 1_000)));
}

/**
 * The registry names this node: what was taken is opened, or what could not be opened before. False where it cannot be
 * now; another call tries again.
 */
export async function becomeHome({ store, log }: NodeParts, projects: Projects, id: string): Promise<boolean> {
	const taken = await takenHome(store, id);
	if (taken !== null) await store.write(becomeWrites(store, id, taken));
	const isOpen = await projects.reopen(id);
	if (taken !== null && isOpen) log.info('project.atHome', { project: taken.record.name, term: taken.term });
	return isOpen;
}

/**
 * Rights come anew from this home. Where the old one is lost, numbers that it may have given are left out: the rest of its
 * thousand, the next one (where a damaged home goes on by itself, open-facts.ts), and those of lost homes in between.
 */
export function newTerm(
	facts: ProjectFacts,
	{ term, isLost }: { readonly term: number; readonly isLost: boolean },
): ProjectFacts {
	const thousands = Math.floor(facts.nextNumber / 1_000) + 2 * Math.min(term - facts.term, unheardTermsMax);
	return { ...facts, term, nextNumber: isLost ? thousands * 1_000 + 1 : facts.nextNumber, authors: {} };
}

/** Terms that were counted and not heard of; what a damaged home counts by itself is no number of homes. */
const unheardTermsMax = 20;

/** Resolves when the replica holds exactly the sealed state. */
async function arrived(replica: ProjectReplica, sealed: Sealed, { clock }: NodeParts): Promise<void> {
	const isThere = (): boolean =>
		replica.index.generation === sealed.generation && replica.index.stateHash === sealed.stateHash;
	const waiting = Promise.withResolvers<void>();
	const unsubscribe = replica.subscribe(() => {
		if (isThere()) waiting.resolve();
	});
	const cancel = clock.after(factsMsMax, () =>
		waiting.reject(ganglineError('PEER_UNREACHABLE', `the last facts of ${replica.name} have not arrived here yet`)),
	);
	if (isThere()) waiting.resolve();
	await waiting.promise.finally(() => {
		unsubscribe();
		cancel();
	});
}

async function bringCommits(parts: NodeParts, { known, from }: Taking, sealed: Sealed): Promise<void> {
	const { packs } = parts.doors;
	const main = parseCommitId(sealed.main);
	const into = await parts.repositories.handedOver(known, main);
	try {
		const own = await into.main();
		const pull = { node: from, project: known.id, into };
		const want = { ref: `refs/heads/${known.branch}`, commit: main };
		const { kind } = await packs.pullMain({ ...pull, want, have: own === null ? [] : [own] });
		if (kind === 'diverged' || kind === 'behind') await into.startOver(main);
		for (const { ref, commit, base } of sealed.refs) {
			const at = { ref, commit: parseCommitId(commit) };
			await packs.pullAttempt({ ...pull, want: at, have: [main], as: ref, base: parseCommitId(base) });
		}
	} finally {
		await into.close();
	}
}
