/**
 * What an image is made of, and its name: a hash over all of it, so that the same parts are the same image and nothing
 * is built twice. The parts are small but for Node.js and this program, whose bytes are read once per process.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProgramFile } from '../ports/system/program.ts';
import type { AgentLayer } from './agent-layers.ts';
import { type DigestedFile, FileDigests } from './file-digests.ts';
import type { ImageWish } from './provisioner.ts';
import type { StackFolder } from './stacks.ts';

export interface ImageParts {
	readonly baseImage: string;
	/** The folder `docker/` of this program. */
	readonly docker: string;
	readonly stack: StackFolder | null;
	readonly agents?: readonly AgentLayer[];
	/** Of this program, its Node.js among them (`bin/node`). */
	readonly program: readonly ProgramFile[];
	/** What is known of files already. */
	readonly digests?: FileDigests;
}

const stackLine = /^# stack$/m;
const agentsLine = /^# agents$/m;
const parts = ['container', 'tools'] as const;
/** What images are made of, which no image has to hold, but for what says how a stack is recognised. */
const ofImages = /^app\/docker\/(?!stacks\/[^/]+\/stack\.json$)/;

/** The image for these parts. */
export async function planImage({ baseImage, docker, stack, agents = [], ...rest }: ImageParts): Promise<ImageWish> {
	const { digests } = rest;
	const program = rest.program.filter(({ to }) => !ofImages.test(to));
	const template = await readFile(join(docker, 'Dockerfile'), 'utf8');
	const programs = agents.map((agent) => agent.dockerfile.trim()).join('\n');
	const dockerfile = template
		.replace(stackLine, () => stack?.dockerfile.trim() ?? '# no stack')
		.replace(agentsLine, () => programs || '# no agents');
	const own = (await Promise.all(parts.map((part) => filesIn(join(docker, part), part)))).flat();
	const all = [...own, ...program.map((file) => (file.to === 'bin/node' ? { ...file, to: 'node' } : file))];
	const contents = await (digests ?? new FileDigests()).of(all);
	const made = JSON.stringify([baseImage, dockerfile, all.map(({ to }) => to), contents]);
	const hash = createHash('sha256').update(made).digest('hex').slice(0, 16);
	const files = all.map(({ from, to }) => ({ from, to }));
	return { tag: `gangline/project:${stack?.stack ?? 'base'}-${hash}`, baseImage, dockerfile, files };
}

async function filesIn(folder: string, to: string): Promise<readonly (DigestedFile & { readonly to: string })[]> {
	const names = (await readdir(folder)).sort();
	return Promise.all(
		names.map(async (name) => {
			const from = join(folder, name);
			const { size, mtimeMs } = await stat(from);
			return { from, to: `${to}/${name}`, bytes: size, modifiedMs: Math.trunc(mtimeMs) };
		}),
	);
}
