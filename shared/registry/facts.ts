/**
 * What the mesh knows of itself: nodes, projects, people. Written by the gateway alone, signed, replicated to every
 * member; everyone's rights are read from here and never from what somebody says of himself [I13].
 */
import type { Access } from '../operations/define.ts';
import type { NodeId, ProjectId } from '../ports/ids.ts';

/**
 * `gateway`: holds this registry. `home`: may own projects. `work`: takes tasks. `provision`: makes projects in containers
 * of its machine when the gateway asks it to.
 */
export type NodeDuty = 'gateway' | 'home' | 'work' | 'provision';

/** `draining`: finishes what it has and takes nothing. `revoked`: cut off, for good. */
export type NodeStatus = 'member' | 'draining' | 'revoked';

export interface MeshNode {
	readonly id: NodeId;
	/** What people call it; unique, may change. */
	readonly name: string;
	/** Ed25519, 32 bytes, base64. */
	readonly publicKey: string;
	readonly addresses: readonly string[];
	readonly duties: readonly NodeDuty[];
	/** For which projects it may take tasks. */
	readonly worksFor: 'any' | readonly ProjectId[];
	/** The person who speaks there (`edge` authors of the node act for this person and no other); null for a machine without one. */
	readonly person: string | null;
	readonly slots: number;
	readonly labels: readonly string[];
	readonly status: NodeStatus;
	/** Wall ms of the gateway. */
	readonly joinedAt: number;
	/** When the status last changed. */
	readonly changedAt: number;
}

export interface MeshProject {
	readonly id: ProjectId;
	/** Unique in the mesh. */
	readonly name: string;
	readonly home: NodeId;
	/** The key that signs the project's facts: the home's, base64. */
	readonly homeKey: string;
	/** Rises when the home moves. */
	readonly term: number;
	readonly branch: string;
	readonly addedAt: number;
}

export interface MeshPerson {
	/** Lower-case name that logins and histories use. */
	readonly id: string;
	readonly access: Access;
}

export interface RegistryFacts {
	/** The mesh's own id, a ULID. */
	readonly mesh: string;
	readonly revision: number;
	readonly nodes: Readonly<Record<string, MeshNode>>;
	readonly projects: Readonly<Record<string, MeshProject>>;
	readonly people: Readonly<Record<string, MeshPerson>>;
}
