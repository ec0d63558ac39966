/** The line in a person's own file of ssh: their file stays what it is, wherever it lies. */
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { removeSshConfig, writeSshConfig } from '../../../gateway/cli/run-ssh.ts';
import type { Session } from '../../../gateway/cli/session.ts';
import { myapp } from '../../support/tiny-containers.ts';

const own = 'Host *\n\tUser somebody\n';
let HOME: string;
beforeEach(() => {
	HOME = mkdtempSync(join(tmpdir(), 'gangline-ssh-'));
	mkdirSync(join(HOME, '.ssh'));
});
afterEach(() => rmSync(HOME, { recursive: true }));

/** A person at a terminal who says yes. */
function session(): Session {
	return {
		context: { env: { HOME } },
		state: { root: join(HOME, 'state'), gateway: { root: join(HOME, 'state/gateway') } },
		gateway: async () => ({ who: 'gateway', call: async () => ({ containers: [myapp] }) }),
		confirm: async () => true,
		out: { result: () => {} },
	} as unknown as Session;
}

it('is written into the file that a link leads to, and taken out again; the link stays', async () => {
	const kept = join(HOME, 'dotfiles');
	const config = join(HOME, '.ssh', 'config');
	writeFileSync(kept, own, { mode: 0o644 });
	symlinkSync(kept, config);
	await writeSshConfig(session());
	expect(lstatSync(config).isSymbolicLink()).toBe(true);
	expect(readFileSync(kept, 'utf8')).toMatch(/^# added by gangline ssh-config\nInclude .*\n\nHost \*/);
	await removeSshConfig(session());
	expect(readFileSync(kept, 'utf8')).toBe(own);
	expect([lstatSync(config).isSymbolicLink(), statSync(kept).mode & 0o777]).toEqual([true, 0o644]);
});

it('is made, for its owner alone, where there is no file', async () => {
	await writeSshConfig(session());
	expect(statSync(join(HOME, '.ssh', 'config')).mode & 0o777).toBe(0o600);
});

it('is not written over what cannot be read', async () => {
	const config = join(HOME, '.ssh', 'config');
	symlinkSync('config', config);
	for (const act of [writeSshConfig, removeSshConfig]) {
		await expect(act(session())).rejects.toMatchObject({
			code: 'REFUSED',
			hint: expect.stringContaining('gangline ssh-config --print'),
		});
	}
	expect(lstatSync(config).isSymbolicLink()).toBe(true);
});
