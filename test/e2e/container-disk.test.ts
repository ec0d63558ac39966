/** The bound on disk of a project in a container, with a real engine: a filler is said, holds the next work back, and goes. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Board, ContainerView } from '../../shared/operations/index.ts';
import { engine, engineWorld } from '../support/engine-world.ts';
import type { World } from '../support/world.ts';

/** An image may have to be built, which takes minutes on a busy machine. */
const buildMsMax = 900_000;

let world: World;
beforeAll(() => {
	if (engine !== '') world = engineWorld();
});
afterAll(async () => {
	if (engine === '') return;
	await world.gangline(world.folder, 'project', 'delete', 'full', '--confirm', 'full', '--purge');
	await world[Symbol.asyncDispose]();
});

const inside = (script: string) => world.gangline(world.folder, 'ssh', 'full', '--', 'sh', '-c', script);

describe.skipIf(engine === '')(
	'a project in a container that fills its disk (needs an engine: scripts/test --all as root)',
	() => {
		it('[I15] begins nothing while source, state and downloads take more than they may, and says so', {
			timeout: buildMsMax,
		}, async () => {
			const made = await world.gangline(
				...([world.folder, 'new', 'full', '--stack', 'none', '--agents', 'none', '--disk', '256m'] as const),
			);
			expect(made, made.stderr).toMatchObject({ code: 0 });
			expect(await inside('head -c 400000000 /dev/zero > "$HOME/filler"')).toMatchObject({ code: 0 });
			await world.ok(world.folder, 'status', '-p', 'full');
			const isFull = ({ words }: ContainerView): boolean => /more than the 256 MiB that they may/.test(words);
			const full = await world.until<ContainerView>(world.folder, ['containers', 'full'], isFull, 150);
			expect(full.next[0]).toBe('gangline limits full --disk 2g');
			await world.ok(world.folder, 'add', 'Need room', '--run', 'echo room > room.txt', '-p', 'full');
			const waits = ({ items }: Board): boolean => /of disk, at most 0\.3 GiB/.test(items[0]?.waitsBecause ?? '');
			await world.until<Board>(world.folder, ['status', '-p', 'full'], waits, 60);
			expect(await inside('rm "$HOME/filler"')).toMatchObject({ code: 0 });
			const isWorked = ({ items }: Board): boolean => items[0]?.column === 'qa';
			await world.until<Board>(world.folder, ['status', '-p', 'full'], isWorked, 150);
			expect(await world.ok(world.folder, 'limits', 'full', '--disk', 'none')).not.toMatch(/of disk/);
		});
	},
);
