/**
 * The wish for a container in the engine's own words. Pure: what a container may do is decided here, in one object.
 * No capability, no new privileges, a root that cannot be written, an init of the image, bounded memory, processor,
 * processes and log; it is published on loopback alone, and the engine's socket is nowhere.
 */
import { createHash } from 'node:crypto';
import type { ContainerCreateOptions } from 'dockerode';
import type { ContainerLimits } from '../operations/index.ts';
import { sshPortInside } from './container-plan.ts';
import { cachesOf } from './engine-door.ts';
import { type ContainerWish, hashLabel } from './provisioner.ts';

const mebibyte = 1024 * 1024;
/** Editors' servers and browsers under test share memory through it. */
export const shmBytes = 256 * mebibyte;
export const logFiles = { 'max-size': '10m', 'max-file': '3' } as const;

export interface EngineName {
	readonly full: string;
	readonly labels: Readonly<Record<string, string>>;
}

export function creationOf(wish: ContainerWish, { full, labels }: EngineName): ContainerCreateOptions {
	const ports = [{ inside: sshPortInside, host: wish.sshPort }, ...(wish.ports ?? [])];
	return {
		name: full,
		Hostname: wish.name,
		Image: wish.image,
		User: wish.user,
		WorkingDir: wish.folder,
		Env: Object.entries(wish.env).map(([name, value]) => `${name}=${value}`),
		Labels: { ...labels, [hashLabel]: wish.hash },
		ExposedPorts: Object.fromEntries(ports.map(({ inside }) => [`${inside}/tcp`, {}])),
		StopSignal: 'SIGTERM',
		StopTimeout: 30,
		HostConfig: {
			...limitsOf(wish.limits),
			Binds: wish.binds.map(({ from, to, readOnly }) => `${from}:${to}:${readOnly ? 'ro' : 'rw'}`),
			...(wish.caches !== undefined && { Mounts: [cacheMount(wish.caches, { full, labels })] }),
			NetworkMode: full,
			PortBindings: Object.fromEntries(
				ports.map(({ inside, host }) => [`${inside}/tcp`, [{ HostIp: '127.0.0.1', HostPort: String(host) }]]),
			),
			CapDrop: ['ALL'],
			SecurityOpt: ['no-new-privileges'],
			Privileged: false,
			ReadonlyRootfs: true,
			// Installers of editors run what they unpack there.
			Tmpfs: { '/tmp': 'rw,exec,nosuid,nodev,size=1g,mode=1777', '/run': 'rw,nosuid,nodev,noexec,size=16m,mode=755' },
			ShmSize: shmBytes,
			LogConfig: { Type: 'json-file', Config: logFiles },
			// After a reboot it comes back; one that was stopped stays stopped.
			RestartPolicy: { Name: 'unless-stopped' },
			IpcMode: 'private',
		},
	};
}

/** An empty volume takes over mode and owner of the image's folder. */
export function cacheMount(at: string, { full, labels }: EngineName) {
	return {
		...{ Type: 'volume' as const, Source: cachesOf(full), Target: at, ReadOnly: false },
		VolumeOptions: { NoCopy: false, Labels: { ...labels }, DriverConfig: { Name: 'local', Options: {} } },
	};
}

/** No swap beyond the memory: what is over its bound is ended and not slowed down for ever. */
export function limitsOf({ cpus, memory, pids }: ContainerLimits) {
	return { NanoCpus: Math.round(cpus * 1e9), Memory: memory, MemorySwap: memory, PidsLimit: pids };
}

/** The same for what runs while an image is built. */
export function buildLimitsOf({ cpus, memory }: ContainerLimits) {
	return { memory, memswap: memory, cpuperiod: 100_000, cpuquota: Math.round(cpus * 100_000) };
}

/**
 * The interface of a project's network on this machine, at most 15 characters. Those of one owner begin alike, so that one
 * rule of a firewall is for every project, also for those that are made later.
 */
export function bridgeName(owner: string, name: string): string {
	return `${bridgesOf(owner)}${createHash('sha256').update(`${owner}\0${name}`).digest('hex').slice(0, 8)}`;
}

/** What the interfaces of one owner's projects begin with. */
export function bridgesOf(owner: string): string {
	return `gl-${createHash('sha256').update(owner).digest('hex').slice(0, 4)}`;
}
