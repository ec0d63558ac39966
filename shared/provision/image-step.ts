/** The step that brings the image: what it is made of is looked at each time, so that a rebuild brings what was added. */
import { join } from 'node:path';
import { inspectRepository, onlyReading, readCheckoutTree } from '../git/index.ts';
import { agentsNamed, chooseAgents, readAgentLayers } from './agent-layers.ts';
import type { ContainersOptions } from './containers-options.ts';
import { planImage } from './image-plan.ts';
import type { MakeLog } from './make-log.ts';
import { baseNameOf, ownImage, ownImageWish } from './own-image.ts';
import type { ContainerRecord } from './records.ts';
import type { Step } from './run-steps.ts';
import { readStacks, type StackFolder, stacksBelow } from './stacks.ts';

export interface ImageMaking {
	readonly options: ContainersOptions;
	readonly log: MakeLog;
}

/** `fresh`: built again though it is there. */
export function imageStep({ options, log }: ImageMaking, fresh = false): Step {
	return {
		name: 'image',
		doing: 'looking for the image',
		run: async ({ record, say }) => {
			const { docker, program, digests, provisioner } = options;
			const agents = await agentsFor(options, record);
			const stack = await stackOf(options, record);
			const onLine = (line: string): void => {
				log.write(line);
				say(line.slice(0, 200));
			};
			const { baseImage, isOwn } = await baseFor(options, record, { onLine, fresh });
			const planned = await planImage({ baseImage, docker, stack, agents, program: await program(), digests });
			const wish = { ...planned, fresh, ...(isOwn && { limits: record.limits }) };
			const { built } = await provisioner.ensureImage(wish, onLine);
			const names = agents.map(({ runtime }) => runtime);
			const inside = names.length === 0 ? '' : `, with ${names.join(' and ')}`;
			return {
				words: `${built ? 'built' : 'found'} ${wish.tag}${isOwn ? ` on ${baseImage}` : ''}${inside}`,
				change: { image: wish.tag, agents: names, imagePath: isOwn ? await provisioner.pathIn(wish.tag) : null },
			};
		},
	};
}

/** What the image is built on: the project's own where the person trusts that, made first where it is a Dockerfile. */
async function baseFor(
	{ baseImage, provisioner }: ContainersOptions,
	record: ContainerRecord,
	{ onLine, fresh }: { readonly onLine: (line: string) => void; readonly fresh: boolean },
): Promise<{ readonly baseImage: string; readonly isOwn: boolean }> {
	const own = ownImage(record);
	if (own?.kind === 'name') return { baseImage: baseNameOf(own.name), isOwn: true };
	const wish = ownImageWish(record);
	if (wish === null) return { baseImage, isOwn: false };
	await provisioner.ensureImage({ ...wish, fresh }, onLine);
	return { baseImage: wish.tag, isOwn: true };
}

export const agentsOf = ({ docker }: ContainersOptions): string => join(docker, 'agents');

export const stacksOf = ({ docker }: ContainersOptions): string => stacksBelow(docker);

async function stackNamed(options: ContainersOptions, name: string | null): Promise<StackFolder | null> {
	if (name === null) return null;
	return (await readStacks(stacksOf(options))).find(({ stack }) => stack === name) ?? null;
}

/** An image of the project's own brings its tools, unless a person asked for others. */
export function stackOf(options: ContainersOptions, record: ContainerRecord): Promise<StackFolder | null> {
	return stackNamed(options, ownImage(record) !== null && record.wantedStack === null ? null : record.stack);
}

/** What the project's file names is looked at each time: an agent that was added to it comes with a rebuild. */
async function agentsFor(options: ContainersOptions, { path, wantedAgents }: ContainerRecord) {
	const layers = await readAgentLayers(agentsOf(options));
	return chooseAgents(layers, wantedAgents, wantedAgents === null ? await agentsNamed(path, options.environment) : []);
}

/** That HEAD of the source has. */
export async function filesAt(path: string, { environment }: ContainersOptions): Promise<readonly string[]> {
	const facts = await inspectRepository(path, onlyReading(environment), { dirty: false });
	if (facts.kind !== 'checkout' || facts.head.kind === 'unborn') return [];
	return (await readCheckoutTree(path, onlyReading(environment))).files;
}
