/** What everything in the gateway stands on; made by compose.ts alone. */
import type { EventHub } from '../shared/http/index.ts';
import type { Mesh } from '../shared/mesh/index.ts';
import type { Clock, Log, Random, Store } from '../shared/ports/index.ts';
import type { ReplicaSet } from '../shared/replica/index.ts';
import type { Builds } from './builds/index.ts';
import type { GatewayConfig } from './config.ts';
import type { Doors } from './doors.ts';
import type { Members } from './members.ts';
import type { JoinTokens, MeshRegistry, PersonTokens, Recovery } from './registry/index.ts';

export interface GatewayParts {
	readonly config: GatewayConfig;
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
	readonly builds: Builds;
	readonly doors: Doors;
	readonly replicas: ReplicaSet;
	readonly hub: EventHub;
	readonly startedAt: number;
}
