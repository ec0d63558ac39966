/**
 * Operations of projects whose home is another node: answered over the replica that is here. Who asks is the person who
 * sits at this node, by the registry, with that person's access: the key of this machine's API opens this machine, not
 * other people's projects [I13].
 */
import {
	type Caller,
	type Handlers,
	type HandlersAt,
	mayAsk,
	operationNames,
	operations,
	type ProjectRef,
	type Result,
} from '../../../shared/operations/index.ts';
import { type GanglineError, ganglineError } from '../../../shared/ports/index.ts';
import { askReplica, type ProjectCall, type ReplicaSeat, seenProject } from '../../../shared/replica/index.ts';

export interface Elsewhere {
	/** All replicas that are here. */
	seats(): readonly ReplicaSeat[];
	/** Undefined where there is no replica of that project here. */
	seat(ref: ProjectRef): ReplicaSeat | undefined;
	isOwn(ref: ProjectRef): boolean;
	/**
	 * Of a project that the registry has and that is neither own nor a replica just now, because its home moves: resolves
	 * when that may have changed. Null for every other.
	 */
	moving(ref: ProjectRef): Promise<void> | null;
	/** Keeps in mind where a project of another home is checked out here; its id, or null for one that is none. */
	takeCheckout(path: string): Promise<string | null>;
	/** The person who sits here, by the registry; null where nobody does. */
	speaker(): Caller | null;
}

const projectCalls = operationNames.filter(
	(name): name is ProjectCall => operations[name].runsAt === 'project' && operations[name].kind !== 'stream',
);

/** `own`, and where a project's home is elsewhere the answers of its replica. */
export function withElsewhere(own: Partial<Handlers>, elsewhere: Elsewhere): Partial<Handlers> {
	const routed = projectCalls.map((name) => [name, routing(name, own, elsewhere)] as const);
	const { 'project.list': list, 'project.add': add } = own;
	return {
		...own,
		...(Object.fromEntries(routed) as Partial<HandlersAt<'project'>>),
		...(add && {
			'project.add': async (args, caller) => {
				const id = await elsewhere.takeCheckout(args.path);
				return id === null ? add(args, caller) : knownElsewhere(elsewhere.seat({ kind: 'id', id }), id);
			},
		}),
		...(list && {
			'project.list': async (args, caller) => {
				const { projects } = await list(args, caller);
				return { projects: [...projects, ...elsewhere.seats().map(seenProject)] };
			},
		}),
	};
}

function knownElsewhere(seat: ReplicaSeat | undefined, id: string): Result<'project.add'> {
	if (seat) {
		const project = seenProject(seat);
		return {
			project,
			added: false,
			answer: `${project.name} has its home on ${seat.contact.name}; this is a checkout of it`,
		};
	}
	throw ganglineError('REFUSED', `the project ${id} has its home on another node, and this one may not have it`, {
		hint: 'join this machine with a token for a person: gangline token new --person NAME',
	});
}

type AnyHandler = (args: { readonly project: ProjectRef }, caller: Caller) => Promise<unknown>;

function routing(name: ProjectCall, own: Partial<Handlers>, elsewhere: Elsewhere): AnyHandler {
	const here = new Map<string, unknown>(Object.entries(own)).get(name) as AnyHandler | undefined;
	return async (args, caller) => {
		const isHere = (): boolean => elsewhere.isOwn(args.project) || elsewhere.seat(args.project) !== undefined;
		const moving = isHere() ? null : elsewhere.moving(args.project);
		await moving;
		if (moving !== null && !isHere()) throw onItsWay();
		const seat = elsewhere.isOwn(args.project) ? undefined : elsewhere.seat(args.project);
		if (seat) return askReplica(seat, { name, args: args as never, caller: speakerOf(name, elsewhere.speaker()) });
		if (here) return here(args, caller);
		throw ganglineError('UNKNOWN_OPERATION', `${name} is not answered here`);
	};
}

function onItsWay(): GanglineError {
	return ganglineError('HOME_AWAY', 'the project is on its way from one home to another', {
		hint: 'ask again in a moment',
	});
}

function speakerOf(name: ProjectCall, speaker: Caller | null): Caller {
	if (speaker === null) {
		throw ganglineError('FORBIDDEN', 'nobody sits at this node: it may not ask about projects of others', {
			hint: 'ask at the gateway, or join this machine with a token for a person: gangline token new --person NAME',
		});
	}
	if (mayAsk(speaker.access, operations[name].access)) return speaker;
	throw ganglineError(
		'FORBIDDEN',
		`${name} needs ${operations[name].access} access, ${speaker.person} has ${speaker.access}`,
		{
			hint: `an owner can change that: gangline person add ${speaker.person} --access ${operations[name].access}`,
		},
	);
}
