/** A project in a container as people see it: its record with what is seen of it now. Pure. */
import type { ContainerView } from '../operations/index.ts';
import { containerFolder, type HostOwner } from './container-plan.ts';
import { explainContainer, type Seen } from './explain.ts';
import { devcontainerView } from './own-image.ts';
import { type ContainerRecord, engineNameOf } from './records.ts';
import { hostKeyAlias } from './ssh-keys.ts';

/** What is seen now, and the public half of the key of its sshd. */
export type SeenNow = Required<Omit<Seen, 'record'>> & { readonly hostKey: string | null };

export interface Whereabouts {
	/** Where its things lie on this machine. */
	readonly folder: string;
	readonly owner: HostOwner;
	/** Ports are opened on this machine; where not, ssh goes through the mesh. */
	readonly publishes: boolean;
}

export function viewOf(
	record: ContainerRecord,
	{ folder, owner, publishes }: Whereabouts,
	seen: SeenNow,
): ContainerView {
	const { condition, busy, diskUsed, connected, hostKey } = seen;
	const at = containerFolder(folder);
	const { name, project, path, stack, agents, others, steps, image, limits, idleStopMs, sshPort, changedAt } = record;
	const alias = hostKeyAlias(engineNameOf(record));
	return {
		...{ name, project, path, stack, agents, others, steps, image, limits, idleStopMs, changedAt, connected },
		...{ on: null, asleep: record.asleep },
		...explainContainer({ record, condition, busy, connected, diskUsed }),
		diskUsed,
		...devcontainerView(record),
		container: condition === null || condition.kind === 'gone' ? null : condition.id,
		ssh: { user: owner.name, port: publishes ? sshPort : null, key: at.key, knownHosts: at.knownHosts, alias, hostKey },
		log: at.log,
	};
}
