/**
 * Git's objects in memory under git's own ids. Trees are kept flat, as path → entry; their id is computed over the
 * nested trees that git would write.
 */
import { createHash } from 'node:crypto';
import { type ParsedCommit, parseCommit } from '../../git/landing-commit.ts';
import { ganglineError } from '../errors.ts';
import { type CommitId, parseCommitId } from '../ids.ts';

export interface Entry {
	readonly mode: '100644' | '100755' | '120000';
	readonly id: string;
	readonly content: Buffer;
}

export type Files = ReadonlyMap<string, Entry>;

export class SimObjects {
	readonly #commits = new Map<CommitId, Buffer>();
	/** Parsed once: histories are walked again and again. */
	readonly #parsed = new Map<CommitId, ParsedCommit>();
	readonly #trees = new Map<CommitId, Files>();

	putFile(content: Buffer, mode: Entry['mode'] = '100644'): Entry {
		return { mode, id: objectId('blob', content), content };
	}

	putTree(files: Files): CommitId {
		const id = parseCommitId(treeId(files));
		this.#trees.set(id, files);
		return id;
	}

	putCommit(bytes: Buffer): CommitId {
		const parsed = parseCommit(bytes);
		if (!this.#trees.has(parsed.tree)) throw absent(parsed.tree);
		for (const parent of parsed.parents) this.commitBytes(parent);
		const id = parseCommitId(objectId('commit', bytes));
		this.#commits.set(id, bytes);
		this.#parsed.set(id, parsed);
		return id;
	}

	/** Whether the commit, or the tree, is here. */
	has(id: string): boolean {
		return this.#commits.has(id as CommitId) || this.#trees.has(id as CommitId);
	}

	commitBytes(commit: CommitId): Buffer {
		const bytes = this.#commits.get(commit);
		if (bytes === undefined) throw absent(commit);
		return bytes;
	}

	parsed(commit: CommitId): ParsedCommit {
		const parsed = this.#parsed.get(commit);
		if (parsed === undefined) throw absent(commit);
		return parsed;
	}

	/** Of a commit, or of a tree itself. */
	treeId(commitOrTree: CommitId): CommitId {
		return this.#trees.has(commitOrTree) ? commitOrTree : this.parsed(commitOrTree).tree;
	}

	files(commitOrTree: CommitId): Files {
		const files = this.#trees.get(this.treeId(commitOrTree));
		if (files === undefined) throw absent(commitOrTree);
		return files;
	}

	/** A commit and all that it contains. */
	ancestry(commit: CommitId): Set<CommitId> {
		const found = new Set<CommitId>();
		const open = [commit];
		for (let next = open.pop(); next !== undefined; next = open.pop()) {
			if (found.has(next)) continue;
			found.add(next);
			open.push(...this.parsed(next).parents);
		}
		return found;
	}

	/** Common ancestors that no other common ancestor contains. */
	mergeBases(a: CommitId, b: CommitId): CommitId[] {
		const ofB = this.ancestry(b);
		const common = [...this.ancestry(a)].filter((commit) => ofB.has(commit));
		return common.filter((commit) => !common.some((other) => other !== commit && this.ancestry(other).has(commit)));
	}
}

export function objectId(type: string, content: Buffer): string {
	return createHash('sha1').update(`${type} ${content.length}\0`).update(content).digest('hex');
}

export function sameEntry(a: Entry | undefined, b: Entry | undefined): boolean {
	return a?.id === b?.id && a?.mode === b?.mode;
}

export function fileAt(files: Files, path: string): Uint8Array | null {
	const entry = files.get(path);
	return entry === undefined ? null : new Uint8Array(entry.content);
}

function treeId(files: Files): string {
	const here = new Map<string, { mode: string; id: string }>();
	const folders = new Map<string, Map<string, Entry>>();
	for (const [path, entry] of files) {
		const slash = path.indexOf('/');
		if (slash < 0) here.set(path, entry);
		else folder(folders, path.slice(0, slash)).set(path.slice(slash + 1), entry);
	}
	for (const [name, inside] of folders) {
		if (here.has(name)) throw ganglineError('INVALID_ARGUMENT', `${name} is a file and a folder in one tree`);
		here.set(name, { mode: '40000', id: treeId(inside) });
	}
	const sorted = [...here].sort(([a, x], [b, y]) => Buffer.compare(sortKey(a, x.mode), sortKey(b, y.mode)));
	const entries = sorted.map(([name, { mode, id }]) =>
		Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')]),
	);
	return objectId('tree', Buffer.concat(entries));
}

/** Git sorts a folder as if its name ended with a slash. */
function sortKey(name: string, mode: string): Buffer {
	return Buffer.from(mode === '40000' ? `${name}/` : name);
}

function folder(folders: Map<string, Map<string, Entry>>, name: string): Map<string, Entry> {
	const known = folders.get(name) ?? new Map<string, Entry>();
	folders.set(name, known);
	return known;
}

function absent(id: string): Error {
	return ganglineError('GIT_FAILED', `the object ${id} is not in the simulated repository`);
}
