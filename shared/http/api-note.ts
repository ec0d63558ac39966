/**
 * Writes and removes the note (api.json) by which the command line finds this node. Written whole or not at all, 0600
 * from its first byte; removed only while it still is ours, because a second node may have replaced it.
 */

import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeWhole } from '../ports/system/whole-file.ts';
import { type ApiFile, apiFileSchema, readProcessStat } from '../project/api-file.ts';

/** Names this process so that a reused pid is not taken for it. */
export async function ownIdentity(): Promise<Pick<ApiFile, 'pid' | 'startTicks' | 'bootId'>> {
	const [stat, bootId] = await Promise.all([
		readFile('/proc/self/stat', 'utf8'),
		readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
	]);
	return { pid: process.pid, startTicks: readProcessStat(stat)?.startTicks ?? 0, bootId: bootId.trim() };
}

export async function writeNote(path: string, note: ApiFile): Promise<void> {
	await mkdir(dirname(path), { recursive: true, mode: 0o700 });
	await writeWhole(path, `${JSON.stringify(note, null, '\t')}\n`);
}

export async function removeNote(path: string, own: Pick<ApiFile, 'token'>): Promise<void> {
	const text = await readFile(path, 'utf8').catch(() => null);
	if (text !== null && tokenOf(text) === own.token) await rm(path, { force: true });
}

function tokenOf(text: string): string | null {
	try {
		return apiFileSchema.parse(JSON.parse(text)).token;
	} catch {
		return null;
	}
}
