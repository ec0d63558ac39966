import { describe, expect, it } from 'vitest';
import { agentFor, loginOf, loginsOf, ofRole } from '../../../node/home/agent-for.ts';
import { projectConfigSchema } from '../../../shared/project/index.ts';

const config = projectConfigSchema.parse({
	id: '01ARZ3NDEKTSV4RRFFQ69G5FAV',
	name: 'shop',
	branch: 'main',
	agent: [
		{ name: 'ada', runtime: 'claude-code' },
		{ name: 'bob', runtime: 'codex' },
		{ name: 'quinn', runtime: 'codex', role: 'qa' },
		{ name: 'merle', runtime: 'codex', role: 'mergemaster' },
	],
});
const noHelp = { ...config, agent: config.agent.slice(0, 2) };
const plain = { agent: null, description: 'words' };
const script = { agent: null, description: '```sh\ntrue\n```\n' };

describe('agentFor', () => {
	it.each([
		['the first coder', plain, 'coder', config, 'ada'],
		["the item's own coder", { ...plain, agent: 'bob' }, 'coder', config, 'bob'],
		['the script', script, 'coder', config, 'shell'],
		['nobody where the named one is no coder', { ...plain, agent: 'quinn' }, 'coder', config, null],
		['nobody where the named one is not there', { ...plain, agent: 'eve' }, 'coder', config, null],
		['an agent of the role for qa', plain, 'qa', config, 'quinn'],
		['the same for a script', script, 'qa', config, 'quinn'],
		['nobody for qa who would judge their own work', plain, 'qa', noHelp, null],
		['the mergemaster for conflicts', { ...plain, agent: 'bob' }, 'mergemaster', config, 'merle'],
		['who wrote it where there is no mergemaster', { ...plain, agent: 'bob' }, 'mergemaster', noHelp, 'bob'],
		['the script again, which begins from main', script, 'mergemaster', config, 'shell'],
	] as const)('gives the work to %s', (_what, item, role, settings, expected) => {
		expect(agentFor(item, role, settings)).toBe(expected);
	});

	it.each([
		['another account where the first one is limited', plain, { ada: 5 }, 'bob'],
		['who is free first where all are limited', plain, { ada: 9, bob: 5 }, 'bob'],
		['the first again where no limit is left', plain, {}, 'ada'],
		['nobody else where the item names its own', { ...plain, agent: 'ada' }, { ada: 5 }, 'ada'],
		['the script, which has no account', script, { ada: 5, bob: 5 }, 'shell'],
	] as const)('gives the work to %s', (_what, item, limits: Readonly<Record<string, number>>, expected) => {
		expect(agentFor(item, 'coder', config, (agent) => limits[agent] ?? null)).toBe(expected);
	});

	it('knows no helper that is not configured', () => {
		expect(ofRole('research', config)).toBeNull();
	});
});

describe('loginsOf', () => {
	it('names each account of an agent once, in the order of its settings, and finds the one that a task was given', () => {
		const agent = [{ name: 'ada', runtime: 'claude-code', accounts: ['work', 'own'] }];
		const settings = projectConfigSchema.parse({ ...config, agent });
		const login = (name: string) => {
			const account = `claude-code:${name}`;
			return { runtime: 'claude-code', agent: account, account, name };
		};
		expect(loginsOf('ada', settings)).toEqual([login('work'), login('own')]);
		expect(loginOf({ agent: 'ada', account: 'own' }, settings)).toEqual(login('own'));
		expect(loginOf({ agent: 'ada' }, settings)).toEqual(login('work'));
	});
});

describe('loginOf', () => {
	const acp = (name: string, ...command: string[]) => ({ name, runtime: 'acp', command });
	const many = projectConfigSchema.parse({
		...config,
		agent: [
			...config.agent,
			...[acp('eve', 'eve-acp'), acp('fay', 'env', 'HOME=/other', 'eve-acp'), acp('gil', 'eve-acp')],
		],
	});

	it.each([
		['of its runtime', 'bob', { runtime: 'codex', agent: null, account: 'codex' }],
		['that of all scripts', 'shell', { runtime: 'shell', agent: null, account: 'shell' }],
		['of its own where it speaks ACP', 'eve', { runtime: 'acp', agent: 'eve', account: 'acp:eve' }],
		['of another where the command is another', 'fay', { runtime: 'acp', agent: 'fay', account: 'acp:fay' }],
		['of the first with the same command', 'gil', { runtime: 'acp', agent: 'gil', account: 'acp:eve' }],
	] as const)('is %s', (_what, agent, expected) => {
		expect(loginOf({ agent }, many)).toEqual(expected);
	});
});
