import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createBuilds } from '../../../gateway/builds/index.ts';
import { SimLog } from '../../../shared/ports/sim/sim-log.ts';
import { filesOf, thisProgram } from '../../../shared/ports/system/program.ts';
import { tinyProgram } from './tiny-program.ts';

const expectedFiles = (machine: string): string[] => [
	'app/LICENSE',
	'app/docker/Dockerfile',
	'app/gateway/cli/gangline.js',
	'app/node/main.ts',
	'app/node_modules/used/index.js',
	'app/node_modules/used/node_modules/nested/package.json',
	'app/node_modules/used/package.json',
	...(machine === 'aarch64' ? ['app/node_modules/used/prebuilds/linux-arm64/a.node'] : []),
	...(machine === 'x86_64' ? ['app/node_modules/used/prebuilds/linux-x64/a.node'] : []),
	'app/package.json',
	'app/shared/a.ts',
	'bin/node',
];

describe('a build', () => {
	it('has what is needed to run and nothing else: no hidden file, no link, no tool of ours', async () => {
		await using tiny = await tinyProgram();
		const { machine } = tiny.program;
		expect((await filesOf(tiny.program)).map(({ to }) => to)).toEqual(expectedFiles(machine));
	});

	it('of the npm package has the bundled files and the packages that they have not taken in', async () => {
		await using tiny = await tinyProgram();
		const installed = join(tiny.root, 'lib/node_modules');
		await mkdir(installed, { recursive: true });
		await rename(join(tiny.clone, 'node_modules/used'), join(installed, 'used'));
		await rename(tiny.clone, join(installed, 'gangline'));
		const root = join(installed, 'gangline');
		await rename(join(root, 'node'), join(root, 'dist'));
		await writeFile(join(root, 'dist/program.json'), JSON.stringify({ outside: ['used'], parts: [] }));
		await writeFile(join(root, 'package.json'), JSON.stringify({ dependencies: { used: '1', taken: '1' } }));
		const files = (await filesOf({ ...tiny.program, root, isBundled: true })).map(({ to }) => to);
		expect(files).toContain('app/dist/main.ts');
		expect(files).toContain('app/gateway/cli/gangline.js');
		expect(files).not.toContain('app/shared/a.ts');
		expect(files).toContain('app/node_modules/used/index.js');
		await rm(join(root, 'dist/program.json'));
		await expect(filesOf({ ...tiny.program, root, isBundled: true })).rejects.toMatchObject({
			code: 'UNSUITABLE_MACHINE',
		});
	});

	it('leaves out the board, which a machine that joins does not serve', async () => {
		const files = await filesOf(await thisProgram());
		expect(
			files.filter(({ to }) => /^app\/(?:gateway|dist)\/web\/|node_modules\/(?:@fastify\/static|qrcode)\//.test(to)),
		).toEqual([]);
		expect(files.some(({ to }) => to === 'app/gateway/board/board.ts')).toBe(true);
		expect(files.some(({ to }) => to === 'app/docker/stacks/rust/stack.json')).toBe(true);
	});

	it('is refused where a package is missing, with what to do', async () => {
		await using tiny = await tinyProgram();
		await tiny.write('package.json', JSON.stringify({ dependencies: { gone: '1' } }));
		await expect(filesOf(tiny.program)).rejects.toMatchObject({
			code: 'UNSUITABLE_MACHINE',
			message: expect.stringMatching(/the package gone/),
			hint: expect.stringMatching(/npm ci/),
		});
	});

	it('has the same bytes whenever and from wherever it is packed', async () => {
		await using one = await tinyProgram();
		await using two = await tinyProgram();
		await utimes(join(two.clone, 'shared/a.ts'), 1, 1);
		await chmod(join(two.clone, 'shared/a.ts'), 0o600);
		const [first, second] = await Promise.all([one, two].map((tiny) => buildsOf(tiny).current()));
		expect(first?.sha256).toBe(second?.sha256);
		await two.write('shared/a.ts', 'changed');
		expect((await buildsOf(two).current()).sha256).not.toBe(first?.sha256);
	});

	it('is made once, again when a file has changed, and the last three are kept', async () => {
		await using tiny = await tinyProgram();
		const builds = buildsOf(tiny);
		const made = await builds.current();
		const path = join(tiny.root, 'builds', `${made.sha256}.tgz`);
		const { ino } = await stat(path);
		expect(await buildsOf(tiny).current()).toEqual(made);
		expect((await stat(path)).ino).toBe(ino);
		for (const text of ['b', 'bb', 'bbb']) {
			await tiny.write('shared/a.ts', text);
			await builds.current();
		}
		const kept = await readdir(join(tiny.root, 'builds'));
		expect(kept.filter((name) => name.endsWith('.tgz'))).toHaveLength(3);
		expect(kept).not.toContain(`${made.sha256}.tgz`);
		expect(kept.filter((name) => !/^(?:[0-9a-f]{64}\.tgz|kept\.json)$/.test(name))).toEqual([]);
	});

	it('unpacks to a program that starts', async () => {
		await using tiny = await tinyProgram();
		const { sha256 } = await buildsOf(tiny).current();
		const to = join(tiny.root, 'unpacked here');
		await mkdir(to);
		execFileSync('tar', ['-xzf', join(tiny.root, 'builds', `${sha256}.tgz`), '-C', to]);
		const said = execFileSync(join(to, 'gangline'), ['ps', '--json'], { encoding: 'utf8', input: '' });
		expect(said).toContain(`started with: ${to}/app/gateway/cli/gangline.js ps --json`);
	});

	it('of this very program has every source, its packages for this machine, and no types', async () => {
		const program = await thisProgram();
		const files = (await filesOf(program)).map(({ to }) => to);
		expect(files).toEqual(expect.arrayContaining(['app/node/main.ts', 'app/gateway/cli/gangline.js', 'bin/node']));
		expect(files.filter((path) => /\.node$/.test(path)).length).toBeGreaterThan(0);
		expect(files.filter((path) => /^app\/(?:test|scripts|\.)|\.d\.ts$|\/vitest\/|\.env/.test(path))).toEqual([]);
	});
});

function buildsOf(tiny: { readonly root: string; readonly program: Parameters<typeof filesOf>[0] }) {
	const folder = join(tiny.root, 'builds');
	return createBuilds({ folder, program: tiny.program, log: new SimLog(), isOpen: () => true });
}
