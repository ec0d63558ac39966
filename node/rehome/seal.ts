/**
 * The old home's side of a move: the project is stopped with its work kept, what it was is written down for the new
 * home, and from then on this node decides nothing about it [I3]: not after a restart either.
 */
import { toBase64 } from '../../shared/log/index.ts';
import { type CommitId, ganglineError, type NodeId } from '../../shared/ports/index.ts';
import type { Sealed } from '../../shared/protocol/rehome.ts';
import type { NodeParts } from '../compose.ts';
import type { Project } from '../home/project.ts';
import type { ProjectRecord } from '../home/project-parts.ts';
import type { Projects } from '../home/projects.ts';
import { ceaseWrites, formerHome, formerKeys, resumeWrites } from './records.ts';

/** @throws GanglineError UNKNOWN_PROJECT where it is not at home here */
export async function sealProject(
	parts: NodeParts,
	projects: Projects,
	{ project: id, to }: { readonly project: string; readonly to: NodeId },
): Promise<Sealed> {
	const { store, identity, checkouts, log } = parts;
	const before = await formerHome(store, id);
	const project = projects.all().find((one) => one.id === id);
	if (!project) {
		if (before?.sealed && before.to === to) return before.sealed;
		throw ganglineError('UNKNOWN_PROJECT', `project ${id} is not at home here`);
	}
	const record = await projects.release(id);
	const key = toBase64(identity.publicKey);
	const sealed: Sealed = {
		...(await leftBehind(parts, record)),
		...factsOf(project),
		paused: record.paused,
		homeKeys: [...(await formerKeys(store, id)), key],
	};
	await store.write(ceaseWrites(id, { record, to, sealed }, key));
	await checkouts.keep(id, record.path);
	log.info('project.sealed', { project: record.name, to, main: sealed.main, revision: sealed.revision });
	return sealed;
}

/** The move did not come about: this node is the home again. */
export async function unsealProject({ store, log }: NodeParts, projects: Projects, id: string): Promise<void> {
	const former = await formerHome(store, id);
	if (former === null || former.sealed === null) return;
	await store.write(resumeWrites(id, former));
	await projects.open(former.record);
	log.info('project.unsealed', { project: former.record.name });
}

/** Whether this node has handed the project over, or is about to. */
export async function isSealed({ store }: NodeParts, id: string): Promise<boolean> {
	const former = await formerHome(store, id);
	return former !== null && former.sealed !== null;
}

/** Another node is the home by the registry, without our seal: what only we had is kept for a person to look at. */
export async function cedeProject(parts: NodeParts, projects: Projects, project: Project): Promise<void> {
	const { store, identity, checkouts, log } = parts;
	const { term } = project.home.facts;
	const main = await project.repository.main();
	const ref = `refs/gangline/lost/${term}`;
	if (main !== null) await project.repository.keep(ref, main);
	const record = await projects.release(project.id);
	await store.write(ceaseWrites(project.id, { record, to: null, sealed: null }, toBase64(identity.publicKey)));
	await checkouts.keep(project.id, record.path);
	log.warn('project.ceded', { project: record.name, term, main, ref });
}

function factsOf({ exchange }: Project): Pick<Sealed, 'generation' | 'stateHash' | 'term' | 'revision'> {
	const { generation, stateHash, facts } = exchange.index;
	return { generation, stateHash, term: facts.term, revision: facts.revision };
}

async function leftBehind(parts: NodeParts, record: ProjectRecord): Promise<Pick<Sealed, 'main' | 'refs'>> {
	const repository = await parts.repositories.canonical(record);
	try {
		const main = await repository.main();
		if (main === null) throw ganglineError('UNSUITABLE_REPOSITORY', `${record.name} has no commit on ${record.branch}`);
		const kinds = ['attempts', 'salvage'].map((kind) => repository.refs(`refs/gangline/${kind}`));
		const refs: { ref: string; commit: CommitId; base: CommitId }[] = [];
		for (const { ref, commit } of (await Promise.all(kinds)).flat()) {
			const base = await repository.mergeBase(main, commit);
			if (base !== null) refs.push({ ref, commit, base });
		}
		return { main, refs: refs.slice(0, refsMax) };
	} finally {
		await repository.close();
	}
}

/** As many as the answer holds. */
const refsMax = 5_000;
