/**
 * Git directories as files: made by hand where git would have to run inside one that an agent may have changed, and read
 * as plain data afterwards. *No git process of ours ever opens a git directory that an agent or a gate could write*: its
 * configuration can name programs (file monitors, filters, transports, promisor remotes), its refs folder can be a link
 * into another repository. Files are opened without following links and without waiting, so that neither a link nor a
 * pipe in their place does harm.
 */
import { constants, type Stats } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Person } from '../ports/git.ts';
import { type CommitId, parseCommitId } from '../ports/ids.ts';

export type ObjectFormat = 'sha1' | 'sha256';

export interface NewGitDirectory {
	/** A branch (`refs/heads/…`, listed in `refs`) or a commit. */
	readonly head: string;
	readonly refs: ReadonlyMap<string, string>;
	/** Object folders of other repositories that this one may read from. */
	readonly alternates: readonly string[];
	readonly objectFormat: ObjectFormat;
	readonly user?: Person;
	/** Where its hooks lie; left out: in itself. */
	readonly hooks?: string;
}

/**
 * An index as bytes, with the second in which git wrote it. Git believes a file unread when its entry is older than the
 * index; a copy that looks younger than it is hides an edit of the same length made within that second.
 */
export interface IndexFile {
	readonly content: Buffer;
	/** Whole seconds since 1970. */
	readonly writtenAt: number;
}

/** Writes a whole git directory at `path`, which must not exist. */
export async function writeGitDirectory(path: string, content: NewGitDirectory): Promise<void> {
	for (const folder of ['objects/info', 'objects/pack', 'refs/heads', 'refs/tags', 'info']) {
		await mkdir(join(path, folder), { recursive: true });
	}
	const refs = [...content.refs].sort(([a], [b]) => (a < b ? -1 : 1));
	await writeFile(join(path, 'config'), configuration(content));
	await writeFile(join(path, 'objects/info/alternates'), content.alternates.map((folder) => `${folder}\n`).join(''));
	await writeFile(join(path, 'packed-refs'), refs.map(([ref, id]) => `${id} ${ref}\n`).join(''));
	await writeFile(
		join(path, 'HEAD'),
		content.head.startsWith('refs/') ? `ref: ${content.head}\n` : `${content.head}\n`,
	);
}

export interface Head {
	readonly commit: CommitId;
	/** The full name of the branch, null when detached. */
	readonly ref: string | null;
}

/** What HEAD of an untrusted git directory names; null when it names nothing that could be a commit. */
export async function readHead(gitDirectory: string): Promise<Head | null> {
	const text = await readSmall(join(gitDirectory, 'HEAD'));
	const ref = /^ref: (refs\/[^\n]+)\n?$/.exec(text ?? '')?.[1];
	if (ref === undefined) return headOf(text, null);
	if (!isPlainRef(ref)) return null;
	const loose = headOf(await readSmall(join(gitDirectory, ref)), ref);
	if (loose) return loose;
	const packed = (await packedRefs(gitDirectory)).find((entry) => entry.ref === ref);
	return packed ? { commit: packed.id, ref } : null;
}

/**
 * Every object besides `known` that a ref or the recent history of HEAD names, without repetition: a few
 * thousand, and how many more there are. What was moved last is looked at first.
 */
export async function namedObjects(
	gitDirectory: string,
	known: ReadonlySet<string>,
): Promise<{ readonly objects: readonly CommitId[]; readonly more: number }> {
	const found = new Set<CommitId>();
	for (const path of await plainFiles(join(gitDirectory, 'refs'), refsDepthMax)) {
		const head = headOf(await readSmall(path), null);
		if (head) found.add(head.commit);
	}
	for (const line of ((await readSmall(join(gitDirectory, 'logs/HEAD'))) ?? '').split('\n').reverse()) {
		const head = headOf(line.split(' ')[1], null);
		if (head) found.add(head.commit);
	}
	for (const { id } of await packedRefs(gitDirectory)) found.add(id);
	const unknown = [...found].filter((id) => !known.has(id));
	return { objects: unknown.slice(0, namedObjectsMax), more: Math.max(0, unknown.length - namedObjectsMax) };
}

/**
 * Points HEAD's branch (or a detached HEAD) at a commit and puts an index in place. False, and nothing done, when a
 * folder on the way is not a plain one. Only while no process of the agent lives: nothing holds the folders still.
 */
export async function moveHead(gitDirectory: string, head: Head, commit: CommitId, index: IndexFile): Promise<boolean> {
	const target = join(gitDirectory, head.ref ?? 'HEAD');
	if (!(await isPlainFolder(gitDirectory))) return false;
	for (let folder = dirname(target); folder.length > gitDirectory.length; folder = dirname(folder)) {
		if (await lstatOrNull(folder).then((found) => found !== null && !found.isDirectory())) return false;
	}
	await mkdir(dirname(target), { recursive: true });
	await replace(target, `${commit}\n`);
	await replace(join(gitDirectory, 'index'), index.content, index.writtenAt);
	return true;
}

export async function isPlainFolder(path: string): Promise<boolean> {
	return (await lstatOrNull(path))?.isDirectory() ?? false;
}

/** The lines of an untrusted objects/info/alternates; null when it is not a plain file or there is none. */
export async function readAlternates(objects: string): Promise<string[] | null> {
	const text = await readSmall(join(objects, 'info/alternates'));
	return text === null ? null : text.split('\n').filter(Boolean);
}

const smallBytesMax = 4 * 1024 * 1024;
const refsDepthMax = 12;
const namedObjectsMax = 2_000;

/** The last part of a plain file, null for anything else. */
async function readSmall(path: string): Promise<string | null> {
	const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
	const file = await open(path, flags).catch(() => null);
	if (file === null) return null;
	try {
		const { size, ...stats } = await file.stat();
		if ((stats.mode & constants.S_IFMT) !== constants.S_IFREG) return null;
		const bytes = Buffer.alloc(Math.min(size, smallBytesMax));
		const { bytesRead } = await file.read(bytes, 0, bytes.length, size - bytes.length);
		return bytes.toString('utf8', 0, bytesRead);
	} finally {
		await file.close();
	}
}

function headOf(text: string | null | undefined, ref: string | null): Head | null {
	const id = /^([0-9a-f]{40}|[0-9a-f]{64})\n?$/.exec(text ?? '')?.[1];
	return id === undefined || /^0+$/.test(id) ? null : { commit: parseCommitId(id), ref };
}

async function packedRefs(gitDirectory: string): Promise<{ id: CommitId; ref: string }[]> {
	const lines = ((await readSmall(join(gitDirectory, 'packed-refs'))) ?? '').split('\n');
	return lines.flatMap((line) => {
		const [, id, ref] = /^([0-9a-f]{40}|[0-9a-f]{64}) (refs\/.+)$/.exec(line) ?? [];
		return id !== undefined && ref !== undefined ? [{ id: parseCommitId(id), ref }] : [];
	});
}

async function plainFiles(folder: string, depth: number): Promise<string[]> {
	if (depth === 0 || !(await isPlainFolder(folder))) return [];
	const found: string[] = [];
	for (const entry of await readdir(folder, { withFileTypes: true })) {
		const path = join(folder, entry.name);
		if (entry.isDirectory()) found.push(...(await plainFiles(path, depth - 1)));
		else if (entry.isFile()) found.push(path);
		if (found.length > namedObjectsMax) break;
	}
	return found;
}

function isPlainRef(ref: string): boolean {
	return ref.split('/').every((part) => part !== '' && part !== '.' && part !== '..') && !ref.includes('\0');
}

function lstatOrNull(path: string): Promise<Stats | null> {
	return lstat(path).catch(() => null);
}

/** By rename, which replaces a link instead of following it. */
async function replace(path: string, content: string | Buffer, writtenAt?: number): Promise<void> {
	const temporary = `${path}.gangline-new`;
	// What a crash left there, or whatever else it is.
	await rm(temporary, { recursive: true, force: true });
	await writeFile(temporary, content, { flag: 'wx' });
	if (writtenAt !== undefined) await utimes(temporary, writtenAt, writtenAt);
	await rename(temporary, path);
}

function configuration({ objectFormat, user, hooks }: NewGitDirectory): string {
	const quoted = (text: string): string => `"${text.replace(/[\\"]/g, '\\$&').replaceAll('\n', ' ')}"`;
	return [
		'[core]',
		`\trepositoryformatversion = ${objectFormat === 'sha1' ? 0 : 1}`,
		'\tfilemode = true',
		'\tbare = false',
		'\tlogallrefupdates = true',
		...(hooks === undefined ? [] : [`\thooksPath = ${quoted(hooks)}`]),
		...(objectFormat === 'sha1' ? [] : ['[extensions]', '\tobjectformat = sha256']),
		...(user ? ['[user]', `\tname = ${quoted(user.name)}`, `\temail = ${quoted(user.email)}`] : []),
		'',
	].join('\n');
}
