/** What an agent of the Agent Client Protocol says when nobody hears it any more, and what nobody can read. */
import { expect, it, vi } from 'vitest';
import { acp } from '../../../node/agents/acp.ts';
import type { AgentEvent } from '../../../node/agents/agent-event.ts';
import type { CommandInput, Conversation } from '../../../node/agents/runtime.ts';
import { nothingCounted } from '../../../node/agents/session-usage.ts';
import { projectConfigSchema } from '../../../shared/project/index.ts';
import { projectOne } from '../../support/facts.ts';

const line = { jsonrpc: '2.0', method: 'session/other', params: {} };

/** A conversation; `said` is what it made of what the agent said. The agent has closed its input, unless it `hears`. */
function conversation(hears = false): {
	readonly talk: Conversation;
	readonly over: Promise<void>;
	readonly said: AgentEvent[];
} {
	const said: AgentEvent[] = [];
	const { agent } = projectConfigSchema.parse({
		...{ id: projectOne, name: 'app', branch: 'main' },
		agent: [{ name: 'eve', runtime: 'acp', command: ['eve'] }],
	});
	const [eve] = agent;
	if (!eve) throw new Error('an agent is configured');
	const input: CommandInput = {
		...{ agent: eve, session: { kind: 'new', id: 'i' }, prompt: 'Do it.', description: '' },
		...{ cwd: '/work', tmp: '/tmp', isRoot: false, shellPath: '/bin/sh' },
	};
	const over = Promise.withResolvers<void>();
	const talk = acp.converse(
		{
			emit: (event) => said.push(event),
			write: () => hears,
			endInput: over.resolve,
			rest: () => {},
			established: async () => {},
		},
		input,
	);
	return { talk, over: over.promise, said };
}

it('takes what an agent says that has closed its input, and gives it to nobody: the node goes on', async () => {
	const { talk, over } = conversation();
	talk.begin?.();
	await over;
	// The connection is closed soon after, by its library.
	for (let turn = 0; turn < 20; turn += 1) {
		expect(talk.read(line)).toBe(true);
		await new Promise((resolve) => setImmediate(resolve));
	}
	talk.end?.();
	expect(talk.read(line)).toBe(true);
	expect(talk.read({ no: 'message' })).toBe(false);
});

it('passes over what it cannot read, and writes nothing of it to the stderr of the node', async () => {
	const complain = vi.spyOn(console, 'error');
	const { talk, said } = conversation(true);
	talk.begin?.();
	await new Promise((resolve) => setImmediate(resolve));
	const update = (of: object) => ({ jsonrpc: '2.0', method: 'session/update', params: { sessionId: 's', update: of } });
	const call = { sessionUpdate: 'tool_call', title: 'Look', rawInput: { path: 'a.txt' } };
	for (const one of [{}, { sessionUpdate: 'new_in_2030' }, call, { sessionUpdate: 'usage_update', cost: 7 }]) {
		expect(talk.read(update(one))).toBe(true);
	}
	expect(said).toEqual([]);
	expect(talk.read({ jsonrpc: '2.0', id: 'never asked', result: {} })).toBe(false);
	expect(talk.read(update({ ...call, toolCallId: 'c', kind: 'new_kind' }))).toBe(true);
	expect(said).toContainEqual({ kind: 'tool', name: 'new_kind', summary: 'a.txt' });
	expect(talk.read(update({ sessionUpdate: 'tool_call', toolCallId: 'd', title: 'Bare', kind: 'think' }))).toBe(true);
	talk.read(update({ sessionUpdate: 'tool_call_update', toolCallId: 'd', status: 'completed' }));
	expect(said).toContainEqual(expect.objectContaining({ kind: 'tool', name: 'think' }));
	talk.read(update({ ...call, toolCallId: 'e', kind: 'edit', locations: [{ path: '/c/b.txt' }] }));
	expect(said).toContainEqual({ kind: 'tool', name: 'edit', summary: 'a.txt /c/b.txt', edits: ['a.txt', '/c/b.txt'] });
	await new Promise((resolve) => setImmediate(resolve));
	expect(complain).not.toHaveBeenCalled();
	talk.end?.();
});

it('tells what is used as the agent tells it, so that limits hold in a prompt and one that fails is paid for', async () => {
	const { talk, said } = conversation(true);
	talk.begin?.();
	await new Promise((resolve) => setImmediate(resolve));
	const cost = (amount: number) => ({
		...{ jsonrpc: '2.0', method: 'session/update' },
		params: { sessionId: 's', update: { sessionUpdate: 'usage_update', cost: { amount, currency: 'USD' } } },
	});
	for (const amount of [0.25, 0.25, 0.75]) talk.read(cost(amount));
	const used = () => said.flatMap((event) => (event.kind === 'usage' ? [event.costUsd] : []));
	expect(used()).toEqual([0.25, 0.5]);
	talk.end?.();
	talk.read(cost(1));
	expect(used()).toEqual([0.25, 0.5, 0.25]);
});

/** What an agent is asked that goes on with a session, when it answers `session/resume` so. */
async function askedOnResume(answer: object): Promise<readonly (readonly [string, unknown])[]> {
	const { agent } = projectConfigSchema.parse({
		...{ id: projectOne, name: 'app', branch: 'main' },
		agent: [{ name: 'eve', runtime: 'acp', command: ['eve'], mode: 'full-access', model: 'm2' }],
	});
	const asked: [string, unknown][] = [];
	const prompted = Promise.withResolvers<void>();
	const answers: Readonly<Record<string, object>> = {
		initialize: { protocolVersion: 1, agentCapabilities: { sessionCapabilities: { resume: {} } } },
		'session/resume': answer,
		'session/set_config_option': { configOptions: [] },
	};
	const talk: Conversation = acp.converse(
		{
			...{ emit: () => {}, endInput: () => {}, rest: () => {}, established: async () => {} },
			write: (line) => {
				const { id, method, params } = JSON.parse(line);
				asked.push([method, params]);
				if (method === 'session/prompt') prompted.resolve();
				else setImmediate(() => talk.read({ jsonrpc: '2.0', id, result: answers[method] ?? {} }));
				return true;
			},
		},
		{
			...{ agent: agent[0], session: { kind: 'resume', id: 's', counted: nothingCounted }, prompt: 'Go on.' },
			...{ description: '', cwd: '/work', tmp: '/tmp', isRoot: false, shellPath: '/bin/sh' },
		} as CommandInput,
	);
	talk.begin?.();
	await prompted.promise;
	talk.end?.();
	return asked.filter(([method]) => method.startsWith('session/set'));
}

it('puts a session that it goes on with into its mode and model again, where the agent offers them', async () => {
	const modes = { currentModeId: 'read-only', availableModes: [{ id: 'full-access', name: 'Full access' }] };
	const model = {
		id: 'model',
		name: 'Model',
		type: 'select',
		currentValue: 'm1',
		options: [{ value: 'm2', name: '2' }],
	};
	expect(await askedOnResume({ modes, configOptions: [model] })).toEqual([
		['session/set_mode', { sessionId: 's', modeId: 'full-access' }],
		['session/set_config_option', { sessionId: 's', configId: 'model', value: 'm2' }],
	]);
	expect(await askedOnResume({})).toEqual([]);
	expect(await askedOnResume({ modes: { ...modes, availableModes: [{ id: 'ask', name: 'Ask' }] } })).toEqual([]);
});
