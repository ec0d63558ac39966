/**
 * The wish for a container as a service of a swarm, in the engine's own words. Pure. What holds for a container holds here:
 * no capability, a root that cannot be written, bounds, the owner's number. A swarm opens ports on every address of its
 * machines, so none is opened; it cannot forbid new privileges everywhere, so the container looks for itself and ends.
 */
import { createHash } from 'node:crypto';
import type Docker from 'dockerode';
import type { ContainerLimits } from '../operations/index.ts';
import { cacheMount, logFiles, shmBytes } from './docker-creation.ts';
import { type ContainerWish, hashLabel } from './provisioner.ts';

const mebibyte = 1024 * 1024;
const second = 1_000_000_000;
/** Of a container that may get privileges which it was not made with. */
export const mayGetPrivileges = 97;
/** Hash of the secrets that it was made with. */
export const secretsLabel = 'dev.gangline.secrets';
export const secretsFolder = '/run/secrets';

/** Told to whoever looks at what it wrote. */
const look = [
	"grep -q '^NoNewPrivs:.1$' /proc/self/status && exec /opt/gangline/container/entry",
	'echo "this engine lets processes in services get new privileges: nothing was started" >&2',
	`exit ${mayGetPrivileges}`,
].join('\n');

export interface ServicePlace {
	readonly full: string;
	readonly labels: Readonly<Record<string, string>>;
	/** On which machines it may run, such as `node.id==abc`. */
	readonly constraints: readonly string[];
	/** Ids of secrets at the engine, by their file's name. */
	readonly secrets: readonly { readonly file: string; readonly id: string; readonly name: string }[];
}

export function serviceOf(wish: ContainerWish, place: ServicePlace): Docker.CreateServiceOptions {
	const { full, labels, constraints, secrets } = place;
	const [uid = '', gid = ''] = wish.user.split(':');
	return {
		Name: full,
		Labels: { ...labels, [hashLabel]: wish.hash, [secretsLabel]: secretsHash(wish) },
		TaskTemplate: {
			ContainerSpec: {
				Image: wish.image,
				// Whoever lists containers finds those of ours by the same label.
				Labels: { ...labels },
				Command: ['tini', '-g', '--', 'sh', '-c', look],
				Hostname: wish.name,
				User: wish.user,
				Dir: wish.folder,
				Env: Object.entries(wish.env).map(([name, value]) => `${name}=${value}`),
				ReadOnly: true,
				CapabilityDrop: ['ALL'],
				// Engines before 28 do not know it and pass it over.
				Privileges: { NoNewPrivileges: true } as Docker.Privileges,
				Mounts: mountsOf(wish, place),
				Secrets: secrets.map(({ file, id, name }) => ({
					File: { Name: file, UID: uid, GID: gid, Mode: 0o400 },
					...{ SecretID: id, SecretName: name },
				})),
				StopSignal: 'SIGTERM',
				StopGracePeriod: 30 * second,
			},
			Resources: { Limits: serviceLimitsOf(wish.limits) },
			// What ends is started again, until somebody stops it.
			RestartPolicy: { Condition: 'any', Delay: second },
			Placement: { Constraints: [...constraints] },
			Networks: [{ Target: full }],
			LogDriver: { Name: 'json-file', Options: { ...logFiles } },
		},
		Mode: { Replicated: { Replicas: 1 } },
		// Two of one project would be two homes with one key.
		UpdateConfig: { Parallelism: 1, Order: 'stop-first' },
	};
}

export function serviceLimitsOf({ cpus, memory, pids }: ContainerLimits) {
	return { NanoCPUs: Math.round(cpus * 1e9), MemoryBytes: memory, Pids: pids };
}

/** The same for the same secrets. */
export function secretsHash({ secrets = {} }: Pick<ContainerWish, 'secrets'>): string {
	return createHash('sha256')
		.update(JSON.stringify(Object.entries(secrets).sort()))
		.digest('hex')
		.slice(0, 16);
}

/** Of a machine's memory while its container lives; named, because a swarm leaves behind those that have no name. */
export function temporaryOf(full: string): string {
	return `${full}-tmp`;
}

function mountsOf({ binds, caches }: ContainerWish, { full, labels }: ServicePlace): Docker.MountSettings[] {
	return [
		...binds.map(({ from, to, readOnly }) => ({ Type: 'bind' as const, Source: from, Target: to, ReadOnly: readOnly })),
		...(caches === undefined ? [] : [cacheMount(caches, { full, labels })]),
		{
			// A tmpfs of a service is never executable, and installers of editors run what they unpack there.
			...{ Type: 'volume', Source: temporaryOf(full), Target: '/tmp' },
			VolumeOptions: {
				...{ NoCopy: true, Labels: { ...labels } },
				DriverConfig: {
					Name: 'local',
					Options: { type: 'tmpfs', device: 'tmpfs', o: 'size=1g,mode=1777,nosuid,nodev' },
				},
			},
		},
		{ Type: 'tmpfs', Source: '', Target: '/run', TmpfsOptions: { SizeBytes: 16 * mebibyte, Mode: 0o755 } },
		{ Type: 'tmpfs', Source: '', Target: '/dev/shm', TmpfsOptions: { SizeBytes: shmBytes, Mode: 0o1777 } },
	];
}
