/**
 * Answers what is asked of projects, from the gateway's replicas: changes become intents in its own log, questions go
 * to the home while it answers. A project whose replica could not be opened is called away, never unknown.
 */
import {
	type AskedOperation,
	type Handlers,
	operations,
	type ProjectRef,
	parseArgs,
} from '../../shared/operations/index.ts';
import { GanglineError, ganglineError } from '../../shared/ports/index.ts';
import { askReplica, type ProjectCall, type ReplicaSeat, seenProject } from '../../shared/replica/index.ts';
import type { GatewayParts } from '../context.ts';
import { projectOf } from './named.ts';

export function projectHandlers({ replicas }: Pick<GatewayParts, 'replicas'>): Pick<Handlers, 'project.list'> {
	return { 'project.list': async () => ({ projects: replicas.seats().map(seenProject) }) };
}

/** Answers operations of projects; undefined for what is none. */
export function askProject(parts: GatewayParts, { name, input, caller }: AskedOperation): Promise<unknown> | undefined {
	if (!isProjectCall(name)) return undefined;
	const args = parseArgs(name, input);
	const seat = seatOf(parts, args.project);
	return askReplica(seat, { name, args, caller }).catch(async (error: unknown) => {
		// A home that sleeps is woken by what it alone can answer.
		const isAway = error instanceof GanglineError && error.code === 'HOME_AWAY';
		if (!isAway || !(await wakeProject(parts, seat.replica.id))) throw error;
		return askReplica(seat, { name, args, caller });
	});
}

type Waking = Pick<GatewayParts, 'containers' | 'machines'>;

/** Starts the container of a project where it sleeps, wherever it is. */
export async function wakeProject({ containers, machines }: Waking, project: string): Promise<boolean> {
	return (await containers.wakeProject(project)) || machines.wakeProject(project);
}

function isProjectCall(name: AskedOperation['name']): name is ProjectCall {
	return operations[name].runsAt === 'project';
}

/** @throws GanglineError UNKNOWN_PROJECT, HOME_AWAY */
function seatOf(parts: GatewayParts, ref: ProjectRef): ReplicaSeat {
	const project = projectOf(parts, ref);
	const seat = parts.replicas.find({ kind: 'id', id: project.id });
	if (seat !== undefined) return seat;
	throw ganglineError('HOME_AWAY', `the gateway has no replica of ${project.name} yet`, {
		hint: 'ask again in a moment; if it stays so, the gateway’s log says why',
	});
}
