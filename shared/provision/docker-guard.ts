/** The guard at a Docker engine: made, found again, waited for until its rules are there, and removed with the last project. */
import type Docker from 'dockerode';
import { ganglineError } from '../ports/index.ts';
import { framesOf } from './docker-output.ts';
import { type EngineDoor, orGone } from './engine-door.ts';
import { guardCreation, guardHash, guardName } from './guard.ts';
import { type GuardWish, hashLabel, ownerLabel } from './provisioner.ts';

const stopSeconds = 5;
/** More than it has to say. */
const saidBytesMax = 65_536;
const inPlace = /^in place$/m;

/** Running, with its rules in place. The image is there. */
export async function ensureGuardAt(docker: Docker, door: EngineDoor, wish: GuardWish): Promise<void> {
	const name = guardName(door.owner);
	const found = await orGone(docker.getContainer(name).inspect());
	if (found !== null) {
		door.requireOurs(found.Config.Labels, `container ${name}`);
		const isAsWished = found.Config.Labels[hashLabel] === guardHash(door.owner, wish);
		// It ends where it cannot put them.
		if (isAsWished && found.State.Running) return;
		await removeGuardAt(docker, door.owner);
	}
	const container = await docker.createContainer(guardCreation(door.owner, wish));
	await container.start();
	const said = await heard(container);
	if (inPlace.test(said)) return;
	await orGone(container.remove({ force: true, v: true }));
	throw ganglineError(
		'UNSUITABLE_MACHINE',
		`this machine takes no rules that keep projects in containers from its services: ${said.trim().slice(0, 500)}`,
		{
			hint: 'its kernel needs nftables (modprobe nf_tables); GANGLINE_HOST_PORTS=all goes without: projects then reach what listens on this machine',
		},
	);
}

/** What it says until its rules are in place, or it has ended. */
async function heard(container: Docker.Container): Promise<string> {
	const stream: AsyncIterable<unknown> = await container.logs({ follow: true, stdout: true, stderr: true });
	let raw = Buffer.alloc(0);
	for await (const piece of stream) {
		if (!(piece instanceof Uint8Array)) throw new Error('the engine answered with no bytes');
		raw = Buffer.concat([raw, piece]);
		if (raw.length > saidBytesMax || inPlace.test(framesOf(raw))) break;
	}
	return framesOf(raw);
}

/** Its rules go with it. */
export async function removeGuardAt(docker: Docker, owner: string): Promise<void> {
	const container = docker.getContainer(guardName(owner));
	const found = await orGone(container.inspect());
	if (found === null || found.Config.Labels[ownerLabel] !== owner) return;
	if (found.State.Running) await container.stop({ t: stopSeconds });
	await orGone(container.remove({ force: true, v: true }));
}
