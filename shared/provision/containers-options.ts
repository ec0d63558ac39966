/** What projects in containers stand on: the engine, the mesh, and what is known of this machine and its person. */
import type { Environment } from '../git/index.ts';
import type { ContainerView } from '../operations/index.ts';
import type { Clock, Log, Random } from '../ports/index.ts';
import type { ProgramFile } from '../ports/system/program.ts';
import type { RegistryFacts } from '../registry/index.ts';
import type { HostOwner } from './container-plan.ts';
import type { FileDigests } from './file-digests.ts';
import type { PortProbe } from './free-port.ts';
import type { Provisioner } from './provisioner.ts';
import type { ContainerRecord, ContainerRecords } from './records.ts';

/** What is known here of the mesh. */
export interface MeshView {
	facts(): RegistryFacts;
	/** Whether the gateway is connected with that node now; false for none, and where the gateway cannot be asked. */
	isConnected(node: string | null): Promise<boolean>;
}

/** Ports of this machine; `all`: nothing keeps a project from what listens on it. */
export type HostPorts = 'all' | readonly number[];

export interface ContainersOptions {
	readonly provisioner: Provisioner;
	readonly records: ContainerRecords;
	readonly mesh: MeshView;
	/** Lets the mesh be reached from the network of a container; `ports`: those of this machine where it is. */
	readonly doors: { openBridge(host: string): Promise<void>; ports(): readonly number[] };
	/** What projects reach of this machine besides the mesh. */
	readonly hostPorts: HostPorts;
	readonly isPortFree: PortProbe;
	readonly clock: Clock;
	readonly random: Random;
	readonly log: Log;
	readonly owner: HostOwner;
	/** Of the person who runs this process. */
	readonly environment: Environment;
	readonly baseImage: string;
	/** The folder `docker/` of this program. */
	readonly docker: string;
	/** The files of this program. */
	readonly program: () => Promise<readonly ProgramFile[]>;
	readonly digests: FileDigests;
	/** Where their state lies: a folder each. */
	readonly folder: string;
	/** Whatever Gangline keeps on this machine: no container sees any of it but its own state. */
	readonly ownFolders: readonly string[];
	readonly cpus: number;
	/** A one-time token for the node of a project; the one before becomes useless. */
	readonly joinToken: (record: ContainerRecord) => Promise<{ readonly text: string; readonly id: string }>;
	/** Calls its node and its project so in the registry. @throws GanglineError REFUSED where the name is taken */
	readonly renamed: (record: ContainerRecord, to: string) => Promise<void>;
	/** Takes its node and its project out of the registry; answers that in words, nothing where neither was there. */
	readonly removed: (record: ContainerRecord, isPurged: boolean) => Promise<readonly string[]>;
	readonly publish: (view: ContainerView) => void;
}
