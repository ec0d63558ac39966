/** What keeps projects from the services of this machine, as this machine needs it: where the mesh and names are found. */
import { getServers } from 'node:dns';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { ContainersOptions } from './containers-options.ts';
import { guardImage } from './guard.ts';

type Options = Pick<ContainersOptions, 'docker' | 'baseImage' | 'doors' | 'provisioner' | 'hostPorts'>;

/** Answers whether they are. @throws GanglineError UNSUITABLE_MACHINE, ENGINE_FAILED */
export async function ensureGuard(
	{ docker, baseImage, doors, provisioner, hostPorts }: Options,
	onLine: (line: string) => void,
): Promise<boolean> {
	if (hostPorts === 'all') return false;
	const image = await guardImage(docker, baseImage);
	return provisioner.ensureGuard(
		{ image, ports: [...new Set([...doors.ports(), ...hostPorts])], resolvers: ownResolvers() },
		onLine,
	);
}

/** Of this machine's own addresses those that it asks for names; on loopback the engine asks in the place of a container. */
function ownResolvers(): readonly string[] {
	const own = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).filter(({ internal }) => !internal));
	const addresses = new Set(own.map(({ address }) => address));
	return getServers().filter((server) => isIP(server) !== 0 && addresses.has(server));
}
