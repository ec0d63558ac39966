/** What a project in a container keeps beside source and state: downloads in a volume, folders of its own over the source's. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ContainerView, Result } from '../../shared/operations/index.ts';
import { docker, engine, engineWorld, give } from '../support/engine-world.ts';
import type { World } from '../support/world.ts';

/** An image may have to be built, which takes minutes on a busy machine. */
const buildMsMax = 900_000;
const caches = '/opt/gangline/caches';
const volume = 'gangline-folders-caches';

let world: World;
beforeAll(() => {
	if (engine !== '') world = engineWorld();
});
afterAll(async () => {
	if (engine === '') return;
	await world.gangline(world.folder, 'project', 'delete', 'folders', '--confirm', 'folders', '--purge');
	await world[Symbol.asyncDispose]();
});

const inside = (script: string) => world.gangline(world.folder, 'ssh', 'folders', '--', 'sh', '-c', script);
const volumes = (): string => docker('volume', 'ls', '-q', '--filter', 'label=dev.gangline.project=folders');

describe.skipIf(engine === '')(
	'what a project in a container keeps (needs an engine: scripts/test --all as root)',
	() => {
		it('has downloads in a labelled volume that its user may write, though nothing was given away', {
			timeout: buildMsMax,
		}, async () => {
			const source = world.repository('source', {
				'package.json': '{ "name": "folders" }\n',
				'.gitignore': 'node_modules/\n',
			});
			mkdirSync(join(source, 'node_modules/of-the-host'), { recursive: true });
			give(source);
			const made = await world.gangline(
				...([world.folder, 'new', 'folders', '--agents', 'none', '--path', source] as const),
			);
			expect(made, made.stderr).toMatchObject({ code: 0 });
			expect(made.stdout).toMatch(/limits .*, 20G of disk for source, state and downloads/);
			expect(made.stderr).toMatch(/ok container +made, as .*; node_modules apart from this machine's/);
			const written = await inside(
				'mkdir -p "$npm_config_cache" && head -c 3000000 /dev/urandom > "$npm_config_cache/a" && stat -c "%u %n" "$npm_config_cache"/*',
			);
			expect(written).toMatchObject({ code: 0, stdout: `33 ${caches}/npm/a\n` });
			expect(volumes()).toBe(volume);
			const [inspected] = JSON.parse(docker('inspect', 'gangline-folders')) as [
				{ HostConfig: { CapAdd: unknown; CapDrop: string[] }; Mounts: { Type: string; Destination: string }[] },
			];
			expect(inspected.HostConfig).toMatchObject({ CapAdd: null, CapDrop: ['ALL'] });
			expect(inspected.Mounts.filter(({ Type }) => Type === 'volume')).toMatchObject([{ Destination: caches }]);
		});

		it("installs beside the host's dependencies and not among them", async () => {
			const source = join(world.folder, 'source');
			expect((await inside(`ls '${source}/node_modules'`)).stdout).toBe('');
			const install = `cd '${source}' && mkdir dep && echo '{"name":"dep","version":"1.0.0"}' > dep/package.json && npm install --no-audit --no-fund ./dep && test -e node_modules/dep && git status --short`;
			const { code, stdout, stderr } = await inside(install);
			expect(code, stderr).toBe(0);
			expect(stdout).not.toContain('node_modules');
			expect(readdirSync(join(source, 'node_modules'))).toEqual(['of-the-host']);
		});

		it('keeps both over a rebuild, and makes the place for them again as the owner', {
			timeout: buildMsMax,
		}, async () => {
			const source = join(world.folder, 'source');
			await world.ok(world.folder, 'stop', 'folders');
			rmSync(join(source, 'node_modules'), { recursive: true });
			await world.ok(world.folder, 'start', 'folders');
			expect(statSync(join(source, 'node_modules')).uid).toBe(33);
			await world.until<ContainerView>(world.folder, ['containers', 'folders'], ({ connected }) => connected, 120);
			docker('rm', '-f', 'gangline-folders');
			await world.ok(world.folder, 'rebuild', 'folders');
			expect(await inside(`test -e ${caches}/npm/a && test -e '${source}/node_modules/dep'`)).toMatchObject({
				code: 0,
			});
		});

		it('counts downloads as disk that is used', async () => {
			const used = join(world.state, 'gateway/containers/folders/state/disk-used');
			await world.until(
				world.folder,
				['containers', 'folders'],
				() => existsSync(used) && Number(readFileSync(used, 'utf8')) > 3_000_000,
				120,
			);
		});

		it('is told of what a deleted one leaves with its size, and a purge takes it', async () => {
			const gone = await world.ok(world.folder, 'project', 'delete', 'folders', '--confirm', 'folders');
			expect(gone).toMatch(/stays: its downloads, until gangline prune/);
			const { things } = await world.json<Result<'container.prune'>>(world.folder, 'prune', '--dry-run');
			expect(things.find(({ kind }) => kind === 'volume')).toMatchObject({
				...{ name: volume, bytes: expect.toSatisfy((bytes: number) => bytes >= 3_000_000) },
			});
			await world.ok(world.folder, 'project', 'delete', 'folders', '--confirm', 'folders', '--purge');
			expect(volumes()).toBe('');
		});
	},
);
