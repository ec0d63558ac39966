/** What is remembered of a project in a container when somebody wishes for it, first and again. Pure. */
import type { Args, ContainerLimits } from '../operations/index.ts';
import { ganglineError } from '../ports/index.ts';
import { limitsDefault } from './container-plan.ts';
import type { ContainerRecord } from './records.ts';
import { waitingSteps } from './run-steps.ts';

/** As it is asked on the machine itself. */
export type Wish = Omit<Args<'container.create'>, 'on'>;
export type LimitsWish = Args<'container.limits'>['limits'];

/** Before any step was made. */
export function freshRecord(
	{ name, git, stack, agents, limits, devcontainer }: Wish,
	about: Pick<ContainerRecord, 'madeAs' | 'path' | 'person' | 'sshPort'> & {
		readonly cpus: number;
		readonly now: number;
	},
): ContainerRecord {
	const { madeAs, path, person, sshPort, cpus, now } = about;
	return {
		...{ name, madeAs, path, person, sshPort, idleStopMs: null, asleep: false },
		git: git ?? null,
		gitGiven: { identity: null, hasKey: false, tokenFor: null },
		wantedStack: stack ?? null,
		wantedAgents: agents ?? null,
		agents: [],
		wantedDevcontainer: devcontainer ?? null,
		...{ devcontainer: null, ports: [], imagePath: null, hooksDone: null, freshAt: null },
		...{ stack: null, others: [], project: null, image: null, gateway: null, node: null, token: null, hint: null },
		limits: merged({ ...limitsDefault, cpus: Math.min(limitsDefault.cpus, cpus) }, limits ?? {}),
		phase: 'making',
		steps: waitingSteps([]),
		changedAt: now,
	};
}

/**
 * A wish may be mended where it failed: another address, stack or folder. @throws GanglineError REFUSED for another folder
 * once there may be a container: that has the first one, and so has what its node knows.
 */
export function retried(
	record: ContainerRecord,
	{ path = record.path, git, stack, agents, limits, devcontainer }: Wish,
): ContainerRecord {
	const isElsewhere = path !== record.path;
	if (isElsewhere && (record.token !== null || record.node !== null)) {
		throw ganglineError(
			'REFUSED',
			`${record.name} has its source in ${record.path}, and its container was made with it`,
			{
				hint: `go on there (gangline new ${record.name} --retry), or delete it first: gangline project delete ${record.name}`,
			},
		);
	}
	return {
		...record,
		...(isElsewhere && { path, project: null, stack: null, others: [], devcontainer: null }),
		git: git ?? record.git,
		wantedStack: stack ?? record.wantedStack,
		wantedAgents: agents ?? record.wantedAgents,
		wantedDevcontainer: devcontainer ?? record.wantedDevcontainer,
		limits: merged(record.limits, limits ?? {}),
	};
}

/** What was left out stays; built anew it is another image under the same name. */
export function rebuilt(
	record: ContainerRecord,
	{ stack, agents, devcontainer, fresh }: Args<'container.rebuild'>,
	now: number,
): ContainerRecord {
	return {
		...record,
		...(fresh === true && { freshAt: now }),
		...(agents !== undefined && { wantedAgents: agents }),
		...(devcontainer !== undefined && { wantedDevcontainer: devcontainer }),
		...(stack !== undefined && { wantedStack: stack, stack: stack === 'none' ? null : stack }),
	};
}

/** What was left out stays. */
export function merged(before: ContainerLimits, wish: LimitsWish): ContainerLimits {
	const disk = wish.disk === undefined ? (before.disk ?? null) : wish.disk;
	return { cpus: wish.cpus ?? before.cpus, memory: wish.memory ?? before.memory, pids: wish.pids ?? before.pids, disk };
}
