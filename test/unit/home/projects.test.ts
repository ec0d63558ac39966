/** Which projects a node has open as their home, and until when one that it gives away counts. */
import { expect, it } from 'vitest';
import type { Project } from '../../../node/home/project.ts';
import { Projects } from '../../../node/home/projects.ts';
import { ganglineError } from '../../../shared/ports/index.ts';
import { openSimStore, SimDisk, SimLog } from '../../../shared/ports/sim/index.ts';
import { projectOne } from '../../support/facts.ts';

it('[I5] counts a project that it gives away as here until what ran for it has ended', async () => {
	const ending = Promise.withResolvers<void>();
	const store = await openSimStore(new SimDisk('desk'));
	const record = { id: projectOne, name: 'app', path: '/app', branch: 'main', paused: false };
	const part = { id: projectOne, name: 'app', record, start: async () => {}, stop: () => ending.promise };
	const project = part as unknown as Project;
	const projects = new Projects({ store, log: new SimLog(), adopt: async () => record, open: async () => project });
	await projects.open(record);
	expect(projects.isHere(projectOne)).toBe(true);
	const releasing = projects.release(projectOne);
	expect(projects.all()).toEqual([]);
	expect(projects.isHere(projectOne)).toBe(true);
	ending.resolve();
	expect(await releasing).toEqual(record);
	expect(projects.isHere(projectOne)).toBe(false);
});

it('[I12] opens later what could not be opened at the start, and says why until then', async () => {
	const store = await openSimStore(new SimDisk('desk'));
	const record = { id: projectOne, name: 'app', path: '/app', branch: 'main', paused: false };
	await store.write([{ kind: 'put', key: `project/${projectOne}`, value: record }]);
	let isFull = true;
	const start = async (): Promise<void> => {
		if (isFull) throw ganglineError('GIT_FAILED', 'no space left on device');
	};
	const project = { id: projectOne, name: 'app', record, start, stop: async () => {} } as unknown as Project;
	const projects = new Projects({ store, log: new SimLog(), adopt: async () => record, open: async () => project });
	await projects.start();
	expect(() => projects.find({ kind: 'name', name: 'app' })).toThrow('no space left on device');
	expect(await projects.reopen(projectOne)).toBe(false);
	isFull = false;
	expect(await Promise.all([projects.reopen(projectOne), projects.reopen(projectOne)])).toEqual([true, true]);
	expect(projects.find({ kind: 'name', name: 'app' })).toBe(project);
});

it('[I12] keeps a project open as it was when it cannot be taken on where its checkout is now', async () => {
	const store = await openSimStore(new SimDisk('desk'));
	const shop = { id: projectOne, name: 'shop', path: '/shop', branch: 'main', paused: false };
	const blog = { ...shop, id: '01JZ0000000000000000000BKG', name: 'blog', path: '/blog' };
	const checkouts = new Map([shop, blog].map((record) => [record.path, record]));
	const open = async (record: typeof shop): Promise<Project> => {
		const start = async (): Promise<void> => {
			if (record.path === '/full') throw ganglineError('GIT_FAILED', 'no space left on device');
		};
		return { id: record.id, name: record.name, record, start, stop: async () => {} } as unknown as Project;
	};
	const adopt = async (path: string): Promise<typeof shop> => {
		const found = checkouts.get(path);
		if (found === undefined) throw ganglineError('UNSUITABLE_REPOSITORY', `${path} is no git repository`);
		return found;
	};
	const projects = new Projects({ store, log: new SimLog(), adopt, open });
	for (const path of ['/shop', '/blog']) await projects.add(path);
	checkouts.delete('/shop');
	checkouts.set('/renamed', { ...shop, name: 'blog', path: '/renamed' }).set('/full', { ...shop, path: '/full' });
	await expect(projects.add('/renamed')).rejects.toMatchObject({ code: 'REFUSED' });
	await expect(projects.add('/full')).rejects.toMatchObject({ code: 'GIT_FAILED' });
	expect(projects.find({ kind: 'name', name: 'shop' }).record).toEqual(shop);
	checkouts.set('/here', { ...shop, path: '/here' });
	expect(await projects.add('/here')).toMatchObject({ added: true });
	expect(projects.find({ kind: 'name', name: 'shop' }).record.path).toBe('/here');
});
