/** What everything in the gateway stands on: the core (open-core.ts), and what compose.ts adds on a real machine. */
import type { EventHub } from '../shared/http/index.ts';
import type { Mesh } from '../shared/mesh/index.ts';
import type { Clock, Log, Random, Store } from '../shared/ports/index.ts';
import type { Containers, IdleWatch } from '../shared/provision/index.ts';
import type { PresentPeople, ReplicaSet } from '../shared/replica/index.ts';
import type { Board } from './board/index.ts';
import type { Builds } from './builds/index.ts';
import type { GatewayConfig } from './config.ts';
import type { Doors } from './doors.ts';
import type { OtherMachines } from './machines/index.ts';
import type { Members } from './members.ts';
import type { Notifier } from './notify/index.ts';
import type { JoinTokens, MeshRegistry, PersonTokens, Recovery } from './registry/index.ts';

/** Everything that needs no more than the ports. */
export interface GatewayCore {
	readonly version: string;
	readonly clock: Clock;
	readonly random: Random;
	readonly log: Log;
	readonly store: Store;
	readonly mesh: Mesh;
	readonly registry: MeshRegistry;
	readonly tokens: JoinTokens;
	readonly people: PersonTokens;
	readonly members: Members;
	readonly recovery: Recovery;
	readonly replicas: ReplicaSet;
	/** Who has something open at the gateway, and what the others say of that. */
	readonly present: PresentPeople;
	readonly hub: EventHub;
	/** Projects whose home is being moved by this process. */
	readonly moving: Set<string>;
	readonly startedAt: number;
}

export interface GatewayParts extends GatewayCore {
	readonly config: GatewayConfig;
	readonly board: Board;
	readonly notifier: Notifier;
	readonly builds: Builds;
	readonly doors: Doors;
	readonly containers: Containers;
	/** Projects in containers on the machines of other members. */
	readonly machines: OtherMachines;
	readonly idle: IdleWatch;
}
