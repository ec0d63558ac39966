/**
 * `node/main backup --file PATH` and `node/main restore --file PATH`: for a node that does not run. Each takes the
 * store's lock (or finds that there is no store), does its work, prints one JSON line and ends.
 */
import { stat } from 'node:fs/promises';
import { GanglineError, ganglineError } from '../shared/ports/index.ts';
import { openPinoLog } from '../shared/ports/system/index.ts';
import type { BackupLine } from '../shared/protocol/backup.ts';
import { type BackupReport, type BackupSource, makeBackup, restoreBackup } from './backup.ts';
import { openParts, sourceOf } from './compose.ts';
import { openCanonical } from './compose-canonical.ts';
import type { NodeConfig } from './config.ts';
import { knownProjects } from './home/projects.ts';

export interface OneShotBackup {
	readonly mode: 'backup' | 'restore';
	readonly config: NodeConfig;
	/** Absolute. */
	readonly file: string;
	readonly stdout: { write(text: string): unknown };
}

/** Answers the exit code. */
export async function runBackup({ mode, config, file, stdout }: OneShotBackup): Promise<number> {
	const say = (line: BackupLine): void => void stdout.write(`${JSON.stringify(line)}\n`);
	const log = openPinoLog({ to: 2, level: 'error' });
	try {
		const report = mode === 'restore' ? await restoreBackup(config, file, log) : await backUpStopped(config, file);
		say({ type: 'backup', ...report });
		return 0;
	} catch (error) {
		const known = error instanceof GanglineError;
		const message = error instanceof Error ? error.message : String(error);
		say({
			type: 'error',
			error: { code: known ? error.code : 'INTERNAL', message, hint: known ? (error.hint ?? null) : null },
		});
		return 1;
	}
}

async function backUpStopped(config: NodeConfig, file: string): Promise<BackupReport> {
	if ((await stat(config.state.store).catch(() => null)) === null) {
		throw ganglineError('NOTHING_TO_SHOW', `there is no node in ${config.state.root}: nothing is there to be kept`);
	}
	const parts = await openParts(config, openPinoLog({ to: 2, level: 'error' }));
	const opened: BackupSource['projects'][number][] = [];
	try {
		for (const record of await knownProjects(parts.store)) {
			opened.push({ record, repository: await openCanonical(parts, record) });
		}
		return await makeBackup(sourceOf(parts, opened), file);
	} finally {
		for (const { repository } of opened) await repository.close();
		await parts.store.close();
	}
}
