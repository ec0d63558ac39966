/** In whose name a project in a container commits: nobody's is refused, the gateway's counts then, and the project's before it. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Result } from '../../shared/operations/index.ts';
import { engine, engineWorld, give } from '../support/engine-world.ts';
import type { World } from '../support/world.ts';

/** An image may have to be built, which takes minutes on a busy machine. */
const buildMsMax = 900_000;
/** Codex weighs a quarter of a gigabyte. */
const isLong = Boolean(process.env.GANGLINE_TEST_LONG);

let world: World;
beforeAll(() => {
	if (engine !== '') world = engineWorld();
});
afterAll(async () => {
	if (engine === '') return;
	await world.gangline(world.folder, 'project', 'delete', 'named', '--confirm', 'named', '--purge');
	await world[Symbol.asyncDispose]();
});

const inside = (script: string) => world.gangline(world.folder, 'ssh', 'named', '--', 'sh', '-c', script);
const source = (): string => join(world.folder, 'named');
const subjects = async (): Promise<string> =>
	(await inside(`git -C '${source()}' log --format='%an <%ae>: %s'`)).stdout;
const identity = async () => {
	const { stdout } = await world.gangline(world.folder, 'git', 'check', 'named', '--json');
	return (JSON.parse(stdout) as Result<'project.checkGit'>).identity;
};

describe.skipIf(engine === '')(
	'who commits in a project in a container (needs an engine: scripts/test --all as root)',
	() => {
		it('is asked for where git knows nobody, and nothing is committed or made before', {
			timeout: buildMsMax,
		}, async () => {
			give(world.repository('origin', { 'a.txt': 'a\n' }));
			rmSync(join(world.home, '.gitconfig'));
			const agents = isLong ? 'codex' : 'none';
			const made = await world.gangline(
				...([world.folder, 'new', 'named', '--stack', 'none', '--agents', agents] as const),
				...['--git', join(world.folder, 'origin')],
			);
			expect(made).toMatchObject({ code: 1 });
			expect(made.stderr).toMatch(/named: it failed at source: git does not know who commits in named/);
			expect(made.stderr).toMatch(/gangline git identity named --name "Your Name" --email you@example\.org/);
			const { containers } = await world.json<Result<'container.list'>>(world.folder, 'containers');
			expect(containers).toMatchObject([{ name: 'named', state: 'failed', container: null }]);
		});

		it('is whom the gateway was told, in the first commit and inside', { timeout: buildMsMax }, async () => {
			await world.ok(world.folder, 'git', 'identity', 'named', '--name', 'Grace', '--email', 'grace@example.org');
			const again = await world.gangline(world.folder, 'new', 'named', '--retry');
			expect(again, again.stderr).toMatchObject({ code: 0 });
			expect(await inside(`cd '${source()}' && git commit -q --allow-empty -m 'By hand'`)).toMatchObject({ code: 0 });
			expect(await subjects()).toMatch(
				/^Grace <grace@example\.org>: By hand\nGrace <grace@example\.org>: Add the Gangline project file\nAda /,
			);
			expect(await identity()).toEqual({ name: 'Grace', email: 'grace@example.org', from: 'gateway' });
		});

		it('is whom the repository names before that', async () => {
			const at = `cd '${source()}' && git config`;
			const own = await inside(`${at} user.name Own && ${at} user.email own@example.org`);
			expect(own, own.stderr).toMatchObject({ code: 0 });
			expect(await identity()).toEqual({ name: 'Own', email: 'own@example.org', from: 'project' });
			expect(await inside(`${at} --remove-section user`)).toMatchObject({ code: 0 });
			expect(await identity()).toMatchObject({ name: 'Grace', from: 'gateway' });
		});

		it.skipIf(!isLong)('and an agent of the image is the one that is pinned', async () => {
			const { stdout } = await inside('codex --version');
			expect(stdout).toMatch(/^codex\S* 0\.169\.0$/m);
		});
	},
);
