/**
 * What an image is made of, and its name: a hash over all of it, so that the same parts are the same image and nothing
 * is built twice. The parts are small but for Node.js and this program, whose bytes are read once per process.
 */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProgramFile } from '../builds/index.ts';
import type { ImageWish } from './provisioner.ts';
import type { StackFolder } from './stacks.ts';

export interface ImageParts {
	readonly baseImage: string;
	/** The folder `docker/` of this program. */
	readonly docker: string;
	readonly stack: StackFolder | null;
	/** Of this program, its Node.js among them (`bin/node`). */
	readonly program: readonly ProgramFile[];
}

const stackLine = /^# stack$/m;
const parts = ['container', 'tools'] as const;

/** The image for these parts. */
export async function planImage({ baseImage, docker, stack, program }: ImageParts): Promise<ImageWish> {
	const template = await readFile(join(docker, 'Dockerfile'), 'utf8');
	const dockerfile = template.replace(stackLine, () => stack?.dockerfile.trim() ?? '# no stack');
	const own = await Promise.all(parts.map((part) => filesIn(join(docker, part), part)));
	const files = [...own.flat(), ...program.map(({ from, to }) => ({ from, to: to === 'bin/node' ? 'node' : to }))];
	const hash = createHash('sha256').update(JSON.stringify([baseImage, dockerfile]));
	for (const { from, to } of files) await addFile(hash, from, to);
	const tag = `gangline/project:${stack?.stack ?? 'base'}-${hash.digest('hex').slice(0, 16)}`;
	return { tag, baseImage, dockerfile, files };
}

async function filesIn(folder: string, to: string): Promise<ImageWish['files']> {
	const names = (await readdir(folder)).sort();
	return names.map((name) => ({ from: join(folder, name), to: `${to}/${name}` }));
}

async function addFile(hash: Hash, from: string, to: string): Promise<void> {
	hash.update(`\0${to}\0`);
	for await (const piece of createReadStream(from)) hash.update(piece);
}
