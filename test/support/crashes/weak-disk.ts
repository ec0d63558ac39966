/**
 * A disk that keeps no more than it must. Effects are applied to it one by one; at any place the power can be cut, and an
 * image of what is then found is written: everything that was synced, and of the rest a random part.
 *
 * Two kinds of file systems, the ends of what Linux has. `ordered` (ext4, xfs): names are journaled, so each sync keeps
 * all changes of names before it. `named` (btrfs): a sync keeps the file and its own names, or the names in a folder, and
 * nothing else. In both, changes of names that were not synced reach the disk in their order: a prefix survives. (One
 * that mixes them, such as ext2, loses a LevelDB while it opens, whatever we do.) Of writes
 * that were not synced a prefix survives per file, cut at any byte, or the length survives and zeroes stand there; what is
 * written over is old or new by sectors.
 */
import {
	linkSync,
	lstatSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { SimRandom } from '../../../shared/ports/sim/index.ts';
import type { Effect } from './power-cut-journal.ts';

const sectorBytes = 512;

export type FileSystem = 'ordered' | 'named';

interface FileNode {
	readonly kind: 'file';
	readonly inode: number;
	readonly kept: Content;
	pending: Change[];
}
type Change = (Effect & { readonly kind: 'write' }) | (Effect & { readonly kind: 'truncate' });

interface FolderNode {
	readonly kind: 'folder';
	/** As processes see it. */
	readonly live: Map<string, Node>;
	/** As the disk has it for certain. */
	readonly kept: Map<string, Node>;
}
type Node = FileNode | FolderNode | { readonly kind: 'link'; readonly aim: string };

/** One call's change of names; all of it or nothing. */
interface NameChange {
	readonly about: Node;
	readonly entries: readonly { readonly folder: FolderNode; readonly name: string; readonly to: Node | null }[];
}

export class WeakDisk {
	readonly #root: string;
	readonly #kind: FileSystem;
	readonly #folder: FolderNode;
	readonly #inodes = new Map<number, FileNode>();
	#names: NameChange[] = [];

	/** Begins with what is in `root`, all of it on disk. */
	constructor(root: string, kind: FileSystem) {
		this.#root = root;
		this.#kind = kind;
		this.#folder = this.#scan(root);
	}

	apply(effect: Effect): void {
		switch (effect.kind) {
			case 'create':
				this.#add(effect.path, this.#file(effect.inode, Buffer.alloc(0)));
				break;
			case 'mkdir':
				this.#add(effect.path, { kind: 'folder', live: new Map(), kept: new Map() });
				break;
			case 'symlink':
				this.#add(effect.path, { kind: 'link', aim: effect.aim });
				break;
			case 'link':
				this.#add(effect.to, this.#at(effect.from));
				break;
			case 'write':
			case 'truncate':
				this.#inodes.get(effect.inode)?.pending.push(effect);
				break;
			case 'sync':
				this.#sync(effect.inode);
				break;
			case 'syncFolder':
				this.#syncFolder(this.#at(effect.path));
				break;
			case 'rename':
				this.#rename(effect.from, effect.to);
				break;
			case 'unlink':
			case 'rmdir':
				this.#change(this.#at(effect.path), [{ ...this.#place(effect.path), to: null }]);
				break;
			case 'strange':
				throw new RangeError(`${effect.what} was used on ${effect.path}: the journal cannot follow that`);
		}
	}

	/**
	 * Writes what is found after a power cut now into the folder `image`, where nothing may be yet. A file whose path (from
	 * the root) is in `sameInode` becomes another name of the real one, so that it is no copy to those who look at that.
	 */
	cut(image: string, random: SimRandom, sameInode: readonly string[] = []): void {
		const entries = this.#namesFound(random);
		const write = (node: Node, path: string): void => {
			const full = join(image, path);
			if (node.kind === 'link') symlinkSync(node.aim, full);
			else if (node.kind === 'file') {
				if (sameInode.includes(path)) linkSync(join(this.#root, path), full);
				writeFileSync(full, contentFound(node, random), { mode: 0o600 });
			} else {
				mkdirSync(full, { mode: 0o700 });
				for (const [name, child] of entries(node)) write(child, join(path, name));
			}
		};
		write(this.#folder, '');
	}

	/** How much is not certain now: changes of names, and files with writes that were not synced. */
	get open(): { readonly names: number; readonly files: number } {
		const files = [...this.#inodes.values()].filter(({ pending }) => pending.length > 0).length;
		return { names: this.#names.length, files };
	}

	/** The content of a file as processes see it. */
	read(path: string): Buffer {
		const node = this.#at(join(this.#root, path));
		if (node.kind !== 'file') throw new RangeError(`${path} is no file`);
		return node.kept.with(node.pending).value;
	}

	#scan(path: string): FolderNode {
		const children = readdirSync(path, { withFileTypes: true }).map((entry): [string, Node] => {
			const full = join(path, entry.name);
			if (entry.isDirectory()) return [entry.name, this.#scan(full)];
			if (entry.isSymbolicLink()) return [entry.name, { kind: 'link', aim: readlinkSync(full) }];
			return [entry.name, this.#file(lstatSync(full).ino, readFileSync(full))];
		});
		return { kind: 'folder', live: new Map(children), kept: new Map(children) };
	}

	#file(inode: number, kept: Buffer): FileNode {
		const file: FileNode = { kind: 'file', inode, kept: new Content(kept), pending: [] };
		this.#inodes.set(inode, file);
		return file;
	}

	#place(path: string): { readonly folder: FolderNode; readonly name: string } {
		const folder = this.#at(dirname(path));
		if (folder.kind !== 'folder') throw new RangeError(`${dirname(path)} is no folder`);
		return { folder, name: basename(path) };
	}

	#at(path: string): Node {
		const parts = path.slice(this.#root.length).split('/').filter(Boolean);
		return parts.reduce<Node>((node, name) => {
			const next = name === '.' ? node : node.kind === 'folder' ? node.live.get(name) : undefined;
			if (!next) throw new RangeError(`the journal speaks of ${path}, which was never made`);
			return next;
		}, this.#folder);
	}

	#add(path: string, node: Node): void {
		this.#change(node, [{ ...this.#place(path), to: node }]);
	}

	#rename(from: string, to: string): void {
		const node = this.#at(from);
		this.#change(node, [
			{ ...this.#place(from), to: null },
			{ ...this.#place(to), to: node },
		]);
	}

	#change(about: Node, entries: NameChange['entries']): void {
		for (const { folder, name, to } of entries) set(folder.live, name, to);
		this.#names.push({ about, entries });
	}

	#sync(inode: number): void {
		const file = this.#inodes.get(inode);
		if (!file) return;
		for (const change of file.pending) file.kept.take(change);
		file.pending = [];
		this.#keep(({ about }) => this.#kind === 'ordered' || about === file);
	}

	#syncFolder(folder: Node): void {
		this.#keep(
			({ about, entries }) =>
				this.#kind === 'ordered' || about === folder || entries.some((entry) => entry.folder === folder),
		);
	}

	/** Makes changes of names certain, with those that they stand on. */
	#keep(isSynced: (change: NameChange) => boolean): void {
		const chosen = withGrounds(this.#names, isSynced);
		for (const { entries } of chosen) for (const { folder, name, to } of entries) set(folder.kept, name, to);
		this.#names = this.#names.filter((change) => !chosen.has(change));
	}

	#namesFound(random: SimRandom): (folder: FolderNode) => ReadonlyMap<string, Node> {
		const found = new Map<FolderNode, Map<string, Node>>();
		const of = (folder: FolderNode): Map<string, Node> => {
			const known = found.get(folder) ?? new Map(folder.kept);
			found.set(folder, known);
			return known;
		};
		const way = random.below(4);
		const survivors = way === 0 ? 0 : way === 1 ? this.#names.length : random.below(this.#names.length + 1);
		const chosen = this.#names.slice(0, survivors);
		for (const { entries } of chosen) for (const { folder, name, to } of entries) set(of(folder), name, to);
		return of;
	}
}

/** The changes chosen and all that they stand on: earlier ones of the same name, and the making of the folder. */
function withGrounds(names: readonly NameChange[], isChosen: (change: NameChange) => boolean): ReadonlySet<NameChange> {
	const chosen = new Set(names.filter(isChosen));
	const needed = new Map<FolderNode, Set<string>>();
	for (const change of names.toReversed()) {
		const isGround =
			(change.about.kind === 'folder' && needed.has(change.about)) ||
			change.entries.some(({ folder, name }) => needed.get(folder)?.has(name));
		if (isGround) chosen.add(change);
		if (!chosen.has(change)) continue;
		for (const { folder, name } of change.entries) needed.set(folder, (needed.get(folder) ?? new Set()).add(name));
	}
	return new Set(names.filter((change) => chosen.has(change)));
}

function contentFound({ kept, pending }: FileNode, random: SimRandom): Buffer {
	const way = random.below(10);
	if (pending.length === 0 || way < 2) return kept.value;
	const whole = kept.with(pending).value;
	if (way < 4) return whole;
	const number = random.below(pending.length);
	const torn = pending[number];
	const before = kept.with(pending.slice(0, number));
	const prefix = before.with(torn?.kind === 'write' ? [halved(torn, before.value.length, random)] : []).value;
	if (way < 9 || whole.length <= prefix.length) return prefix;
	return Buffer.concat([prefix, Buffer.alloc(whole.length - prefix.length)]);
}

/** What is written over is written in whole sectors; what is added may end anywhere. */
function halved(write: Effect & { readonly kind: 'write' }, size: number, random: SimRandom): Change {
	const end = write.offset + random.below(write.bytes.length + 1);
	const whole = end < size ? Math.max(write.offset, end - (end % sectorBytes)) : end;
	return { ...write, bytes: write.bytes.subarray(0, whole - write.offset) };
}

/** What a file holds; grows in place, because a log of megabytes is written in thousands of pieces. */
class Content {
	#bytes: Buffer;
	#size: number;

	constructor(bytes: Buffer) {
		this.#bytes = bytes;
		this.#size = bytes.length;
	}

	/** Good until the next change. */
	get value(): Buffer {
		return this.#bytes.subarray(0, this.#size);
	}

	with(changes: readonly Change[]): Content {
		const copy = new Content(Buffer.from(this.value));
		for (const change of changes) copy.take(change);
		return copy;
	}

	take(change: Change): void {
		if (change.kind === 'truncate') this.#resize(change.size);
		else {
			this.#resize(Math.max(this.#size, change.offset + change.bytes.length));
			change.bytes.copy(this.#bytes, change.offset);
		}
	}

	#resize(size: number): void {
		if (size > this.#bytes.length) {
			const larger = Buffer.alloc(Math.max(size, 2 * this.#bytes.length));
			this.#bytes.copy(larger, 0, 0, this.#size);
			this.#bytes = larger;
		} else if (size > this.#size) this.#bytes.fill(0, this.#size, size);
		this.#size = size;
	}
}

function set(map: Map<string, Node>, name: string, to: Node | null): void {
	if (to) map.set(name, to);
	else map.delete(name);
}
