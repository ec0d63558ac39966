/**
 * What makes containers, as an interface: the engine behind it may be Docker on this machine or anything that keeps these
 * promises. Each call may be repeated after any crash and changes nothing more; nothing without our label is touched.
 */
import type { ContainerLimits } from '../operations/index.ts';

/** Everything that we make at an engine carries it; its value is the gateway's mesh, so two gateways keep apart. */
export const ownerLabel = 'dev.gangline.owner';
/** The same on images: a container inherits its image's labels, so that anybody's container of our image has this one. */
export const imageLabel = 'dev.gangline.image';
/** The project that it was made for. */
export const nameLabel = 'dev.gangline.project';
/** Hash of what it was made from: what differs is made anew. */
export const hashLabel = 'dev.gangline.hash';
/** On what keeps projects from the services of this machine. */
export const guardLabel = 'dev.gangline.guard';

export interface ImageWish {
	/** Where it is found again: derived from all that it is made of. */
	readonly tag: string;
	/** Null: its Dockerfile says so. */
	readonly baseImage: string | null;
	readonly dockerfile: string;
	/** Of its Dockerfile. */
	readonly args?: Readonly<Record<string, string>>;
	readonly target?: string | null;
	/** What its building may use, where that runs what the repository wants. */
	readonly limits?: ContainerLimits;
	/** Built also where it is there, on a base that is fetched anew, from nothing that was kept of earlier builds. */
	readonly fresh?: boolean;
	/** Files of the context by their place in it. */
	readonly files: readonly { readonly from: string; readonly to: string }[];
}

/** What projects reach of this machine. */
export interface GuardWish {
	readonly image: ImageWish;
	/** The mesh. */
	readonly ports: readonly number[];
	/** Addresses of this machine at which it asks for names itself. */
	readonly resolvers: readonly string[];
}

export interface Bind {
	/** The same path on the host. */
	readonly from: string;
	readonly to: string;
	readonly readOnly: boolean;
}

export interface PublishedPort {
	readonly inside: number;
	readonly host: number;
}

/** A command in a running container, as its own user. */
export interface CommandWish {
	readonly name: string;
	readonly argv: readonly string[];
	readonly env: Readonly<Record<string, string>>;
	readonly folder: string;
}

export interface ContainerWish {
	readonly name: string;
	readonly image: string;
	/** `uid:gid` of the host. */
	readonly user: string;
	readonly folder: string;
	readonly env: Readonly<Record<string, string>>;
	readonly binds: readonly Bind[];
	readonly limits: ContainerLimits;
	/** The port of its sshd on 127.0.0.1. */
	readonly sshPort: number;
	/** More that is published on 127.0.0.1. */
	readonly ports?: readonly PublishedPort[];
	/** Where a volume of its own for downloads is mounted; it outlives the container. */
	readonly caches?: string;
	/** By their names: what nobody may read who may look at it. Where it brings them itself (`secretsInside`). */
	readonly secrets?: Readonly<Record<string, string>>;
	/** Changes whenever the container must be made anew. */
	readonly hash: string;
}

/** How a container is. `gone`: there is none. */
export type Condition =
	| { readonly kind: 'gone' }
	| {
			readonly kind: 'running';
			readonly id: string;
			readonly since: string;
			/** Since then the kernel has ended something in it for want of memory. */
			readonly outOfMemory: boolean;
	  }
	| {
			readonly kind: 'ended';
			readonly id: string;
			readonly exitCode: number;
			/** The kernel ended it, or something in it, for want of memory. */
			readonly outOfMemory: boolean;
			readonly error: string;
	  };

export interface Leftover {
	readonly kind: 'service' | 'container' | 'network' | 'volume' | 'secret' | 'image';
	readonly name: string;
	readonly bytes: number | null;
}

export interface Provisioner {
	/** The folder in which it puts secrets, a file each; null: they are files of the project's state. */
	readonly secretsInside: string | null;
	/** Whether ports can be opened on 127.0.0.1 and nowhere else. Where not, none is, and ssh goes through the mesh. */
	readonly publishes: boolean;
	/** @throws GanglineError ENGINE_FAILED where no engine answers, UNSUITABLE_MACHINE where it is not one for us */
	check(): Promise<void>;
	/** Builds it unless it is there. `onLine` gets what the build says. */
	ensureImage(wish: ImageWish, onLine: (line: string) => void): Promise<{ readonly built: boolean }>;
	/** Where programs are looked for in an image that is there; null where it does not say. */
	pathIn(image: string): Promise<string | null>;
	/** Runs it to its end; answers its exit code. */
	run(wish: CommandWish, onLine: (line: string) => void): Promise<number>;
	/** A network of its own; answers the host's address in it. */
	ensureNetwork(name: string): Promise<{ readonly gateway: string }>;
	/**
	 * Keeps the projects' networks from the services of this machine, from now on and whenever the engine begins. False:
	 * it knows no way. Gone with the last network. @throws GanglineError UNSUITABLE_MACHINE where the machine takes no rules
	 */
	ensureGuard(wish: GuardWish, onLine: (line: string) => void): Promise<boolean>;
	/** Made as wished and running. Another one of the name, made from something else, is replaced. */
	ensureContainer(wish: ContainerWish): Promise<{ readonly id: string; readonly made: boolean }>;
	start(name: string): Promise<void>;
	/** Asks it to end, and ends it after a while. */
	stop(name: string): Promise<void>;
	/** Container and network; neither is an error where it is gone. */
	remove(name: string): Promise<void>;
	/** The volume with its downloads, which a removed container leaves; no error where it is gone. */
	removeCaches(name: string): Promise<void>;
	condition(name: string): Promise<Condition>;
	/** How many are logged in over ssh. */
	logins(name: string): Promise<number>;
	limit(name: string, limits: ContainerLimits): Promise<void>;
	/** What carries our label and belongs to none of the names and tags. */
	leftovers(used: {
		readonly names: ReadonlySet<string>;
		readonly images: ReadonlySet<string>;
		/** An image is being built: what has no name yet may be a part of it. */
		readonly building: boolean;
	}): Promise<readonly Leftover[]>;
	removeLeftover(thing: Leftover): Promise<void>;
	/** The last lines that it wrote. */
	lastLines(name: string, lines: number): Promise<readonly string[]>;
}
