/**
 * What keeps the projects of one owner from the services of this machine, and from what a cloud tells its machines at a
 * link-local address: rules in the machine's own network, put there by a container of the engine that has the right to
 * that alone. It comes back with the engine, before anybody asks. Pure: the image, the rules and the container as data.
 *
 * The rules are a table of their own: they take nothing from other rules of the machine, and allow nothing that those
 * forbid. What begins outside (a published port) is answered; the mesh is reached.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { bridgesOf, logFiles } from './docker-creation.ts';
import { type GuardWish, guardLabel, hashLabel, type ImageWish, ownerLabel } from './provisioner.ts';

/** The image of the guard, on the base that images of projects have. */
export async function guardImage(docker: string, baseImage: string): Promise<ImageWish> {
	const place = join(docker, 'guard');
	const dockerfile = await readFile(join(place, 'Dockerfile'), 'utf8');
	const script = await readFile(join(place, 'guard'), 'utf8');
	const hash = createHash('sha256')
		.update(JSON.stringify([baseImage, dockerfile, script]))
		.digest('hex')
		.slice(0, 16);
	return { tag: `gangline/guard:${hash}`, baseImage, dockerfile, files: [{ from: join(place, 'guard'), to: 'guard' }] };
}

const shortOf = (owner: string): string => createHash('sha256').update(owner).digest('hex').slice(0, 8);

/** No project is called so: its names have no dot. */
export const guardName = (owner: string): string => `gangline.guard.${shortOf(owner)}`;

/** As `nft -f` reads them, whole or not at all; put again they are the same. */
export function guardRules(owner: string, { ports, resolvers }: Omit<GuardWish, 'image'>): string {
	const table = tableOf(owner);
	const bridges = `"${bridgesOf(owner)}*"`;
	const names = resolvers.map(
		(address) => `${address.includes(':') ? 'ip6' : 'ip'} daddr ${address} th dport 53 accept`,
	);
	return [
		`add table inet ${table}`,
		`delete table inet ${table}`,
		`table inet ${table} {`,
		'	chain input {',
		'		type filter hook input priority filter - 5; policy accept;',
		`		iifname != ${bridges} accept`,
		'		ct state established,related accept',
		...ports.map((port) => `		tcp dport ${port} accept`),
		...names.map((rule) => `		${rule}`),
		'		reject with icmpx admin-prohibited',
		'	}',
		'	chain forward {',
		'		type filter hook forward priority filter - 5; policy accept;',
		`		iifname ${bridges} ip daddr 169.254.0.0/16 reject with icmpx admin-prohibited`,
		'	}',
		'}',
	].join('\n');
}

const tableOf = (owner: string): string => `gangline_${shortOf(owner)}`;

/** Made anew where anything of it differs. */
export function guardHash(owner: string, wish: GuardWish): string {
	return createHash('sha256')
		.update(`${wish.image.tag}\0${guardRules(owner, wish)}`)
		.digest('hex')
		.slice(0, 16);
}

/** In the network of the machine, with the right to its rules and to nothing else. */
export function guardCreation(owner: string, wish: GuardWish): Docker.ContainerCreateOptions {
	return {
		name: guardName(owner),
		Image: wish.image.tag,
		Env: [`GUARD_TABLE=${tableOf(owner)}`, `GUARD_RULES=${guardRules(owner, wish)}`],
		Labels: { [ownerLabel]: owner, [guardLabel]: 'yes', [hashLabel]: guardHash(owner, wish) },
		StopSignal: 'SIGTERM',
		HostConfig: {
			NetworkMode: 'host',
			CapDrop: ['ALL'],
			CapAdd: ['NET_ADMIN'],
			SecurityOpt: ['no-new-privileges'],
			Privileged: false,
			ReadonlyRootfs: true,
			Memory: 64 * 1024 ** 2,
			PidsLimit: 32,
			LogConfig: { Type: 'json-file', Config: logFiles },
			// With the engine, also where it was stopped by hand: projects begin then too.
			RestartPolicy: { Name: 'always' },
		},
	};
}
