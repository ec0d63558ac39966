/** Projects of other homes that this node works for, where opening one or looking at the registry fails once. */
import { expect, it } from 'vitest';
import { type ForeignProject, ForeignProjects } from '../../../node/foreign/index.ts';
import { SimLog } from '../../../shared/ports/sim/index.ts';

it('[I12] opens a project at the next look whose start, or whose registry, failed at this one', async () => {
	const log = new SimLog();
	const said: string[] = [];
	const failing = ['the registry', 'the store'];
	const projects = new ForeignProjects({
		log,
		wanted: () => {
			if (failing[0] === 'the registry') throw new Error(failing.shift());
			return new Set(['app']);
		},
		open: async () =>
			({
				start: async () => {
					if (failing.length > 0) throw new Error(failing.shift());
				},
				stop: async () => void said.push('stopped'),
			}) as unknown as ForeignProject,
		onOpened: (id) => void said.push(`opened ${id}`),
		onClosing: (id) => void said.push(`closing ${id}`),
	});
	await expect(projects.review()).rejects.toThrow('the registry');
	await projects.review();
	expect(log.of('foreign.notOpened')).toHaveLength(1);
	expect(said).toEqual(['closing app', 'stopped']);
	await projects.review();
	expect(said.slice(2)).toEqual(['opened app']);
	await projects.stop();
});
