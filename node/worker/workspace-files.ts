/**
 * Files of clones and checkouts that git does not bring: what set-up makes, what is copied from the person's checkout,
 * temporary folders. Paths come from the project's settings and lead into folders that agents may write, so links on
 * the way are never followed.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, lstat, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { removeFolder } from '../../shared/ports/system/remove-folder.ts';

/** Names that lockfiles commonly have; looked at where the project names none. */
const commonLockfiles: readonly string[] = [
	...['package-lock.json', 'npm-shrinkwrap.json', 'yarn.lock', 'pnpm-lock.yaml', 'bun.lock', 'bun.lockb', 'deno.lock'],
	...['Cargo.lock', 'go.sum', 'poetry.lock', 'uv.lock', 'Pipfile.lock', 'requirements.txt', 'Gemfile.lock'],
	...['composer.lock', 'mix.lock', 'gradle.lockfile', 'packages.lock.json'],
];
const lockfileBytesMax = 64 * 1024 * 1024;
/** Folders looked into when what set-up made is found out; a tree with more is taken as it is. */
const foldersMax = 50_000;

/** Changes when set-up has to run again: its commands, a lockfile, or a file that is copied from the person's checkout. */
export async function setupKey(input: {
	readonly folder: string;
	readonly commands: readonly string[];
	readonly lockfiles: readonly string[];
	readonly copyFrom: string | null;
	readonly copy: readonly string[];
}): Promise<string> {
	const hash = createHash('sha256').update(JSON.stringify([input.commands, input.copy]));
	const add = async (folder: string, paths: readonly string[]): Promise<void> => {
		for (const path of paths) {
			const content = await readPlain(folder, path);
			if (content) hash.update(`\0${path}\0`).update(content);
		}
	};
	await add(input.folder, input.lockfiles.length > 0 ? input.lockfiles : commonLockfiles);
	if (input.copyFrom !== null) await add(input.copyFrom, input.copy);
	return hash.digest('hex');
}

/** Copies untracked files of the person's checkout; answers what was there to copy. Existing ones are left. */
export async function copyUntracked(from: string, to: string, paths: readonly string[]): Promise<readonly string[]> {
	const copied: string[] = [];
	for (const path of paths) {
		const source = await lstat(join(from, path)).catch(() => null);
		if (!source?.isFile() || !(await isPlainWay(to, dirname(path)))) continue;
		copied.push(path);
		await mkdir(dirname(join(to, path)), { recursive: true });
		await copyFile(join(from, path), join(to, path), constants.COPYFILE_EXCL).catch((error: NodeJS.ErrnoException) => {
			if (error.code !== 'EEXIST') throw error;
		});
	}
	return copied;
}

/** Every path in a folder, without looking into git's. */
export async function listPaths(folder: string): Promise<ReadonlySet<string>> {
	const found = new Set<string>();
	const folders = [''];
	for (let at = 0; at < folders.length && at < foldersMax; at++) {
		const inside = folders[at] ?? '';
		for (const entry of await readdir(join(folder, inside), { withFileTypes: true })) {
			const path = inside === '' ? entry.name : `${inside}/${entry.name}`;
			if (path === '.git') continue;
			found.add(path);
			if (entry.isDirectory()) folders.push(path);
		}
	}
	return found;
}

/** The topmost paths that are there now and were not before: what set-up made. */
export async function newPaths(folder: string, before: ReadonlySet<string>): Promise<readonly string[]> {
	const found: string[] = [];
	const folders = [''];
	for (let at = 0; at < folders.length && at < foldersMax; at++) {
		const inside = folders[at] ?? '';
		for (const entry of await readdir(join(folder, inside), { withFileTypes: true }).catch(() => [])) {
			const path = inside === '' ? entry.name : `${inside}/${entry.name}`;
			if (path === '.git') continue;
			if (!before.has(path)) found.push(path);
			else if (entry.isDirectory()) folders.push(path);
		}
	}
	return found;
}

/** Makes git overlook paths in a folder, through `info/exclude` of the git directories given. */
export async function exclude(gitDirectories: readonly string[], paths: readonly string[]): Promise<void> {
	const lines = paths.map((path) => `/${path.replace(/[\\*?[\]!# ]/g, '\\$&').replaceAll('\n', '?')}\n`).join('');
	for (const gitDirectory of gitDirectories) {
		if (!(await isPlainWay(gitDirectory, 'info'))) continue;
		const file = join(gitDirectory, 'info', 'exclude');
		const fresh = `${file}.gangline-new`;
		await rm(fresh, { force: true });
		await writeFile(fresh, lines, { flag: 'wx' });
		await rename(fresh, file);
	}
}

/** An empty folder of ours alone. */
export async function freshFolder(path: string): Promise<string> {
	await removeFolder(path);
	await mkdir(path, { recursive: true, mode: 0o700 });
	return path;
}

export async function isFolder(path: string): Promise<boolean> {
	return (await lstat(path).catch(() => null))?.isDirectory() ?? false;
}

/** Names in a folder; none where there is no folder. */
export async function namesIn(folder: string): Promise<readonly string[]> {
	return await readdir(folder).catch(() => []);
}

/** Whether every folder from `root` to `root/path` is a folder and no link, as far as it exists. */
async function isPlainWay(root: string, path: string): Promise<boolean> {
	let at = root;
	for (const part of ['', ...path.split('/').filter((part) => part !== '' && part !== '.')]) {
		at = join(at, part);
		const found = await lstat(at).catch(() => null);
		if (found && !found.isDirectory()) return false;
	}
	return true;
}

async function readPlain(folder: string, path: string): Promise<Uint8Array | null> {
	if (!(await isPlainWay(folder, dirname(path)))) return null;
	const file = await open(join(folder, path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
		() => null,
	);
	if (!file) return null;
	try {
		const stats = await file.stat();
		return stats.isFile() && stats.size <= lockfileBytesMax ? await file.readFile() : null;
	} finally {
		await file.close();
	}
}
