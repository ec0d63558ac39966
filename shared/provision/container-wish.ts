/** What is remembered of a project in a container when somebody wishes for it, first and again. Pure. */
import type { Args, ContainerLimits } from '../operations/index.ts';
import { limitsDefault } from './container-plan.ts';
import type { ContainerRecord } from './records.ts';
import { waitingSteps } from './run-steps.ts';

/** As it is asked on the machine itself, with the place of the source. */
export type Wish = Omit<Args<'container.create'>, 'on' | 'path'> & { readonly path: string };
export type LimitsWish = Args<'container.limits'>['limits'];

/** Before any step was made. */
export function freshRecord(
	{ name, path, git, stack, agents, limits, devcontainer }: Wish,
	about: { readonly person: string; readonly sshPort: number; readonly cpus: number; readonly now: number },
): ContainerRecord {
	const { person, sshPort, cpus, now } = about;
	return {
		...{ name, madeAs: null, path, person, sshPort, idleStopMs: null, asleep: false },
		git: git ?? null,
		gitGiven: { identity: null, hasKey: false, tokenFor: null },
		wantedStack: stack ?? null,
		wantedAgents: agents ?? null,
		agents: [],
		wantedDevcontainer: devcontainer ?? null,
		...{ devcontainer: null, ports: [], imagePath: null, hooksDone: null },
		...{ stack: null, others: [], project: null, image: null, gateway: null, node: null, token: null, hint: null },
		limits: merged({ ...limitsDefault, cpus: Math.min(limitsDefault.cpus, cpus) }, limits ?? {}),
		phase: 'making',
		steps: waitingSteps([]),
		changedAt: now,
	};
}

/** A wish may be mended where it failed: another address or stack. */
export function retried(record: ContainerRecord, { git, stack, agents, limits, devcontainer }: Wish): ContainerRecord {
	return {
		...record,
		git: git ?? record.git,
		wantedStack: stack ?? record.wantedStack,
		wantedAgents: agents ?? record.wantedAgents,
		wantedDevcontainer: devcontainer ?? record.wantedDevcontainer,
		limits: merged(record.limits, limits ?? {}),
	};
}

/** What was left out stays. */
export function merged(before: ContainerLimits, wish: LimitsWish): ContainerLimits {
	const disk = wish.disk === undefined ? (before.disk ?? null) : wish.disk;
	return { cpus: wish.cpus ?? before.cpus, memory: wish.memory ?? before.memory, pids: wish.pids ?? before.pids, disk };
}
