/**
 * Which documents the edge has, and for whom: `<project>/index/<generation>` to look at, `<project>/text/<item>` to
 * write with a member's access. Rights and generations are looked at again whenever they may have changed.
 */
import type { DocumentChange, ItemText, ProjectIndex } from '../../shared/documents/index.ts';
import type { Mesh } from '../../shared/mesh/index.ts';
import { type Caller, mayAsk } from '../../shared/operations/index.ts';
import type { PresentPeople, ProjectReplica, ReplicaSeat, ReplicaSet } from '../../shared/replica/index.ts';
import { closeCodes, type Opened, type Refusal, type ServedDocument } from './served-document.ts';

export interface ProjectDocumentsOptions {
	readonly replicas: Pick<ReplicaSet, 'find'>;
	readonly mesh: Pick<Mesh, 'facts' | 'onFacts'>;
	/** Told who looks at what. */
	readonly present: Pick<PresentPeople, 'enter'>;
}

type OpenDocument = Extract<Opened, { kind: 'document' }>;

const namePattern = /^([0-9A-Z]{26})\/(index|text)\/([0-9A-Za-z]{1,40})$/;

/** The document of that name, for the caller. */
export async function openProjectDocument(
	{ replicas, mesh, present }: ProjectDocumentsOptions,
	name: string,
	caller: Caller,
): Promise<Opened> {
	const [, project = '', kind, part = ''] = namePattern.exec(name) ?? [];
	const seat = replicas.find({ kind: 'id', id: project });
	if (!seat) return refused(closeCodes.unknownDocument, `no document ${name.slice(0, 60)} is here`);
	const onRights = (tell: (refusal: Refusal) => void) =>
		mesh.onFacts(() => tellRights(mesh, { project, caller }, tell));
	const { person } = caller;
	const onServed = () => present.enter({ person, project, item: kind === 'index' ? null : part });
	if (kind === 'index') return openIndex(seat, part, { onRights, onServed });
	return openText(seat, part, { onRights, onServed }, mayAsk(caller.access, 'member'));
}

/** As for who writes by a command: an item of the archive stays as it was, and one that was deleted has no text. */
async function openText(
	{ replica }: ReplicaSeat,
	item: string,
	watching: Watching,
	isMember: boolean,
): Promise<Opened> {
	const { onRights, onServed } = watching;
	const text = await replica.text(item);
	const stage = replica.views().get(item)?.stage.kind;
	if (!text || stage === undefined) return refused(closeCodes.unknownDocument, 'no such item is known here');
	const isArchived = stage === 'archived';
	return {
		kind: 'document',
		document: servedText(text),
		mayWrite: isMember && !isArchived,
		onServed,
		onClosed: (tell) => {
			const stops = [
				onRights(tell),
				replica.subscribe(({ items }) => {
					if (items !== null && !items.has(item)) return;
					const now = replica.views().get(item)?.stage.kind;
					if (now === undefined) tell({ code: closeCodes.tryAgain, reason: 'this item is not here any more' });
					else if ((now === 'archived') !== isArchived)
						tell({ code: closeCodes.tryAgain, reason: 'this item went to the archive: it stays as it is' });
				}),
			];
			return () => {
				for (const stop of stops) stop();
			};
		},
	};
}

interface Watching {
	readonly onRights: OpenDocument['onClosed'];
	readonly onServed: () => () => void;
}

function openIndex({ replica }: ReplicaSeat, generation: string, { onRights, onServed }: Watching): Opened {
	const { index } = replica;
	if (index.generation !== generation) return { kind: 'refused', refusal: closedGeneration(replica) };
	return {
		kind: 'document',
		document: served(index, (tell) => index.subscribe(({ change }) => tell(change))),
		mayWrite: false,
		onServed,
		onClosed: (tell) => {
			const stops = [
				onRights(tell),
				replica.subscribe(() => {
					if (replica.index.generation !== generation) tell(closedGeneration(replica));
				}),
			];
			return () => {
				for (const stop of stops) stop();
			};
		},
	};
}

function servedText(text: ItemText): ServedDocument {
	return {
		...served(text, (tell) => text.subscribe(tell)),
		get stateVector() {
			return text.stateVector;
		},
		apply: (update, from) => text.apply(update, from),
	};
}

function served(
	document: Pick<ProjectIndex, 'name' | 'stateVector' | 'difference'>,
	follow: (tell: (change: DocumentChange) => void) => () => void,
): ServedDocument {
	return {
		name: document.name,
		get stateVector() {
			return document.stateVector;
		},
		difference: (vector) => document.difference(vector),
		subscribe: (listener) => follow(({ update }) => listener(update)),
	};
}

/** The owner of this machine is one by the note in its folder, whether the registry names a person so or not. */
function tellRights(
	mesh: Pick<Mesh, 'facts'>,
	{ project, caller: { person, access } }: { readonly project: string; readonly caller: Caller },
	tell: (refusal: Refusal) => void,
): void {
	const { people, projects } = mesh.facts();
	if (!Object.hasOwn(projects, project)) {
		tell({ code: closeCodes.unknownDocument, reason: 'the project is no part of the mesh any more' });
		return;
	}
	const known = Object.hasOwn(people, person) ? people[person] : undefined;
	if (known === undefined) tell({ code: closeCodes.unauthenticated, reason: 'this person is no longer known here' });
	else if (known.access !== access)
		tell({ code: closeCodes.tryAgain, reason: 'your access has changed: connect again' });
}

/** The last word is the name to ask for, with a document that has nothing: generations are never merged. */
function closedGeneration({ id, index }: Pick<ProjectReplica, 'id' | 'index'>): Refusal {
	return { code: closeCodes.closedGeneration, reason: `the index goes on as ${id}/index/${index.generation}` };
}

const refused = (code: Refusal['code'], reason: string): Opened => ({ kind: 'refused', refusal: { code, reason } });
