/** A project in a container of a real engine whose source comes from a git server, over the network. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ContainerView } from '../../shared/operations/index.ts';
import { engine, engineWorld, give } from '../support/engine-world.ts';
import type { World } from '../support/world.ts';

/** An image may have to be built, which takes minutes on a busy machine. */
const buildMsMax = 900_000;
const as = ['--reuid=33', '--regid=33', '--clear-groups'];

let world: World;
beforeAll(() => {
	if (engine !== '') world = engineWorld();
});
afterAll(async () => {
	if (engine === '') return;
	await world.gangline(world.folder, 'project', 'delete', 'cloned', '--confirm', 'cloned', '--purge');
	await world[Symbol.asyncDispose]();
});

/** git's own server; answers its address. */
async function serve(folder: string): Promise<{ readonly url: string } & Disposable> {
	const place = createServer().listen(0, '127.0.0.1');
	await once(place, 'listening');
	const { port } = place.address() as AddressInfo;
	await new Promise((resolve) => place.close(resolve));
	const args = ['git', 'daemon', '--verbose', '--export-all', '--reuseaddr', '--listen=127.0.0.1', `--port=${port}`];
	const child = spawn('setpriv', [...as, ...args, `--base-path=${folder}`], { env: world.env });
	// It says so when it listens.
	await once(child.stderr, 'data');
	return { url: `git://127.0.0.1:${port}/origin`, [Symbol.dispose]: () => void child.kill() };
}

describe.skipIf(engine === '')('a project from a git server (needs an engine: scripts/test --all as root)', () => {
	it('is cloned, goes on at another address after a wrong one, and joins', { timeout: buildMsMax }, async () => {
		give(world.repository('origin', { 'check.sh': '#!/bin/sh\ntest -s a.txt\n', 'a.txt': 'a\n' }));
		using server = await serve(world.folder);
		const wrong = await world.gangline(
			...([world.folder, 'new', 'cloned', '--stack', 'none', '--agents', 'none'] as const),
			...['--git', `${server.url}-that-is-not-there`],
		);
		expect(wrong).toMatchObject({ code: 1, stderr: expect.stringMatching(/failed at source: /) });
		const made = await world.gangline(world.folder, 'new', 'cloned', '--retry', '--git', server.url);
		expect(made, made.stderr).toMatchObject({ code: 0, stderr: expect.stringMatching(/ok source +cloned into /) });
		const path = join(world.folder, 'cloned');
		expect(readFileSync(join(path, 'a.txt'), 'utf8')).toBe('a\n');
		expect(readFileSync(join(path, '.git/config'), 'utf8')).toContain(`url = ${server.url}\n`);
		const view = await world.json<ContainerView>(world.folder, 'containers', 'cloned');
		expect(view).toMatchObject({ state: 'running', connected: true, path });
	});
});
