/** The end of a project in a container: what goes, in which order, and what stays. Asked again after a crash it goes on. */
import { rm } from 'node:fs/promises';
import { ganglineError } from '../ports/index.ts';
import type { ContainersOptions } from './containers-options.ts';
import { type KeptState, noteKept, removeKept } from './kept-state.ts';
import type { Provisioner } from './provisioner.ts';
import { type ContainerRecord, engineNameOf } from './records.ts';

export interface Removed {
	readonly gone: string[];
	readonly stays: string[];
}

interface Removing {
	readonly record: ContainerRecord;
	/** Its folder in the gateway's state. */
	readonly folder: string;
	readonly purge: boolean;
}

interface KeptRemoving {
	readonly name: string;
	readonly purge: boolean;
	readonly provisioner: Pick<Provisioner, 'removeCaches'>;
}

/** The record last: whoever asks again finds it. */
export async function removeWhole(options: ContainersOptions, { record, folder, purge }: Removing): Promise<Removed> {
	const { provisioner, records, removed, clock } = options;
	const { name, path } = record;
	// Network and container come after the image: before it there is nothing at an engine, and perhaps no engine.
	const wasBegun = record.image !== null;
	if (wasBegun) await provisioner.remove(engineNameOf(record));
	const left = await removed(record, purge);
	if (purge) {
		await provisioner.removeCaches(engineNameOf(record));
		await rm(folder, { recursive: true, force: true });
	}
	if (!purge) await noteKept(folder, { name, path, removedAt: clock.now() });
	await records.remove(name);
	return {
		gone: [
			...(wasBegun ? ['its container and network'] : []),
			...left,
			...(purge ? ['its downloads', `its state in ${folder}`] : []),
		],
		stays: [
			`its source in ${path}`,
			...(purge ? [] : [`its state in ${folder}, unlanded work included`, 'its downloads, until gangline prune']),
		],
	};
}

/** Of one whose container was deleted before. @throws GanglineError REFUSED without `purge` */
export async function removeKeptState(kept: KeptState, { name, purge, provisioner }: KeptRemoving): Promise<Removed> {
	const { folder, note } = kept;
	if (!purge) {
		throw ganglineError('REFUSED', `${name} has no container any more; its state is kept in ${folder}`, {
			hint: `remove that too: gangline project delete ${name} --purge`,
		});
	}
	await provisioner.removeCaches(kept.madeAs);
	await removeKept(kept);
	return { gone: [`its state in ${folder}`], stays: note === null ? [] : [`its source in ${note.path}`] };
}
