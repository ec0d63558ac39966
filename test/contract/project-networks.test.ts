/**
 * What a project in a container reaches of another one, at a real engine. Engines that begin later on the same machine
 * write the rules of that anew, and end-to-end tests have some of their own: so this is looked at before they run.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { docker, engine, engineWorld } from '../support/engine-world.ts';
import type { World } from '../support/world.ts';

/** An image is built once, which takes minutes on a busy machine. */
const buildMsMax = 600_000;
const names = ['apart', 'beside'];

describe.skipIf(engine === '')('two projects in containers (needs an engine: scripts/test --all as root)', () => {
	let world: World;
	beforeAll(async () => {
		world = engineWorld();
		for (const name of names) await world.ok(world.folder, 'new', name, '--stack', 'none', '--agents', 'none');
	}, buildMsMax);
	afterAll(async () => {
		for (const name of names) {
			await world?.gangline(world.folder, 'project', 'delete', name, '--confirm', name, '--purge');
		}
		await world?.[Symbol.asyncDispose]();
	}, buildMsMax);

	it('[I13] reach neither the network nor the files of each other', async () => {
		const inside = (...command: string[]) => world.gangline(world.folder, 'ssh', 'apart', '--', ...command);
		const address = docker(
			...['inspect', 'gangline-beside', '--format', '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}'],
		);
		expect(address).toMatch(/^[0-9.]+$/);
		const reaches = (to: string) => inside('timeout', '5', 'bash', '-c', `: < /dev/tcp/${to}/2222`);
		// Its own sshd answers, so the look itself works.
		expect(await reaches('127.0.0.1')).toMatchObject({ code: 0 });
		expect((await reaches(address)).code).not.toBe(0);
		expect((await reaches('gangline-beside')).code).not.toBe(0);
		const places = [join(world.folder, 'beside'), join(world.state, 'gateway/containers/beside')];
		for (const place of places) expect((await inside('ls', place)).code).not.toBe(0);
	}, 60_000);
});
