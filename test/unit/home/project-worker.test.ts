import { expect, test } from 'vitest';
import { ProjectWorkers } from '../../../node/home/project-worker.ts';

function open(living: readonly string[]) {
	const ended: string[] = [];
	const parts = {
		own: { living: async () => living },
		pool: { running: () => [{ key: '01A' }, { key: '01C' }] },
		cancel: async (key: string, reason: string) => void ended.push(`${key}: ${reason}`),
	};
	return { ended, workers: new ProjectWorkers(parts as unknown as ConstructorParameters<typeof ProjectWorkers>[0]) };
}

test('[I5] says that all runs are ended only after the kernel has shown it', async () => {
	const { ended, workers } = open(['work-01b-1-3-1', 'gate-01a-1']);
	expect(await workers.endAll('paused')).toEqual(['01A', '01C']);
	expect(ended).toEqual(['01A: paused', '01C: paused']);
	await expect(open(['work-01c-1-2-1']).workers.endAll('paused')).rejects.toMatchObject({
		code: 'PROCESS_NOT_STOPPED',
		message: expect.stringContaining('work-01c-1-2-1'),
	});
});
