/**
 * What of ours lies at an engine and belongs to no project any more, what an interrupted build left among it: layers
 * without a name, and the container of the step at which it was ended. Layers carry our label from the first one on, and
 * such a container inherits it. Somebody's own container of a finished image is never among them.
 */
import type Docker from 'dockerode';
import { z } from 'zod';
import { orGone } from './engine-door.ts';
import { guardLabel, imageLabel, type Leftover, nameLabel, ownerLabel, type Provisioner } from './provisioner.ts';

type Used = Parameters<Provisioner['leftovers']>[0];

/** The same Dockerfile with our label on every layer. */
export function withLabel(dockerfile: string, owner: string): string {
	return dockerfile.replace(/^FROM .*$/gm, (from) => `${from}\nLABEL ${imageLabel}="${owner}"`);
}

export async function leftoversAt(docker: Docker, owner: string, used: Used): Promise<readonly Leftover[]> {
	const isUnused = ({ Labels }: { readonly Labels?: Readonly<Record<string, string>> | undefined }): boolean =>
		!used.names.has(Labels?.[nameLabel] ?? '');
	const labelled = (label: string): string => JSON.stringify({ label: [`${label}=${owner}`] });
	const networks = await docker.listNetworks({ filters: labelled(ownerLabel) });
	const images = await docker.listImages({ filters: labelled(imageLabel) });
	const containers = await docker.listContainers({ all: true, size: true, filters: labelled(ownerLabel) });
	const others = used.building ? [] : await docker.listContainers({ all: true, filters: labelled(imageLabel) });
	const listed = listedSchema.parse(await docker.listVolumes({ filters: labelled(ownerLabel) }));
	const volumes = (listed.Volumes ?? []).filter(({ Labels }) => isUnused({ Labels: Labels ?? {} }));
	const sizes = volumes.length === 0 ? new Map<string, number>() : await sizesOfVolumes(docker);
	// It stands as long as there is a project.
	const guards = used.names.size === 0 ? [] : containers.filter(({ Labels }) => Labels[guardLabel] !== undefined);
	const guardImages = new Set(guards.map(({ ImageID }) => ImageID));
	const named = new Set(images.filter(({ RepoTags }) => nameIn(RepoTags) !== null).map(({ Id }) => Id));
	return [
		...[
			...containers.filter((one) => isUnused(one) && !guards.includes(one)),
			...others.filter((one) => isOfBuild(one, named)),
		].map(
			(one): Leftover => ({
				kind: 'container',
				name: (one.Names[0] ?? one.Id).replace(/^\//, ''),
				bytes: sizeOf(one),
			}),
		),
		...networks.filter(isUnused).map((one): Leftover => ({ kind: 'network', name: one.Name, bytes: null })),
		...volumes.map(({ Name }): Leftover => ({ kind: 'volume', name: Name, bytes: sizes.get(Name) ?? null })),
		...images
			.filter(({ RepoTags }) => !(RepoTags ?? []).some((tag) => used.images.has(tag)))
			.filter(({ Id }) => !guardImages.has(Id))
			.filter(({ RepoTags }) => !used.building || nameIn(RepoTags) !== null)
			.map((one): Leftover => ({ kind: 'image', name: nameIn(one.RepoTags) ?? one.Id, bytes: one.Size })),
	];
}

export async function removeLeftoverAt(docker: Docker, { kind, name }: Leftover): Promise<void> {
	switch (kind) {
		case 'service':
			await orGone(docker.getService(name).remove());
			return;
		case 'secret':
			await orGone(docker.getSecret(name).remove());
			return;
		case 'container':
			await orGone(docker.getContainer(name).remove({ force: true, v: true }));
			return;
		case 'network':
			await orGone(docker.getNetwork(name).remove());
			return;
		case 'volume':
			await orGone(docker.getVolume(name).remove());
			return;
		case 'image':
			await orGone(docker.getImage(name).remove());
	}
}

const listedSchema = z.object({
	Volumes: z.array(z.object({ Name: z.string(), Labels: z.record(z.string(), z.string()).nullish() })).nullish(),
});

const volumesSchema = z.object({
	Volumes: z.array(z.object({ Name: z.string(), UsageData: z.object({ Size: z.number() }).nullish() })).nullish(),
});

/** By name; an engine says less than nothing of one that it cannot measure. */
async function sizesOfVolumes(docker: Docker): Promise<ReadonlyMap<string, number>> {
	const found = volumesSchema.parse(await docker.df());
	const sizes = (found.Volumes ?? []).map(({ Name, UsageData }) => [Name, UsageData?.Size ?? -1] as const);
	return new Map(sizes.filter(([, size]) => size >= 0));
}

/** The engine calls what has no name so. */
function nameIn(tags: readonly string[] | null | undefined): string | null {
	return (tags ?? []).find((tag) => !tag.startsWith('<none>')) ?? null;
}

/** Nobody runs something on a layer that has no name but a build. */
function isOfBuild({ Labels, State, ImageID }: Docker.ContainerInfo, named: ReadonlySet<string>): boolean {
	return Labels[ownerLabel] === undefined && State !== 'running' && !named.has(ImageID);
}

function sizeOf(container: object): number | null {
	const size: unknown = Reflect.get(container, 'SizeRw');
	return typeof size === 'number' ? size : null;
}
