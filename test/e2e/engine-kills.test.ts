/**
 * A real engine that is killed with SIGKILL in the middle of each step of making a project. Each time the person is told
 * where it failed and what to type; what they type goes on from there, and in the end all is there once and the rest is
 * named by `gangline prune`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ContainerView, Result } from '../../shared/operations/index.ts';
import { engine, engineWorld, give } from '../support/engine-world.ts';
import { type Death, OwnEngine } from '../support/own-engine.ts';
import type { World } from '../support/world.ts';

/** An image is built twice, which takes minutes on a busy machine. */
const buildMsMax = 1_200_000;
const networks = /^POST \S*\/networks\/create/;
const creation = /^POST \S*\/containers\/create\?\S*name=gangline-app/;
const guard = /^POST \S*\/containers\/create\?\S*name=gangline\.guard/;
const start = /^POST \S*\/containers\/[^/]+\/start/;
const info = /^GET \S*\/info/;
/** The last question of the step that makes a container. */
const limits = /^POST \S*\/containers\/[^/]+\/update/;
const command = /^POST \S*\/containers\/[^/]+\/exec/;

/**
 * In the order in which they can happen, each in a run of its own. The other steps (source, devcontainer, stack, seed) ask
 * no engine. At `join` what runs dies too: alone, a dead engine is not missed there.
 */
const deaths: readonly (Death & { readonly step: string })[] = [
	{ name: 'an engine that is not asked', at: info, when: 'asked', step: 'check' },
	{ name: 'an engine that says what it is', at: info, when: 'answered', step: 'check' },
	{ name: 'a build in its middle', at: /Running in/, when: 'says', step: 'image' },
	{ name: 'a network that is not made', at: networks, when: 'asked', step: 'network' },
	{ name: 'a network that is made', at: networks, when: 'answered', step: 'network' },
	{ name: 'a guard that is not made', at: guard, when: 'asked', step: 'network' },
	{ name: 'a guard that is started', at: start, when: 'answered', step: 'network' },
	{ name: 'a container that is not made', at: creation, when: 'asked', step: 'container' },
	{ name: 'a container that is made', at: creation, when: 'answered', step: 'container' },
	{ name: 'a container that is not started', at: start, when: 'asked', step: 'container' },
	{ name: 'a container that is started', at: start, when: 'answered', step: 'container' },
	{ name: 'a node that has not joined', at: limits, when: 'told', step: 'join' },
	{ name: 'a hook that is not begun', at: command, when: 'asked', step: 'postCreate' },
	{ name: 'a hook in its middle', at: /the hook begins/, when: 'says', step: 'postCreate' },
];
/** It waits in its middle. */
const devcontainer = JSON.stringify({
	postCreateCommand: 'echo the hook begins; until test -e go; do sleep 0.1; done; echo ran >> hooked',
});

let own: OwnEngine;
let world: World;
beforeAll(async () => {
	if (engine === '') return;
	own = await OwnEngine.open();
	world = engineWorld({ host: own.host, base: own.base() });
});
afterAll(async () => {
	if (engine === '') return;
	// The network's interface would outlive the engine.
	await world.gangline(world.folder, 'project', 'delete', 'app', '--confirm', 'app', '--purge');
	await world[Symbol.asyncDispose]();
	await own[Symbol.asyncDispose]();
});

const show = (): Promise<ContainerView> => world.json(world.folder, 'containers', 'app');
const leftovers = (): Promise<Result<'container.prune'>> => world.json(world.folder, 'prune', '--dry-run');

describe.skipIf(engine === '')('an engine that is killed (needs an engine: scripts/test --all as root)', () => {
	it('at each step of making a project is asked again from there, and all is there once', {
		timeout: buildMsMax,
	}, async () => {
		const origin = world.repository('origin', { '.devcontainer/devcontainer.json': devcontainer });
		give(origin);
		const first = ['new', 'app', '--stack', 'none', '--agents', 'none', '--git', origin];
		for (const [at, death] of deaths.entries()) {
			own.arm([death]);
			const run = await world.gangline(world.folder, ...(at === 0 ? first : ['new', 'app', '--retry']));
			expect(own.died, run.stderr).toEqual(deaths.slice(0, at + 1).map(({ name }) => name));
			expect(run, run.stderr).toMatchObject({ code: 1 });
			expect(run.stderr).toMatch(
				new RegExp(`gangline: app: it failed at ${death.step}: the engine did not .*: it ended, or broke off`),
			);
			expect(run.stderr).toMatch(/→ .*gangline new app --retry/);
			expect(await show()).toMatchObject({
				state: 'failed',
				words: expect.stringContaining(`failed at ${death.step}`),
			});
			own.start();
		}
		writeFileSync(join(world.folder, 'app/go'), '');
		const done = await world.gangline(world.folder, 'new', 'app', '--retry');
		expect(done, done.stderr).toMatchObject({ code: 0 });
		expect(readFileSync(join(world.folder, 'app/hooked'), 'utf8')).toBe('ran\n');
		expect(await show()).toMatchObject({ state: 'running', connected: true });
		expect(own.docker('ps', '-q', '--filter', 'name=gangline-app').split('\n')).toHaveLength(1);
		expect(own.docker('network', 'ls', '-q', '--filter', 'name=gangline-app').split('\n')).toHaveLength(1);
	});

	it('leaves nothing that is not named, and nothing after that was removed', { timeout: 300_000 }, async () => {
		const { things } = await leftovers();
		// Of the build: the container of the command at which it was cut off.
		expect(things.map(({ kind }) => kind)).toContain('container');
		await world.ok(world.folder, 'prune', '--yes');
		expect((await leftovers()).things).toEqual([]);
		expect(own.docker('ps', '-a', '--format', '{{.Names}}').split('\n').sort()).toEqual([
			'gangline-app',
			expect.stringMatching(/^gangline\.guard\./),
		]);
		expect(own.docker('images', '--filter', 'dangling=true', '-q')).toBe('');
		expect(await show()).toMatchObject({ state: 'running', connected: true });
	});
});
