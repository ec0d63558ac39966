/** What agents may ask at a home: only under the grant that is held, in their own name, and never more than a role may. */
import { describe, expect, it } from 'vitest';
import { type AgentAsk, type AgentProject, answerAgent, itemsAddedMax } from '../../../node/tools/answer-agents.ts';
import { AgentDesk } from '../../../node/tools/index.ts';
import type { Item, ItemView } from '../../../shared/pipeline/index.ts';
import { GanglineError, parseNodeId } from '../../../shared/ports/index.ts';
import { SimRandom } from '../../../shared/ports/sim/index.ts';
import { tinyHome } from '../../support/tiny-home.ts';
import { itemDetail, shopId } from '../../support/tiny-items.ts';

const [self, builder] = [parseNodeId(`n${'1'.repeat(16)}`), parseNodeId(`n${'2'.repeat(16)}`)];
const own = `${self}.01234567.work`;
const key = '01JZ0000000000000000000012';

type Held = Partial<Pick<Item, 'role' | 'token' | 'holder' | 'origin'>>;

function open(held: Held = {}, others: readonly Item['origin'][] = []) {
	const home = tinyHome();
	home.items.push(itemDetail({ number: 12, key }));
	const item = {
		...{ key, number: 12, name: '#12', alias: null, role: 'coder', token: [1, 7], holder: own },
		...{ origin: { by: 'user', who: 'ada' }, ...held },
	} as unknown as ItemView & Item;
	const rest = others.map((origin, at) => ({ ...item, key: `k${at}`, number: 100 + at, origin }));
	const views = new Map([item, ...rest].map((one) => [one.key, one]));
	const project: AgentProject = {
		...{ id: shopId as AgentProject['id'], name: 'shop', views: () => views },
		home: { item: (asked) => views.get(asked), workAuthor: own },
	};
	let hasPerson = false;
	const answering = {
		...{ self, handlers: () => home.handlers, mayReadAll: () => hasPerson },
		project: (id: string) => (id === shopId ? project : undefined),
	};
	const ask = (more: Partial<AgentAsk> & Pick<AgentAsk, 'operation'>) =>
		answerAgent(answering, {
			...{ grant: { project: shopId, key, token: [1, 7], agent: 'claude' }, from: self, input: {} },
			...more,
		});
	const code = async (more: Parameters<typeof ask>[0]): Promise<string> =>
		ask(more).then(
			() => 'answered',
			(error: unknown) => (error instanceof GanglineError ? error.code : String(error)),
		);
	const seatPerson = (): void => {
		hasPerson = true;
	};
	return { home, ask, code, seatPerson, answering, views, item };
}

const notAsked = async (): Promise<never> => {
	throw new Error('nobody else is asked');
};
const add = { operation: 'item.add', input: { title: 'Sell tea' } } as const;

describe('what an agent asks at the home', () => {
	it('[I13] is wanted by the agent, under its grant, and by no person', async () => {
		const { home, ask } = open();
		expect(JSON.parse(await ask(add))).toMatchObject({ item: { title: 'Sell tea' } });
		expect(home.asked.at(-1)).toMatchObject({
			name: 'item.add',
			args: { project: { id: shopId }, hold: false },
			caller: { person: 'claude of #12', access: 'member', agent: { item: key, token: [1, 7] } },
		});
		expect(home.asked.at(-1)?.caller.agent).not.toHaveProperty('onBehalfOf');
	});

	it('[I4] is said on behalf of the holder where that is another node', async () => {
		const holder = `${builder}.01234567.work`;
		const { home, ask } = open({ holder });
		await ask({ ...add, from: builder });
		expect(home.asked.at(-1)?.caller.agent).toMatchObject({ onBehalfOf: holder });
	});

	it.each([
		['another token', {}, { grant: { project: shopId, key, token: [1, 6] as const, agent: 'claude' } }],
		['another node', {}, { from: builder }],
		['nobody’s grant', { role: null }, {}],
		['a spent token', { token: null, holder: null }, {}],
	] as const)('[I4] is refused under %s', async (_, held, more) => {
		const { home, code } = open(held);
		expect(await code({ ...add, ...more })).toBe('FORBIDDEN');
		expect(await code({ operation: 'item.show', input: { item: 12 }, ...more })).toBe('FORBIDDEN');
		expect(home.asked).toEqual([]);
	});

	it('[I13] changes nothing for a role that only looks', async () => {
		const { home, code } = open({ role: 'qa' });
		for (const operation of ['item.add', 'item.edit', 'item.plan'] as const)
			expect(await code({ ...add, operation })).toBe('FORBIDDEN');
		expect(home.asked).toEqual([]);
		expect(await code({ operation: 'item.list' })).toBe('answered');
	});

	it('[I13] edits its own item alone, and nothing that people decide, wherever it runs', async () => {
		const { home, code } = open({ holder: `${builder}.01234567.work` }, [{ by: 'user', who: 'ada' }]);
		const edit = { operation: 'item.edit', from: builder } as const;
		expect(await code({ ...edit, input: { item: 100, description: '```sh\nevil\n```' } })).toBe('FORBIDDEN');
		for (const decided of [{ labels: ['impatient'] }, { agent: 'codex' }, { hold: false }, { review: 'server' }])
			expect(await code({ ...edit, input: { item: 12, ...decided } })).toBe('FORBIDDEN');
		for (const decided of [{ labels: ['needs:laptop'] }, { agent: 'codex' }])
			expect(await code({ ...add, from: builder, input: { title: 'Sell tea', ...decided } })).toBe('FORBIDDEN');
		expect(home.asked).toEqual([]);
		expect(await code({ ...edit, input: { item: 12, description: 'What was found out' } })).toBe('answered');
	});

	it('[I13] reads its own item alone on a machine that only works', async () => {
		const { code, seatPerson } = open({ holder: `${builder}.01234567.work` }, [{ by: 'user', who: 'ada' }]);
		const from = builder;
		expect(await code({ operation: 'item.show', input: { item: 12 }, from })).toBe('answered');
		for (const operation of ['item.list', 'item.search', 'project.status'] as const)
			expect(await code({ operation, input: operation === 'item.search' ? { words: 'x' } : {}, from })).toBe(
				'FORBIDDEN',
			);
		expect(await code({ operation: 'item.show', input: { item: 100 }, from })).toBe('FORBIDDEN');
		seatPerson();
		expect(await code({ operation: 'item.list', from })).toBe('answered');
	});

	it('[I11] adds at most so much for one item, over all of its tries', async () => {
		const mine = Array.from({ length: itemsAddedMax - 1 }, () => ({ by: 'agent', who: 'codex of #12' }));
		const { code } = open({}, [...mine, { by: 'agent', who: 'codex of #112' }]);
		const plan = (create: boolean) => ({
			operation: 'item.plan' as const,
			input: {
				create,
				subtasks: [
					{ id: 'a', title: 'A' },
					{ id: 'b', title: 'B' },
				],
			},
		});
		expect(await code(plan(true))).toBe('TOO_LARGE');
		expect(await code(plan(false))).toBe('answered');
		expect(await code(add)).toBe('answered');
		expect(await open({}, [...mine, ...mine]).code(add)).toBe('TOO_LARGE');
	});

	it('[I11] adds no more when it asks for many at once', async () => {
		const { home, answering, views, item } = open();
		const { 'item.add': handler } = home.handlers;
		if (handler === undefined) throw new Error('the home adds no items');
		const slow: typeof handler = async (...asked) => {
			const answer = await handler(...asked);
			const number = 100 + views.size;
			views.set(`k${number}`, { ...item, key: `k${number}`, number, origin: { by: 'agent', who: 'claude of #12' } });
			return answer;
		};
		const desk = new AgentDesk({ self, random: new SimRandom(1), rpc: { ask: notAsked }, homeOf: () => null });
		desk.serve({ ...answering, handlers: () => ({ ...home.handlers, 'item.add': slow }) });
		const grant = { project: shopId, key, token: [1, 7] as const, agent: 'claude' };
		const many = Array.from({ length: itemsAddedMax + 5 }, () => desk.answer({ ...add, grant, from: self }));
		const ended = await Promise.allSettled(many);
		expect(ended.filter(({ status }) => status === 'fulfilled')).toHaveLength(itemsAddedMax);
		expect(await desk.answer({ operation: 'item.list', input: {}, grant, from: self })).toContain('items');
	});

	it('[I11] holds what an item adds that an agent has added, so that it does not multiply', async () => {
		const { home, ask } = open({ origin: { by: 'agent', who: 'claude of #3' } });
		await ask({ ...add, input: { title: 'x', hold: false } });
		expect(home.asked.at(-1)?.args).toMatchObject({ hold: true });
	});
});
