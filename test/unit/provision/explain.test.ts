import { describe, expect, it } from 'vitest';
import { explainContainer } from '../../../shared/provision/explain.ts';
import type { Condition } from '../../../shared/provision/provisioner.ts';
import type { ContainerRecord } from '../../../shared/provision/records.ts';

const record: ContainerRecord = {
	...{
		name: 'shop',
		madeAs: null,
		path: '/shop',
		git: null,
		wantedStack: null,
		stack: 'node',
		others: [],
		project: 'P',
		image: 'i',
	},
	...{ wantedAgents: null, agents: [] },
	...{ gateway: null, node: 'n1', person: 'ada', token: null, hint: null, sshPort: 22_200, changedAt: 0 },
	...{ idleStopMs: null, asleep: false },
	...{ wantedDevcontainer: null, devcontainer: null, ports: [], imagePath: null, hooksDone: null, freshAt: null },
	gitGiven: { identity: null, hasKey: false, tokenFor: null },
	limits: { cpus: 2, memory: 4 * 1024 ** 3, pids: 2048 },
	phase: 'ready',
	steps: [],
};
const running: Condition = { kind: 'running', id: 'x', since: '', outOfMemory: false };
const ended: Extract<Condition, { kind: 'ended' }> = {
	kind: 'ended',
	id: 'x',
	exitCode: 0,
	outOfMemory: false,
	error: '',
};
const said = (condition: Condition | null, more: Partial<ContainerRecord> = {}, connected = true) =>
	explainContainer({ record: { ...record, ...more }, condition, busy: false, connected });

describe('how a project in a container is', () => {
	it('says that it runs, and what to do', () => {
		const now = said(running);
		expect(now).toMatchObject({ state: 'running', words: 'it runs, its node is connected' });
		expect(now.next).toContain('gangline status -p shop');
	});

	it('says out of memory in words, with the bound', () => {
		expect(said({ ...ended, exitCode: 137, outOfMemory: true }).words).toBe(
			'it ran out of memory: all that runs in it may use 4 GiB, and it wanted more',
		);
	});

	it('says what was ended for want of memory while the rest went on, and how to give it more', () => {
		const now = said({ ...running, outOfMemory: true });
		expect(now.words).toMatch(/^it runs, .*; something in it was ended for want of memory: .* may use 4 GiB$/);
		expect(now.next[0]).toBe('gangline limits shop --memory 8g');
	});

	it('[I15] says that its disk fills up and that it is full, and how to give it more', () => {
		const gibibyte = 1024 ** 3;
		const limited = { ...record, limits: { ...record.limits, disk: 10 * gibibyte } };
		const taking = (used: number | null) =>
			explainContainer({
				...{ record: limited, condition: running, busy: false, connected: true },
				diskUsed: used === null ? null : used * gibibyte,
			});
		expect(taking(7).words).toBe('it runs, its node is connected');
		expect(taking(9).words).toMatch(/; source, state and downloads take 9 GiB of disk of the 10 GiB that they may$/);
		expect(taking(11).words).toMatch(/take 11 GiB of disk, more than the 10 GiB that they may: nothing new is begun/);
		expect(taking(11).next[0]).toBe('gangline limits shop --disk 20g');
		expect(taking(null).next[0]).not.toMatch(/--disk/);
	});

	it('tells a stop, a kill, a start that failed and an exit code apart', () => {
		expect(said(ended).words).toBe('it was stopped');
		expect(said({ ...ended, exitCode: 137 }).words).toMatch(/^it was killed/);
		expect(said({ ...ended, exitCode: 128, error: 'no such mount' }).words).toBe('it did not start: no such mount');
		expect(said({ ...ended, exitCode: 5 }).words).toBe('its node ended with exit code 5');
	});

	it('names a way out of everything', () => {
		for (const condition of [null, { kind: 'gone' }, ended] as const) expect(said(condition).next).not.toEqual([]);
		expect(said(null).state).toBe('gone');
		expect(said({ kind: 'gone' }).next).toEqual(['gangline rebuild shop']);
	});

	it('says where making it failed, or was cut off, and how to go on', () => {
		const step = { name: 'image', state: 'failed', words: 'no space left', tookMs: null } as const;
		expect(said(null, { phase: 'failed', steps: [step], hint: 'df -h' })).toEqual({
			state: 'failed',
			words: 'it failed at image: no space left',
			next: ['df -h', 'gangline new shop --retry'],
		});
		expect(said(null, { phase: 'making', steps: [{ ...step, state: 'running' }] })).toMatchObject({
			words: 'it was cut off at image',
			next: ['gangline new shop --retry'],
		});
	});
});
