/** A node's backup: to which mesh the node belongs is in it, and nothing that is there is overwritten. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { makeBackup, restoreBackup } from '../../../node/backup.ts';
import type { NodeConfig } from '../../../node/config.ts';
import { SimLog } from '../../../shared/ports/sim/index.ts';
import { stateFolder } from '../../../shared/project/index.ts';
import { openStore } from '../../../shared/store/index.ts';

it('[I6] brings a node back into its mesh, and puts nothing over what is there', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'gangline-backup-'));
	onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
	const log = new SimLog();
	const old = stateFolder({ GANGLINE_HOME: join(folder, 'old') });
	mkdirSync(old.root);
	writeFileSync(old.identity, 'key');
	writeFileSync(old.mesh, '{"v":1}');
	const store = await openStore(old.store, { log });
	const file = join(folder, 'kept.tar');
	await makeBackup({ state: old, store, node: 'n1', version: '1', now: 5, projects: [] }, file);
	await store.close();

	const state = stateFolder({ GANGLINE_HOME: join(folder, 'new') });
	const config = { state, personEnvironment: {} } as unknown as NodeConfig;
	expect(await restoreBackup(config, file, log)).toMatchObject({ node: 'n1', at: 5 });
	expect(readFileSync(state.mesh, 'utf8')).toBe('{"v":1}');
	expect(statSync(state.mesh).mode & 0o777).toBe(0o600);
	rmSync(state.store, { recursive: true });
	rmSync(state.identity);
	await expect(restoreBackup(config, file, log)).rejects.toMatchObject({ code: 'REFUSED' });
});
