/**
 * Folders of the source for what is installed or built for one platform (`node_modules`, `target`): the container has its
 * own in their place, from the project's state, so that the host's programs and the container's never meet in one. An
 * engine would make what it mounts over as root, in the person's source: so it is made here first, empty, as the owner. A
 * folder of which git has files, or that is anything else than a plain folder, is left as it is.
 */
import { mkdir } from 'node:fs/promises';
import { GanglineError } from '../ports/index.ts';
import { containerFolder } from './container-plan.ts';
import { SharedFolder } from './shared-folder.ts';

export interface ApartFolder {
	/** On the host. */
	readonly from: string;
	/** In the source. */
	readonly place: string;
}

export interface Apart {
	readonly folders: readonly ApartFolder[];
	/** Those that are not. */
	readonly shared: readonly string[];
}

export interface ApartWish {
	/** Of the stack. */
	readonly places: readonly string[];
	/** The source. */
	readonly path: string;
	/** That git has in it. */
	readonly files: readonly string[];
	/** The project's folder in the gateway's state. */
	readonly folder: string;
}

/** Makes what is missing on both sides. */
export async function prepareApart({ places, path, files, folder }: ApartWish): Promise<Apart> {
	const { state } = containerFolder(folder);
	await mkdir(state, { recursive: true, mode: 0o700 });
	const folders: ApartFolder[] = [];
	const shared: string[] = [];
	for (const place of places) {
		const own = place.replaceAll('/', '+');
		const isTracked = files.some((file) => file === place || file.startsWith(`${place}/`));
		if (isTracked || !(await ensureFolder(path, place.split('/')))) shared.push(place);
		else {
			await ensureFolder(state, ['apart', own]);
			folders.push({ from: `${state}/apart/${own}`, place });
		}
	}
	return { folders, shared };
}

/** What there is to say of it; nothing where a stack has none. */
export function apartWords({ folders, shared }: Apart): string {
	const own = folders.map(({ place }) => place).join(', ');
	const rest = shared.length === 0 ? '' : `; ${shared.join(', ')} is the source's own, and shared with this machine`;
	return `${own === '' ? '' : `; ${own} apart from this machine's`}${rest}`;
}

/** Whether it is a plain folder now, all the way; whoever works inside the container may have put a link there. */
async function ensureFolder(parent: string, [name, ...rest]: readonly string[]): Promise<boolean> {
	if (name === undefined) return true;
	try {
		await using folder = await SharedFolder.open(parent, name);
		return await ensureFolder(folder.through, rest);
	} catch (error) {
		if (error instanceof GanglineError) return false;
		throw error;
	}
}
