/**
 * The source on the host: cloned, begun empty, or taken as it is, where the person keeps it. It must belong to whoever
 * the container runs as, because nothing is ever given to another owner here.
 */
import { access, constants, lstat, readdir, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cloneForPerson, type Environment, initForPerson, inspectRepository, onlyReading } from '../git/index.ts';
import { type GanglineError, ganglineError } from '../ports/index.ts';
import type { HostOwner } from './container-plan.ts';

export interface SourceWish {
	readonly path: string;
	readonly git: string | null;
	readonly owner: HostOwner;
	readonly environment: Environment;
}

/** Below these the container has its own files, or the machine has what no project is. */
const reserved = [
	'/bin',
	'/boot',
	'/dev',
	'/etc',
	'/gangline',
	'/lib',
	'/opt/gangline',
	'/proc',
	'/run',
	'/sbin',
	'/sys',
	'/usr',
];

/** Refuses before anything is made. @throws GanglineError INVALID_ARGUMENT, REFUSED, UNSUITABLE_REPOSITORY */
export async function checkSource({ path, git, owner, environment }: SourceWish): Promise<void> {
	const inTheWay = reserved.find((one) => path === one || path.startsWith(`${one}/`));
	if (inTheWay !== undefined || path === '/' || path === '/tmp' || path === environment.HOME) {
		throw ganglineError('INVALID_ARGUMENT', `the source cannot lie at ${path}: expected a folder of its own`, {
			hint: 'such as ~/src/myapp: gangline new myapp --path ~/src/myapp',
		});
	}
	const found = await lstat(path).catch(() => null);
	if (found === null) return requireWritable(path, owner);
	await requireOwnFolder(path, owner);
	if ((await readdir(path)).length === 0) return;
	if (git !== null && !(await isCloneOf(path, environment))) {
		throw ganglineError('REFUSED', `${path} is not empty, so nothing can be cloned into it`, {
			hint: 'take what is there (leave --git away), or another folder (--path)',
		});
	}
}

/** Of a source that was made before: that is what is mounted still. @throws GanglineError INVALID_ARGUMENT, REFUSED */
export async function checkSourceAgain(path: string, owner: HostOwner): Promise<void> {
	if ((await lstat(path).catch(() => null)) === null) {
		throw ganglineError('REFUSED', `the source is gone: there is nothing at ${path}`, {
			hint: `put it back where it was, as ${owner.name}`,
		});
	}
	await requireOwnFolder(path, owner);
}

/** A link could lead the container to any folder of the person. */
async function requireOwnFolder(path: string, owner: HostOwner): Promise<void> {
	const found = await lstat(path);
	const real = await realpath(path).catch(() => path);
	if (!found.isDirectory() || real !== path) {
		throw ganglineError('INVALID_ARGUMENT', `${path} is no plain folder: expected one without a link on its way`, {
			hint: `name where it really is: ${found.isDirectory() || found.isSymbolicLink() ? real : path}`,
		});
	}
	if (found.uid !== owner.uid) throw strangersFolder(path, found.uid, owner);
}

/** What has a folder already, and who a person would say that it is. */
export interface TakenFolder {
	readonly path: string;
	readonly whose: string;
}

/** No container sees what belongs to another or to Gangline itself. @throws GanglineError REFUSED */
export function refuseShared(path: string, taken: readonly TakenFolder[]): void {
	const same = taken.find((one) => one.path === path);
	const inside = taken.find((one) => path.startsWith(`${one.path}/`));
	const around = taken.find((one) => one.path.startsWith(`${path}/`));
	const found = same ?? inside ?? around;
	if (found === undefined) return;
	const how = same ? 'is' : inside ? `lies in ${found.path},` : `has ${found.path} in it,`;
	throw ganglineError('REFUSED', `${path} ${how} ${found.whose} already`, {
		hint: 'a source is a folder of its own, beside the others: gangline containers shows where those lie',
	});
}

/** Where the source lies when nobody says it. @throws GanglineError INVALID_ARGUMENT */
export function homeFolderOf(name: string, { HOME }: Environment): string {
	if (HOME?.startsWith('/') === true) return join(HOME, name);
	throw ganglineError('INVALID_ARGUMENT', `nobody says where the source of ${name} lies, and there is no home folder`, {
		hint: `name the folder: gangline new ${name} --path /srv/${name}`,
	});
}

/** Whether the folder is a repository already: then a clone was made before. */
async function isCloneOf(path: string, environment: Environment): Promise<boolean> {
	const facts = await inspectRepository(path, onlyReading(environment), { dirty: false });
	return facts.kind === 'checkout' && facts.folder === path;
}

/** Makes it so; answers what was done. Repeating it changes nothing more. */
export async function ensureSource({ path, git, environment }: SourceWish): Promise<string> {
	const entries = await readdir(path).catch(() => []);
	if (entries.length === 0) {
		if (git !== null) {
			await cloneForPerson({ folder: path, environment, url: git });
			return `cloned into ${path}`;
		}
		await initForPerson({ folder: path, environment });
		return `an empty repository in ${path}`;
	}
	const facts = await inspectRepository(path, onlyReading(environment), { dirty: false });
	if (facts.kind === 'checkout' && facts.folder === path) return `the repository in ${path}`;
	throw ganglineError('UNSUITABLE_REPOSITORY', `${path} is not empty and no checkout of a git repository by itself`, {
		hint: `make it one: cd ${path} && git init && git add -A && git commit -m "First commit"`,
	});
}

async function requireWritable(path: string, owner: HostOwner): Promise<void> {
	for (let folder = dirname(path); ; folder = dirname(folder)) {
		const found = await lstat(folder).catch(() => null);
		if (found === null) continue;
		const real = await realpath(folder).catch(() => folder);
		if (real !== folder) {
			throw ganglineError('INVALID_ARGUMENT', `${folder} is no plain folder: expected no link on the way to ${path}`, {
				hint: `name where it really is: ${real}${path.slice(folder.length)}`,
			});
		}
		const mayWrite = await access(folder, constants.W_OK).then(
			() => true,
			() => false,
		);
		if (found.isDirectory() && mayWrite) return;
		throw ganglineError('REFUSED', `${owner.name} may not make ${path}: ${folder} cannot be written`, {
			hint: 'name a folder of yours with --path',
		});
	}
}

function strangersFolder(path: string, uid: number, owner: HostOwner): GanglineError {
	return ganglineError(
		'REFUSED',
		`${path} belongs to the user with number ${uid}, the container would run as ${owner.name} (${owner.uid})`,
		{
			hint: `make it yours first: sudo chown -R ${owner.name} ${path}`,
			data: { uid },
		},
	);
}
