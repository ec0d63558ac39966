/**
 * The source on the host: cloned, begun empty, or taken as it is, where the person keeps it. It must belong to whoever
 * the container runs as, because nothing is ever given to another owner here.
 */
import { access, constants, lstat, readdir, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
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
	if (!found.isDirectory() || (await realpath(path)) !== path) {
		throw ganglineError('INVALID_ARGUMENT', `${path} is no plain folder: expected one without a link on its way`, {
			hint: `name where it really is: ${found.isDirectory() || found.isSymbolicLink() ? await realpath(path).catch(() => path) : path}`,
		});
	}
	if (found.uid !== owner.uid) throw strangersFolder(path, found.uid, owner);
	if ((await readdir(path)).length === 0) return;
	if (git !== null && !(await isCloneOf(path, environment))) {
		throw ganglineError('REFUSED', `${path} is not empty, so nothing can be cloned into it`, {
			hint: 'take what is there (leave --git away), or another folder (--path)',
		});
	}
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
