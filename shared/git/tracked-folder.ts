/**
 * A folder that agents or gates may write, tracked through a git directory of ours *outside* it: its index, settings and
 * objects are out of their reach, so neither assume-unchanged bits nor filters, hooks, attributes or file monitors that
 * they plant change what we see. The folder may have a `.git` of its own; git never looks into it here.
 */
import { access, constants, lstat, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CommitId, parseCommitId } from '../ports/ids.ts';
import { type IndexFile, isPlainFolder, type NewGitDirectory, writeGitDirectory } from './git-directory.ts';
import type { GitProcess, GitResult } from './git-process.ts';

export interface Snapshot {
	readonly tree: CommitId;
	/** Left out: repositories inside the folder, new files beyond the size limit, files that cannot be read. */
	readonly leftOut: readonly string[];
}

/** New files larger than this are dumps and videos, not work; they would only fill the object store. */
const newFileBytesMax = 50 * 1024 * 1024;

export interface TrackedFolderOptions {
	readonly git: GitProcess;
	readonly folder: string;
	readonly gitDirectory: string;
	/** Further object folders to look into, such as that of the folder's own `.git`. */
	readonly reads?: readonly string[];
	/** An index other than the git directory's own. */
	readonly index?: string;
}

let copies = 0;

export class TrackedFolder {
	readonly folder: string;
	/** Ours, outside the folder. */
	readonly gitDirectory: string;
	readonly #options: TrackedFolderOptions;
	readonly #git: GitProcess;
	readonly #environment: Record<string, string>;

	constructor(options: TrackedFolderOptions) {
		this.#options = options;
		this.folder = options.folder;
		this.gitDirectory = options.gitDirectory;
		this.#git = options.git;
		this.#environment = {
			GIT_DIR: options.gitDirectory,
			GIT_WORK_TREE: options.folder,
			...(options.index ? { GIT_INDEX_FILE: options.index } : {}),
			...(options.reads ? { GIT_ALTERNATE_OBJECT_DIRECTORIES: objectFolders(options.reads) } : {}),
		};
	}

	/** Writes the git directory. The folder is filled by `reset`. */
	async create(content: Omit<NewGitDirectory, 'refs' | 'user'>): Promise<void> {
		await writeGitDirectory(this.gitDirectory, { ...content, refs: new Map() });
	}

	/** Makes every tracked file as it is in the commit, whatever stood in the way. Untracked files stay. */
	async reset(commit: CommitId): Promise<void> {
		await this.run(['read-tree', '--reset', '-u', commit]);
	}

	/** Everything in the folder that is not ignored, as a tree. `git add` is no choice: it runs git inside nested repositories. */
	async snapshot(): Promise<Snapshot> {
		return this.#onCopyOfIndex((copy) => copy.#takeIn());
	}

	async #takeIn(): Promise<Snapshot> {
		const listed = await this.fields([
			'ls-files',
			'-z',
			'-t',
			'--modified',
			'--deleted',
			'--others',
			'--exclude-standard',
		]);
		const sorted = await sortOut(this.folder, new Map(listed.map((entry) => [entry.slice(2), entry.startsWith('?')])));
		await this.#index(['--force-remove'], sorted.gone);
		await this.#index(['--add', '--remove', '--replace'], sorted.taken);
		return { tree: await this.indexTree(), leftOut: sorted.leftOut };
	}

	/** Tracked files that differ from the index by content or mode. */
	async modified(): Promise<string[]> {
		return [...new Set(await this.fields(['ls-files', '-z', '--modified', '--deleted']))];
	}

	/** Files that no commit knows; with `ignored` also those that .gitignore names. */
	others(options: { ignored: boolean }): Promise<string[]> {
		return this.fields(['ls-files', '-z', '--others', ...(options.ignored ? [] : ['--exclude-standard'])]);
	}

	/** The tree of the index as it stands. */
	async indexTree(): Promise<CommitId> {
		return parseCommitId((await this.run(['write-tree'])).stdout.toString().trim());
	}

	index(): Promise<IndexFile> {
		return readIndex(join(this.gitDirectory, 'index'));
	}

	run(args: readonly string[], more: { stdin?: string | Buffer; codes?: readonly number[] } = {}): Promise<GitResult> {
		return this.#git.run({ args, cwd: this.folder, env: this.#environment, ...more });
	}

	fields(args: readonly string[]): Promise<string[]> {
		return this.#git.fields({ args, cwd: this.folder, env: this.#environment });
	}

	/** Works on a copy that then takes the index's place: no lock file, so that none can be left behind or be in the way. */
	async #onCopyOfIndex<Result>(action: (copy: TrackedFolder) => Promise<Result>): Promise<Result> {
		const own = this.#options.index ?? join(this.gitDirectory, 'index');
		const index = `${own}.${process.pid}-${copies++}`;
		await copyIndex(own, index);
		try {
			const result = await action(new TrackedFolder({ ...this.#options, index }));
			await rename(index, own).catch(() => undefined);
			return result;
		} finally {
			await rm(index, { force: true });
		}
	}

	async #index(options: readonly string[], paths: readonly string[]): Promise<void> {
		if (paths.length === 0) return;
		const stdin = paths.map((path) => `${path}\0`).join('');
		await this.run(['update-index', ...options, '-z', '--stdin'], { stdin });
	}
}

async function readIndex(path: string): Promise<IndexFile> {
	const [content, { mtimeMs }] = await Promise.all([readFile(path), stat(path)]);
	return { content, writtenAt: Math.floor(mtimeMs / 1000) };
}

/** With the time of the original, see IndexFile. Nothing where there is none. */
async function copyIndex(from: string, to: string): Promise<void> {
	const index = await readIndex(from).catch(() => null);
	if (index === null) return;
	await writeFile(to, index.content);
	await utimes(to, index.writtenAt, index.writtenAt);
}

interface Sorted {
	readonly taken: string[];
	/** In the index and no file any more: deleted, now a folder, or behind a link. */
	readonly gone: string[];
	readonly leftOut: string[];
}

/** Looks at each path itself, because git refuses a whole list for one path that lies behind a link. */
async function sortOut(root: string, paths: ReadonlyMap<string, boolean>): Promise<Sorted> {
	const sorted: Sorted = { taken: [], gone: [], leftOut: [] };
	const folders = new Map<string, boolean>([['', true]]);
	const isPlain = async (folder: string): Promise<boolean> => {
		const known = folders.get(folder);
		if (known !== undefined) return known;
		const plain = (await isPlain(above(folder))) && (await isPlainFolder(join(root, folder)));
		folders.set(folder, plain);
		return plain;
	};
	for (const [path, isNew] of paths) {
		const found = (await isPlain(above(path))) ? await lstat(join(root, path)).catch(() => null) : null;
		const isRepository = found?.isDirectory() && (await lstat(join(root, path, '.git')).catch(() => null)) !== null;
		if (path.endsWith('/') || (isNew && (found?.size ?? 0) > newFileBytesMax)) sorted.leftOut.push(path);
		else if (found === null || (found.isDirectory() && !isRepository)) sorted.gone.push(path);
		else if (found.isFile() && !(await isReadable(join(root, path)))) sorted.leftOut.push(path);
		else sorted.taken.push(path);
	}
	return sorted;
}

function isReadable(path: string): Promise<boolean> {
	return access(path, constants.R_OK).then(
		() => true,
		() => false,
	);
}

function above(path: string): string {
	return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** For GIT_ALTERNATE_OBJECT_DIRECTORIES: quoted, because a path may hold the separator. */
export function objectFolders(paths: readonly string[]): string {
	return paths.map((path) => `"${path.replace(/[\\"]/g, '\\$&')}"`).join(':');
}
