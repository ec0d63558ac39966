/**
 * The image that a `devcontainer.json` names. Building on it runs what it brings as root in a plain container of the
 * engine, so it counts only when a person has named the hash of that file; one that has changed since counts no more.
 */
import type { ContainerView } from '../operations/index.ts';
import type { Devcontainer } from './devcontainer-plan.ts';
import type { ImageWish } from './provisioner.ts';
import type { ContainerRecord } from './records.ts';

/** The image that the project's own is built on, where the person has said that they trust it. */
export function ownImage({ devcontainer, wantedDevcontainer }: ContainerRecord): Devcontainer['image'] {
	return devcontainer !== null && devcontainer.hash === wantedDevcontainer ? devcontainer.image : null;
}

/** What is built first, and what it is called. Bounded as the container is; its Dockerfile gets no file. */
export function ownImageWish(record: ContainerRecord): ImageWish | null {
	const image = ownImage(record);
	if (image?.kind !== 'build') return null;
	const { dockerfile, args, target } = image;
	const tag = `gangline/devcontainer:${record.devcontainer?.hash ?? ''}`;
	return { tag, baseImage: null, dockerfile, args, target, files: [], limits: record.limits };
}

/** With a version: without one, an engine fetches all there are. */
export function baseNameOf(name: string): string {
	return /(?:@|:[^/]+$)/.test(name) ? name : `${name}:latest`;
}

/** What people see of it. */
export function devcontainerView(record: ContainerRecord): Pick<ContainerView, 'ports' | 'devcontainer'> {
	const { devcontainer, wantedDevcontainer } = record;
	const labels = new Map(devcontainer?.ports.map(({ inside, label }) => [inside, label]));
	const ports = record.ports.map((port) => ({ ...port, label: labels.get(port.inside) ?? null }));
	if (devcontainer === null) return { ports, devcontainer };
	const { path, hash, image, taken, left } = devcontainer;
	const said = wantedDevcontainer === hash ? 'used' : 'not trusted';
	return { ports, devcontainer: { path, hash, image: image === null ? null : said, taken, left } };
}
