/**
 * The engine is killed with SIGKILL at each step of `gangline new`, and once in the middle of a build: what was asked says
 * so, `--retry` goes on to the end, and nothing that is ours lies at the engine without a project.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ContainerView, containerStepNames } from '../../shared/operations/index.ts';
import { docker, engine, engineWorld } from '../support/engine-world.ts';
import type { World } from '../support/world.ts';

/** An image is built, and an engine started again for each step. */
const isLong = engine !== '' && Boolean(process.env.GANGLINE_TEST_LONG);
const msMax = 900_000;
const folder = dirname(engine.replace(/^unix:\/\//, ''));

let world: World;
beforeAll(() => {
	if (isLong) world = engineWorld();
});
afterAll(async () => {
	if (isLong) await world[Symbol.asyncDispose]();
});

function killEngine(): void {
	process.kill(Number(readFileSync(join(folder, 'docker.pid'), 'utf8')), 'SIGKILL');
}

function startEngine(): void {
	const script = fileURLToPath(new URL('../../scripts/engine', import.meta.url));
	execFileSync(script, ['start', folder], { env: { ...process.env, ENGINE_OWNER: '33:33' } });
}

/** Resolves when the log of its making has the line; false when `ended` came first. */
async function untilSaid(name: string, line: string, ended: Promise<unknown>): Promise<boolean> {
	let isOver = false;
	void ended.finally(() => {
		isOver = true;
	});
	const log = join(world.state, 'gateway/containers', name, 'make.log');
	for (;;) {
		if (textOf(log).includes(line)) return true;
		if (isOver) return false;
		await new Promise((resolve) => setTimeout(resolve, 2));
	}
}

function textOf(file: string): string {
	try {
		return readFileSync(file, 'utf8');
	} catch {
		return '';
	}
}

async function madeThroughAKill(name: string, line: string): Promise<void> {
	const making = world.gangline(world.folder, 'new', name, '--stack', 'none');
	expect(await untilSaid(name, line, making)).toBe(true);
	killEngine();
	const first = await making;
	startEngine();
	if (first.code !== 0) {
		expect(first.stderr).toMatch(new RegExp(`gangline new ${name} --retry`));
		const again = await world.gangline(world.folder, 'new', name, '--retry');
		expect(again, again.stderr).toMatchObject({ code: 0 });
	}
	await world.until<ContainerView>(world.folder, ['containers', name], ({ connected }) => connected, 120);
	const { things } = await world.json<{ things: readonly unknown[] }>(world.folder, 'prune', '--dry-run');
	expect(things).toEqual([]);
	await world.ok(world.folder, 'project', 'delete', name, '--confirm', name, '--purge');
	expect(docker('ps', '-aq', '--filter', `name=gangline-${name}`)).toBe('');
	expect(docker('network', 'ls', '-q', '--filter', `name=gangline-${name}`)).toBe('');
}

describe.skipIf(!isLong)('an engine that is killed while a project is made (needs an engine and --long)', () => {
	it('is asked again after a kill in the middle of a build', { timeout: msMax }, async () => {
		await madeThroughAKill('build', 'COPY app');
	});

	for (const step of containerStepNames) {
		it(`is asked again after a kill at the step ${step}`, { timeout: msMax }, async () => {
			await madeThroughAKill(`at-${step}`, `== ${step}: running`);
		});
	}
});
