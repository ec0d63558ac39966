/**
 * From a project's record to its container: pure, so that what the container may is one page that can be read and
 * tested. Source and state are mounted and nothing else of the host, but for two read-only files that give the owner's
 * number a name.
 */
import { createHash } from 'node:crypto';
import type { ContainerLimits } from '../operations/index.ts';
import type { ApartFolder } from './apart.ts';
import type { Bind, ContainerWish, PublishedPort } from './provisioner.ts';
import { cacheVariables } from './stacks.ts';

/** Whoever runs the gateway: containers run as this user, so that files belong to the same person on both sides. */
export interface HostOwner {
	readonly name: string;
	readonly uid: number;
	readonly gid: number;
}

export interface PlannedProject {
	readonly name: string;
	/** The source; the same path inside, so that git's own links between folders hold on both sides. */
	readonly path: string;
	readonly limits: ContainerLimits;
	readonly sshPort: number;
}

export interface Plan {
	readonly project: PlannedProject;
	readonly owner: HostOwner;
	readonly image: string;
	/** Of the stack: variables for downloads; none: it has no caches. */
	readonly caches: Readonly<Record<string, string>>;
	/** Folders of the source that the container has for itself. */
	readonly apart?: readonly ApartFolder[];
	/** The project's folder in the gateway's state. */
	readonly folder: string;
	/** What the project wants besides; none of it is a variable of ours. */
	readonly env?: Readonly<Record<string, string>>;
	/** What its node is to give agents, gates and set-up besides what every program of the container gets. */
	readonly given?: Readonly<Record<string, string>>;
	readonly ports?: readonly PublishedPort[];
	/** Where the engine puts secrets, which are no files of the state then. */
	readonly secretsInside?: string | null;
	/** Where its own image looks for programs. */
	readonly imagePath?: string | null;
	/** When its image was last built anew: that is another image under the same name. */
	readonly freshAt?: number | null;
}

/** Where the state lies inside. */
export const stateInside = '/gangline';
/**
 * Where the volume with its caches lies inside. A folder of the image that anybody may write: an engine gives an empty
 * volume the mode of the folder that it is mounted over, so the container's user may write in it and nothing is given away.
 */
export const cachesInside = '/opt/gangline/caches';
export const sshPortInside = 2222;
const gibibyte = 1024 ** 3;
/** The disk is enough for the dependencies and builds of most, and leaves a laptop's disk some room. */
export const limitsDefault: ContainerLimits = { cpus: 2, memory: 4 * gibibyte, pids: 2048, disk: 20 * gibibyte };

/** What is where in a project's folder of the gateway's state. */
export function containerFolder(folder: string) {
	return {
		/** Mounted: the node's own state, the home folder, keys of its sshd, folders that are kept apart from the host's. */
		state: `${folder}/state`,
		passwd: `${folder}/passwd`,
		group: `${folder}/group`,
		log: `${folder}/make.log`,
		/** Not mounted: the gateway's half of the keys, and what is copied inside, which would not be believed from there. */
		key: `${folder}/id_ed25519`,
		knownHosts: `${folder}/known_hosts`,
		hostKey: `${folder}/host_ed25519`,
		gitKey: `${folder}/git_ed25519`,
		gitKnownHosts: `${folder}/git_known_hosts`,
	} as const;
}

export function planContainer({ project, owner, image, caches, folder, ...more }: Plan): ContainerWish {
	const at = containerFolder(folder);
	const binds: Bind[] = [
		{ from: at.state, to: stateInside, readOnly: false },
		{ from: project.path, to: project.path, readOnly: false },
		{ from: at.passwd, to: '/etc/passwd', readOnly: true },
		{ from: at.group, to: '/etc/group', readOnly: true },
		...(more.apart ?? []).map(({ from, place }) => ({ from, to: `${project.path}/${place}`, readOnly: false })),
	];
	const downloads = cacheVariables(caches, cachesInside);
	const hasCaches = Object.keys(downloads).length > 0;
	const given = { ...downloads, ...more.given };
	const env = {
		...downloads,
		...more.env,
		HOME: `${stateInside}/home`,
		USER: owner.name,
		// What is installed for one project alone, such as an agent's program, lies in its home folder.
		PATH: pathInside(more.imagePath ?? null),
		GANGLINE_HOME: `${stateInside}/node`,
		GANGLINE_NAME: project.name,
		GANGLINE_JOIN_FILE: `${more.secretsInside ?? stateInside}/join-token`,
		GANGLINE_PROJECT: project.path,
		GANGLINE_SSH_FOLDER: `${stateInside}/ssh`,
		GANGLINE_SSH_PORT: String(sshPortInside),
		...(hasCaches && { GANGLINE_CACHES: cachesInside }),
		...(Object.keys(given).length > 0 && { GANGLINE_GIVEN: JSON.stringify(given) }),
	};
	const { limits, name, sshPort } = project;
	const ports = more.ports === undefined || more.ports.length === 0 ? {} : { ports: more.ports };
	const user = `${owner.uid}:${owner.gid}`;
	const volume = hasCaches ? { caches: cachesInside } : {};
	const wish = { name, image, user, folder: project.path, env, binds, limits, sshPort, ...ports, ...volume };
	// Limits are changed while it runs; everything else needs a new container.
	const { limits: _live, ...fixed } = wish;
	const freshAt = more.freshAt ?? null;
	const made = freshAt === null ? fixed : { ...fixed, freshAt };
	const hash = createHash('sha256').update(JSON.stringify(made)).digest('hex').slice(0, 16);
	return { ...wish, hash };
}

/** Where programs are looked for inside; what an image of the project's own says is behind the home folder. */
export function pathInside(imagePath: string | null): string {
	return `${stateInside}/home/.local/bin:${imagePath ?? '/usr/local/bin:/usr/bin:/bin'}`;
}

/** `passwd` of a machine where root, the owner and nobody live. */
export function passwdText({ name, uid, gid }: HostOwner): string {
	return [
		'root:x:0:0:root:/nonexistent:/usr/sbin/nologin',
		`${name}:*:${uid}:${gid}::${stateInside}/home:/bin/bash`,
		'sshd:*:65533:65534::/run/sshd:/usr/sbin/nologin',
		'nobody:*:65534:65534::/nonexistent:/usr/sbin/nologin',
		'',
	].join('\n');
}

export function groupText({ name, gid }: HostOwner): string {
	return ['root:x:0:', 'tty:x:5:', `${name}:x:${gid}:`, 'nogroup:x:65534:', ''].join('\n');
}
