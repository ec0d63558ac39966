/**
 * A person without rights on a machine with a container engine of its own (scripts/engine): the world of a stranger that
 * belongs to an ordinary user, because no container of a project runs as root.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { launcher, makeWorld, type World } from './world.ts';

/** Set by scripts/test --all where the engine runs; empty where it cannot. */
export const engine = process.env.GANGLINE_TEST_ENGINE ?? '';
export const base = process.env.GANGLINE_TEST_BASE ?? '';

/** Not below TMPDIR, which may be in memory: no source may lie below /dev, where a container has its own. */
const diskFolder = '/var/tmp';

/** An account that every Debian has. */
const account = { name: 'www-data', uid: 33, gid: 33 } as const;

export interface EnginePlace {
	readonly host: string;
	readonly base: string;
	/** What its node is called. */
	readonly name?: string;
}

/** `at`: another engine than the one that all tests share. */
export function engineWorld(
	at: EnginePlace = { host: engine, base },
	env: Readonly<Record<string, string>> = {},
): World {
	const within = ['setpriv', `--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups'];
	const name = at.name && { GANGLINE_NAME: at.name };
	const world = makeWorld(
		{ DOCKER_HOST: at.host, GANGLINE_BASE_IMAGE: at.base, USER: 'ada', ...name, ...env },
		launcher,
		within,
		diskFolder,
	);
	chmodSync(world.folder, 0o755);
	give(world.folder);
	return world;
}

/** What root made for them in a test. */
export function give(folder: string): void {
	execFileSync('chown', ['-R', `${account.uid}:${account.gid}`, folder]);
}

/** Asks the engine as its owner. */
export function docker(...args: string[]): string {
	return execFileSync('docker', ['--host', engine, ...args], { encoding: 'utf8' }).trim();
}

/** What a node in a container said last. */
export function containerLog(container: string): string {
	const { stdout, stderr } = spawnSync('docker', ['--host', engine, 'logs', '--tail', '20', container], {
		encoding: 'utf8',
	});
	return `${stdout}${stderr}`;
}
