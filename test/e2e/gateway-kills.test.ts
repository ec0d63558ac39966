/**
 * A gateway that is killed with SIGKILL while it makes a project: in a hook of a devcontainer.json, and while it waits for
 * the node to join. Whoever waits is told, what was cut off says so, and `--retry` goes on to the end, with all there once.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ContainerView, Result } from '../../shared/operations/index.ts';
import { docker, engine, engineWorld, give } from '../support/engine-world.ts';
import type { CommandResult, World } from '../support/world.ts';

/** An image is built once, which takes minutes on a busy machine. */
const buildMsMax = 900_000;
const names = ['hooked', 'joining'];

let world: World;
beforeEach(() => {
	if (engine !== '') world ??= engineWorld();
});
afterEach(async () => {
	if (engine === '') return;
	for (const name of names) await world.gangline(world.folder, 'project', 'delete', name, '--confirm', name, '--purge');
});
afterAll(async () => {
	await world?.[Symbol.asyncDispose]();
});

const show = (name: string): Promise<ContainerView> => world.json(world.folder, 'containers', name);
const stateOf = (name: string): string => join(world.state, 'gateway/containers', name);
const read = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');

function killGateway(): void {
	process.kill(JSON.parse(readFileSync(join(world.state, 'gateway/api.json'), 'utf8')).pid, 'SIGKILL');
}

/** Makes it, and kills the gateway as soon as `isThere`; answers how whoever waited was told. */
async function killedWhen(isThere: () => boolean, args: readonly string[]): Promise<CommandResult> {
	const making = world.gangline(world.folder, 'new', ...args);
	let isOver = false;
	void making.finally(() => {
		isOver = true;
	});
	await expect.poll(() => isOver || isThere(), { timeout: buildMsMax, interval: 5 }).toBe(true);
	if (isOver) expect.fail(`it ended before: ${(await making).stderr}`);
	killGateway();
	return making;
}

async function expectOnce(name: string): Promise<void> {
	expect(await show(name)).toMatchObject({ state: 'running', connected: true });
	expect(docker('ps', '-aq', '--filter', `name=gangline-${name}`).split('\n')).toHaveLength(1);
	const { nodes } = await world.json<Result<'node.list'>>(world.folder, 'nodes');
	expect(nodes.filter((node) => node.name.startsWith(name))).toHaveLength(1);
}

describe.skipIf(engine === '')('a gateway that is killed (needs an engine: scripts/test --all as root)', () => {
	it('in a hook waits for what goes on inside, and runs it again by itself', { timeout: buildMsMax }, async () => {
		const hook = 'echo begun >> ran; until test -e "$HOME/go"; do sleep 0.2; done; echo done >> ran';
		const repository = world.repository('hooked', {
			'.devcontainer/devcontainer.json': JSON.stringify({
				onCreateCommand: hook,
				postCreateCommand: 'echo after >> ran',
			}),
			'a.txt': 'a\n',
		});
		give(repository);
		const ran = (): string => read(join(repository, 'ran'));
		const args = ['hooked', '--stack', 'none', '--agents', 'none', '--path', repository];
		const told = await killedWhen(() => ran() === 'begun\n', args);
		expect(told).toMatchObject({
			code: 6,
			stderr: expect.stringContaining('the gateway ended while hooked was being made'),
		});
		expect(told.stderr).toMatch(/→ .*gangline gateway start; gangline new hooked --retry/);
		await world.ok(world.folder, 'gateway', 'start');
		const cut = await show('hooked');
		expect(cut).toMatchObject({ state: 'failed', words: 'it was cut off at onCreate' });
		expect(cut.next).toEqual(['gangline new hooked --retry']);
		// The hook has outlived the gateway: the next try runs it when this one has ended, never beside it.
		const going = world.gangline(world.folder, 'new', 'hooked', '--retry');
		const waits = (): number => docker('top', 'gangline-hooked').match(/ flock /g)?.length ?? 0;
		await expect.poll(waits, { timeout: 120_000, interval: 200 }).toBe(2);
		const go = join(stateOf('hooked'), 'state/home/go');
		writeFileSync(go, '');
		give(go);
		const done = await going;
		expect(done, done.stderr).toMatchObject({ code: 0 });
		expect(ran()).toBe('begun\ndone\nbegun\ndone\nafter\n');
		await expectOnce('hooked');
	});

	it('while the node joins finds it again', { timeout: buildMsMax }, async () => {
		const repository = world.repository('joining', { 'a.txt': 'a\n' });
		give(repository);
		const log = join(stateOf('joining'), 'make.log');
		const args = ['joining', '--stack', 'none', '--agents', 'none', '--path', repository];
		const told = await killedWhen(() => read(log).includes('== join: running'), args);
		expect(told).toMatchObject({ code: 6, stderr: expect.stringContaining('gangline new joining --retry') });
		await world.ok(world.folder, 'gateway', 'start');
		expect(await show('joining')).toMatchObject({
			state: 'failed',
			words: expect.stringMatching(/^it was cut off at join/),
		});
		const done = await world.gangline(world.folder, 'new', 'joining', '--retry');
		expect(done, done.stderr).toMatchObject({ code: 0 });
		await expectOnce('joining');
		// Its node removes the token when it is through, a moment after the gateway knows of it.
		const token = join(stateOf('joining'), 'state/join-token');
		await expect.poll(() => existsSync(token), { timeout: 30_000 }).toBe(false);
	});
});
