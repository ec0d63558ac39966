/** The line in a person's own file of ssh: their file stays what it is, wherever it lies. */
import {
	chmodSync,
	lstatSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeSshConfig, writeSshConfig } from '../../../gateway/cli/run-ssh.ts';
import type { Session } from '../../../gateway/cli/session.ts';
import { openWorkplace } from '../../support/terminal.ts';
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

describe('gangline ssh hands its command on as it was typed', () => {
	it.each([
		[['ssh', 'myapp', 'apt-get', 'install', '-y', 'git'], 'apt-get install -y git'],
		[['ssh', 'myapp', 'git', 'log', '-p', 'src'], 'git log -p src'],
		[['ssh', 'myapp', 'npm', 'ls', '--json'], 'npm ls --json'],
		[['-p', 'shop', 'ssh', '-y', 'myapp', 'ls', '-la', '--', 'x'], 'ls -la -- x'],
		[['ssh', 'myapp', '--', 'ls', '-la'], 'ls -la'],
		[['ssh', 'myapp'], ''],
	])('%j', async (argv, command) => {
		await using place = await openWorkplace({ gateway: true });
		const [file, said] = [join(HOME, 'ssh'), join(HOME, 'said')];
		writeFileSync(file, `#!/bin/sh\nfor word; do echo "$word"; done > '${said}'\nexit 7\n`);
		chmodSync(file, 0o755);
		expect(await place.type(argv, { env: { PATH: `${HOME}:/usr/bin:/bin` } })).toMatchObject({ code: 7, stderr: '' });
		const words = readFileSync(said, 'utf8').trimEnd().split('\n');
		expect(words.at(command === '' ? -1 : -3)).toBe('myapp.gangline');
		if (command !== '') expect(words.at(-1)).toBe(`cd ${myapp.path} && ${command}`);
	});
});
