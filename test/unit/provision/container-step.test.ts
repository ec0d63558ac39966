/** The step that makes a container, with an engine that a test plays: ports that somebody else takes at the last moment. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ganglineError } from '../../../shared/ports/index.ts';
import { containerStep } from '../../../shared/provision/container-step.ts';
import type { ContainersOptions } from '../../../shared/provision/containers-options.ts';
import type { ContainerWish } from '../../../shared/provision/provisioner.ts';
import type { ContainerRecord } from '../../../shared/provision/records.ts';
import { shell, temporaryFolder } from '../../support/git.ts';

let folder: ReturnType<typeof temporaryFolder>;
let path: string;
/** Ports of somebody else. */
const used = new Set<number>();
beforeEach(() => {
	folder = temporaryFolder();
	path = join(folder.path, 'shop');
	shell(folder.path, 'init', '-q', 'shop');
});
afterEach(() => {
	used.clear();
	folder.remove();
});

const shop = '01JZ0000000000000000000SHP';
const token = (): string => join(folder.path, 'state/state/join-token');

const record = (node: string | null): ContainerRecord => ({
	...{ name: 'shop', madeAs: null, path, git: null, wantedStack: null, stack: null, others: [], project: null },
	...{ wantedDevcontainer: null, devcontainer: null, ports: [], imagePath: null, hooksDone: null, freshAt: null },
	...{ wantedAgents: null, agents: [], image: 'i', gateway: null, node, person: 'ada', token: null },
	...{ hint: null, sshPort: 22_900, changedAt: 0, steps: [], idleStopMs: null, asleep: false, phase: 'making' },
	gitGiven: { identity: null, hasKey: false, tokenFor: null },
	limits: { cpus: 2, memory: 4 * 1024 ** 3, pids: 2048 },
});

/** Answers the change of the record; `start` is asked for each container. */
async function make(
	start: (wish: ContainerWish) => Promise<void>,
	node: string | null = null,
	kind: 'gone' | 'running' = 'gone',
	isHome = false,
	given: () => ContainerRecord['gitGiven'] = () => record(node).gitGiven,
) {
	let tokens = 0;
	const options = {
		mesh: { facts: () => ({ projects: { [shop]: isHome ? { home: 'n1' } : undefined } }) },
		owner: { name: 'ada', uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
		environment: { PATH: process.env.PATH, HOME: folder.path },
		isPortFree: async (port: number) => !used.has(port),
		records: { all: () => [], find: () => ({ ...record(node), gitGiven: given() }) },
		joinToken: async () => ({ text: 'gl1_token', id: `t${++tokens}` }),
		provisioner: {
			...{ secretsInside: null, publishes: true, limit: async () => undefined },
			condition: async () => ({ kind }),
			ensureContainer: async (wish: ContainerWish) => {
				await start(wish);
				return { id: 'c1', made: true };
			},
		},
	} as unknown as ContainersOptions;
	const step = containerStep({ options, folder: join(folder.path, 'state') });
	const { change, words } = await step.run({ record: { ...record(node), project: shop }, say: () => undefined });
	return { ...change, words, tokens };
}

const refused = () => ganglineError('ENGINE_FAILED', 'the engine did not make it');

it('[I13] makes no token for a node that has joined while nobody waited for it', async () => {
	const start = async (): Promise<void> => undefined;
	expect(await make(start)).toMatchObject({ tokens: 1, token: 't1' });
	rmSync(token());
	expect(await make(start, null, 'running', true)).toMatchObject({ tokens: 0 });
	expect(existsSync(token())).toBe(false);
});

it('leaves a container that an earlier making began at the port that it holds itself', async () => {
	used.add(22_900);
	const asked: number[] = [];
	const start = async ({ sshPort }: ContainerWish): Promise<void> => void asked.push(sshPort);
	await make(start, null, 'running');
	await make(start, null, 'gone');
	expect(asked).toEqual([22_900, expect.not.toSatisfy((port) => port === 22_900)]);
});

describe('a port that somebody takes before the engine does', () => {
	it('is another one, with the same token', async () => {
		const asked: number[] = [];
		const change = await make(async ({ sshPort }) => {
			asked.push(sshPort);
			if (asked.length > 1) return;
			used.add(sshPort);
			throw refused();
		});
		expect(asked).toHaveLength(2);
		expect(change).toMatchObject({ sshPort: asked[1], token: 't1', tokens: 1 });
		expect(asked[1]).not.toBe(asked[0]);
	});

	it('is another one also for a node that has joined, and that is said', async () => {
		const asked: number[] = [];
		const moved = async ({ sshPort }: ContainerWish): Promise<void> => {
			asked.push(sshPort);
			if (asked.length > 1) return;
			used.add(sshPort);
			throw refused();
		};
		expect(await make(moved, 'n1')).toMatchObject({
			sshPort: asked[1],
			words: expect.stringMatching(`another program has port 22900, so its ssh is at ${asked[1]} now`),
		});
		const change = await make(async () => undefined, 'n1');
		expect(change.sshPort).not.toBe(22_900);
	});

	it('is not looked for again where the engine has another reason', async () => {
		let asked = 0;
		const failing = async (): Promise<void> => {
			asked += 1;
			throw refused();
		};
		await expect(make(failing)).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
		expect(asked).toBe(1);
	});

	it('[I11] is not looked for without end', async () => {
		let asked = 0;
		const taking = async ({ sshPort }: ContainerWish): Promise<void> => {
			asked += 1;
			used.add(sshPort);
			throw refused();
		};
		await expect(make(taking)).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
		expect(asked).toBe(4);
	});
});

it('commits and pushes with what was given, or taken away, while it was being made', async () => {
	const nobody = record(null).gitGiven;
	const ada = { ...nobody, identity: { name: 'Ada', email: 'ada@example.org' } };
	const withKey = { ...ada, hasKey: true };
	const settings = (): string => readFileSync(join(folder.path, 'state/state/git/config'), 'utf8');
	const start = async (): Promise<void> => undefined;
	await make(start, null, 'gone', false, () => ada);
	expect(settings()).toContain('ada@example.org');
	// The key comes while the settings are written.
	const later = [ada, withKey];
	await make(start, null, 'gone', false, () => later.shift() ?? withKey);
	expect(settings()).toContain('sshCommand');
});
