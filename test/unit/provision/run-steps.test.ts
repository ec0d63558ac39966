import { describe, expect, it } from 'vitest';
import { ganglineError } from '../../../shared/ports/index.ts';
import { SystemClock } from '../../../shared/ports/system/index.ts';
import type { ContainerRecord } from '../../../shared/provision/records.ts';
import { runSteps, type Step } from '../../../shared/provision/run-steps.ts';

const fresh: ContainerRecord = {
	...{
		name: 'shop',
		madeAs: null,
		path: '/shop',
		git: null,
		wantedStack: null,
		stack: null,
		others: [],
		project: null,
		image: null,
	},
	...{ wantedAgents: null, agents: [] },
	...{ gateway: null, node: null, person: 'ada', token: null, hint: null, sshPort: 22_200, changedAt: 0 },
	...{ idleStopMs: null, asleep: false },
	...{ wantedDevcontainer: null, devcontainer: null, ports: [], imagePath: null, hooksDone: null, freshAt: null },
	gitGiven: { identity: null, hasKey: false, tokenFor: null },
	limits: { cpus: 2, memory: 4 * 1024 ** 3, pids: 2048 },
	phase: 'making',
	steps: [],
};

async function run(steps: readonly Step[], record = fresh) {
	const kept: ContainerRecord[] = [];
	const keep = async (now: ContainerRecord): Promise<void> => void kept.push(now);
	const end = await runSteps({ clock: new SystemClock(), steps, record, keep, show: () => undefined }).catch(
		(error: unknown) => error,
	);
	return { kept, end, last: kept.at(-1) };
}

const good = (name: Step['name'], change: Partial<ContainerRecord> = {}): Step => ({
	name,
	doing: 'at it',
	run: async () => ({ words: 'done', change }),
});
const bad: Step = {
	name: 'image',
	doing: 'building',
	run: async () => {
		throw ganglineError('ENGINE_FAILED', 'no space left', { hint: 'df -h' });
	},
};

describe('the steps of making a project', () => {
	it('are all known from the first word, and kept before and after each', async () => {
		const { kept, last } = await run([good('check'), good('source')]);
		expect(kept[0]?.steps.map(({ state }) => state)).toEqual(['waiting', 'waiting']);
		expect(kept.map(({ steps }) => steps.map(({ state }) => state).join())).toEqual([
			'waiting,waiting',
			'running,waiting',
			'done,waiting',
			'done,running',
			'done,done',
			'done,done',
		]);
		expect(last?.phase).toBe('ready');
	});

	it('hand on what they found out', async () => {
		const seen: (string | null)[] = [];
		const look: Step = {
			name: 'image',
			doing: '',
			run: async ({ record }) => {
				seen.push(record.stack);
				return { words: '' };
			},
		};
		await run([good('stack', { stack: 'go' }), look]);
		expect(seen).toEqual(['go']);
	});

	it('stop at the one that fails, with its words and what to do, and go on from there', async () => {
		const { last, end } = await run([good('stack', { stack: 'go' }), bad, good('join')]);
		expect(end).toMatchObject({ code: 'ENGINE_FAILED' });
		expect(last).toMatchObject({ phase: 'failed', hint: 'df -h', stack: 'go' });
		expect(last?.steps.map(({ state, words }) => [state, words])).toEqual([
			['done', 'done'],
			['failed', 'no space left'],
			['waiting', ''],
		]);
		const again = await run([good('stack'), good('image'), good('join')], last);
		expect(again.last).toMatchObject({ phase: 'ready', hint: null, stack: 'go' });
	});
});
