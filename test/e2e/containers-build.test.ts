/** A project whose gates compile, in a container with the tools of its stack: what an agent builds inside lands. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Board, ContainerView } from '../../shared/operations/index.ts';
import { parseProjectConfig } from '../../shared/project/index.ts';
import { containerLog, engine, engineWorld, give } from '../support/engine-world.ts';
import { lastOf } from '../support/gave-up.ts';
import type { World } from '../support/world.ts';

/** An image may have to be built, which takes minutes on a busy machine. */
const buildMsMax = 900_000;
const config = {
	compilerOptions: { strict: true, module: 'nodenext', target: 'es2024', outDir: 'out', types: [] },
	include: ['*.ts'],
};
const manifest = {
	name: 'built',
	version: '1.0.0',
	type: 'module',
	scripts: { build: 'tsc -p .', test: 'tsc -p . && node out/main.js' },
};
const files = {
	'package.json': JSON.stringify(manifest),
	'tsconfig.json': JSON.stringify(config),
	'.gitignore': 'node_modules/\nout/\n',
	'sum.ts': 'export const sum = (left: number, right: number): number => left + right;\n',
	'main.ts': "import { sum } from './sum.js';\n\nif (sum(2, 3) !== 5) throw new Error('5 expected');\n",
};

let world: World;
beforeAll(() => {
	if (engine !== '') world = engineWorld();
});
afterAll(async () => {
	if (engine === '') return;
	await world.gangline(world.folder, 'project', 'delete', 'built', '--confirm', 'built', '--purge');
	await world[Symbol.asyncDispose]();
});

async function untilItem(number: number, column: string): Promise<Board['items'][number] | undefined> {
	const isThere = ({ items }: Board): boolean =>
		items.some((item) => item.number === number && (item.column === column || item.stage === 'blocked'));
	try {
		const { items } = await world.until<Board>(world.folder, ['status', '-p', 'built'], isThere, 240);
		return items.find((item) => item.number === number);
	} catch (error) {
		throw new Error(`${String(error).split('\n', 1)[0]}; inside: ${lastOf(containerLog('gangline-built'))}`);
	}
}

describe.skipIf(engine === '')('a project that compiles (needs an engine: scripts/test --all as root)', () => {
	it('is made with the tools of its stack, and with gates that build', { timeout: buildMsMax }, async () => {
		const origin = world.repository('origin', files);
		give(origin);
		await world.ok(world.folder, 'new', 'built', '--agents', 'none', '--git', origin);
		expect(await world.json<ContainerView>(world.folder, 'containers', 'built')).toMatchObject({ stack: 'node' });
		const text = readFileSync(join(world.folder, 'built/.gangline/project.toml'), 'utf8');
		const { gate } = parseProjectConfig(text);
		expect(gate.map(({ command }) => command)).toEqual(['npm run build', 'npm test']);
	});

	it('[I3] lands what an agent built inside, and nothing that does not compile', { timeout: 600_000 }, async () => {
		const spoil = "echo 'export const sum: number = 1;' > sum.ts && git commit -qam 'Spoil it'";
		const mend = [
			"printf 'export const product = (left: number, right: number): number => left * right;\\n' > product.ts",
			'npm run build && test -s out/product.js && test "$(command -v tsc)" = /usr/local/bin/tsc',
			"git add -A && git commit -qm 'Multiply'",
		].join(' && ');
		await world.ok(world.folder, 'add', 'Multiply', '--run', mend, '-p', 'built');
		expect(await untilItem(1, 'qa')).toMatchObject({ column: 'qa' });
		await world.ok(world.folder, 'diff', '1', '-p', 'built');
		await world.ok(world.folder, 'approve', '1', '-p', 'built');
		expect(await untilItem(1, 'done')).toMatchObject({ column: 'done' });
		await expect.poll(() => existsSync(join(world.folder, 'built/product.ts')), { timeout: 60_000 }).toBe(true);
		expect(existsSync(join(world.folder, 'built/out'))).toBe(false);
		await world.ok(world.folder, 'add', 'Spoil it', '--run', spoil, '-p', 'built');
		expect(await untilItem(2, 'qa')).toMatchObject({ stage: 'blocked' });
	});
});
