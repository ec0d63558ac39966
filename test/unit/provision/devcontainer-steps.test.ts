import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../../shared/ports/system/index.ts';
import { devcontainerStep, forgetStart, portsFor } from '../../../shared/provision/devcontainer-steps.ts';
import { MakeLog } from '../../../shared/provision/make-log.ts';
import type { CommandWish } from '../../../shared/provision/provisioner.ts';
import type { ContainerRecord } from '../../../shared/provision/records.ts';
import { runSteps } from '../../../shared/provision/run-steps.ts';
import { shell, temporaryFolder } from '../../support/git.ts';

let folder: ReturnType<typeof temporaryFolder>;
let path: string;
beforeEach(() => {
	folder = temporaryFolder();
	path = join(folder.path, 'shop');
	mkdirSync(join(folder.path, 'making/state'), { recursive: true });
	shell(folder.path, 'init', '-q', '-b', 'main', path);
});
afterEach(() => folder.remove());

function commit(file: object, at = '.devcontainer.json'): void {
	mkdirSync(dirname(join(path, at)), { recursive: true });
	writeFileSync(join(path, at), JSON.stringify(file));
	shell(path, 'add', '-A');
	shell(path, 'commit', '-q', '-m', 'one');
}

/** A container that answers each command by its last word. */
async function make(record: ContainerRecord, answer: (word: string) => Promise<number>, container = 'c1') {
	const ran: string[] = [];
	const kept: ContainerRecord[] = [];
	const run = async ({ argv }: CommandWish): Promise<number> => {
		const word = argv.at(-1) ?? '';
		ran.push(word);
		return answer(word);
	};
	const condition = async () => ({ kind: 'running', id: container, since: '', outOfMemory: false }) as const;
	const options = {
		...{ environment: { PATH: process.env.PATH, HOME: folder.path }, records: { all: () => [record] } },
		owner: { name: 'ada', uid: 1500, gid: 1500 },
		provisioner: { run, condition },
	};
	const log = await MakeLog.open(join(folder.path, 'making/make.log'));
	const steps = [devcontainerStep({ options, log, folder: join(folder.path, 'making') })];
	const keep = async (now: ContainerRecord): Promise<void> => void kept.push(now);
	await runSteps({ clock: new SystemClock(), steps, record, keep, show: () => undefined }).catch(() => undefined);
	await log.close();
	return { ran, last: kept.at(-1) ?? record };
}

const fresh = (): ContainerRecord => ({
	...{ name: 'shop', madeAs: null, path, git: null, wantedStack: null, stack: null, others: [], project: null },
	...{ wantedDevcontainer: null, devcontainer: null, ports: [], imagePath: null, hooksDone: null, freshAt: null },
	...{ wantedAgents: null, agents: [], image: null, gateway: null, node: null, person: 'ada', token: null },
	...{ hint: null, sshPort: 22_200, changedAt: 0, steps: [], idleStopMs: null, asleep: false, phase: 'making' },
	gitGiven: { identity: null, hasKey: false, tokenFor: null },
	limits: { cpus: 2, memory: 4 * 1024 ** 3, pids: 2048 },
});
const well = async (): Promise<number> => 0;

describe('the ports of a devcontainer.json', () => {
	it('are others where somebody took them meanwhile, and stay where people or the container itself have them', async () => {
		commit({ forwardPorts: [3000, 3001] });
		const { devcontainer } = (await make(fresh(), well)).last;
		const port = 22_205;
		const begun = { ...fresh(), devcontainer, ports: [{ inside: 3000, host: port }] };
		const options = { records: { all: () => [begun] }, isPortFree: async (asked: number) => asked !== port };
		const [first, second] = await portsFor(begun, options, false);
		expect(first).toMatchObject({ inside: 3000, host: expect.toSatisfy((host) => host !== port) });
		expect(new Set([port, begun.sshPort, first?.host, second?.host]).size).toBe(4);
		expect((await portsFor(begun, options, true))[0]).toEqual({ inside: 3000, host: port });
	});
});

describe('a devcontainer.json in a folder of its own', () => {
	it('counts where it is the only one, and none does where there are several', async () => {
		commit({ onCreateCommand: 'a' }, '.devcontainer/one/devcontainer.json');
		expect((await make(fresh(), well)).last.devcontainer?.path).toBe('.devcontainer/one/devcontainer.json');
		commit({ onCreateCommand: 'b' }, '.devcontainer/two/devcontainer.json');
		const { last, ran } = await make(fresh(), well);
		expect([last.devcontainer, ran]).toEqual([null, []]);
		expect(last.steps[0]?.words).toBe(
			'left alone: there are several (.devcontainer/one/devcontainer.json, .devcontainer/two/devcontainer.json), and none of them is .devcontainer/devcontainer.json',
		);
		commit({ onCreateCommand: 'c' });
		expect((await make(fresh(), well)).ran).toEqual(['c']);
	});
});

describe('the hooks of a devcontainer.json', () => {
	it('are steps in their order, and the one that failed is where it goes on', async () => {
		commit({ onCreateCommand: 'a', postCreateCommand: 'b', postStartCommand: 'c' });
		const first = await make(fresh(), async (word) => (word === 'b' ? 7 : 0));
		expect(first.ran).toEqual(['a', 'b']);
		expect(first.last.steps.map(({ name, state }) => `${name} ${state}`)).toEqual([
			'devcontainer done',
			'onCreate done',
			'postCreate failed',
			'postStart waiting',
		]);
		const second = await make(first.last, well);
		expect(second.ran).toEqual(['b', '/gangline/hooks/post-start']);
		expect(second.last.phase).toBe('ready');
	});

	it('run again in another container, and where they have changed', async () => {
		commit({ onCreateCommand: 'a', postCreateCommand: 'b' });
		const { last } = await make(fresh(), well);
		expect((await make(last, well)).ran).toEqual([]);
		expect((await make(last, well, 'c2')).ran).toEqual(['a', 'b']);
		commit({ onCreateCommand: 'a', postCreateCommand: 'changed' });
		expect((await make(last, well)).ran).toEqual(['changed']);
	});

	it('end together where one of several fails, so that nothing is told of a step that is over', async () => {
		commit({ postCreateCommand: { slow: 'slow', bad: 'bad' } });
		const ended: string[] = [];
		let end = (): void => undefined;
		const slow = new Promise<void>((resolve) => {
			end = resolve;
		});
		const made = make(fresh(), async (word) => {
			if (word === 'slow') await slow;
			else setImmediate(end);
			ended.push(word);
			return word === 'bad' ? 3 : 0;
		});
		expect((await made).last.steps.at(-1)).toMatchObject({
			state: 'failed',
			words: expect.stringContaining(' bad ended'),
		});
		expect(ended).toEqual(['bad', 'slow']);
	});

	it('leave a program for each later start, also where they have run and it was taken away', async () => {
		commit({ postStartCommand: ["it's", '$HOME'], remoteEnv: { A: "b'c" } });
		const program = join(folder.path, 'making/state/hooks/post-start');
		const { last } = await make(fresh(), well);
		const text = readFileSync(program, 'utf8');
		expect(text).toContain(`export A='b'\\''c'\n`);
		expect(text).toContain(`'it'\\''s' '$HOME' & pids=`);
		await forgetStart(join(folder.path, 'making'));
		expect(existsSync(program)).toBe(false);
		await make(last, well);
		expect(readFileSync(program, 'utf8')).toBe(text);
	});
});
