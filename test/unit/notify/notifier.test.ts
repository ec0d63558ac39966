import { afterEach, describe, expect, it } from 'vitest';
import { Notifier } from '../../../gateway/notify/index.ts';
import { planMessages, type Waiting } from '../../../gateway/notify/plan.ts';
import { openSimStore, SimClock, SimDisk, SimLog } from '../../../shared/ports/sim/index.ts';
import { type NtfyServer, openNtfyServer } from '../../support/ntfy-server.ts';

const item = (number: number, words = 'approve it'): Waiting => ({
	key: `shop/${number}`,
	title: `shop #${number} Größe`,
	words,
	path: `p/shop/${number}`,
});

describe('what is told', () => {
	it('is what is new or has other words, and nothing twice', () => {
		const told = { 'shop/1': 'approve it', 'shop/2': 'answer it' };
		const { messages, over } = planMessages([item(1), item(2, 'look at the failure'), item(3)], told);
		expect(messages.map(({ path }) => path)).toEqual(['p/shop/2', 'p/shop/3']);
		expect(over).toEqual([]);
	});

	it('is told again when it comes back', () => {
		expect(planMessages([], { 'shop/1': 'approve it' })).toEqual({ messages: [], over: ['shop/1'] });
		expect(planMessages([item(1)], {}).messages.length).toBe(1);
	});

	it('[I15] is remembered in few characters, however long the words are, and told once', () => {
		const long = 'a gate failed: '.repeat(200);
		const [message] = planMessages([item(1, long)], {}).messages;
		expect(message?.text).toBe(long);
		expect(message?.tells['shop/1']?.length).toBeLessThan(70);
		expect(planMessages([item(1, long)], message?.tells ?? {}).messages).toEqual([]);
		// As a version before this one remembered it.
		expect(planMessages([item(1, long)], { 'shop/1': long }).messages).toEqual([]);
		expect(planMessages([item(1, `${long}!`)], message?.tells ?? {}).messages.length).toBe(1);
	});

	it('is one message where there is much', () => {
		const all = Array.from({ length: 12 }, (_, at) => item(at));
		const { messages } = planMessages(all, {});
		expect(messages.length).toBe(1);
		expect(messages[0]?.title).toBe('12 things need you');
		expect(messages[0]?.text).toMatch(/and 4 more$/);
		expect(Object.keys(messages[0]?.tells ?? {}).length).toBe(12);
	});
});

describe('the notifier', () => {
	let server: NtfyServer | null = null;
	afterEach(() => server?.[Symbol.asyncDispose]());

	async function opened(waiting: Waiting[]) {
		server = await openNtfyServer();
		const store = await openSimStore();
		const [clock, log] = [new SimClock(), new SimLog()];
		const open = () =>
			Notifier.open({ store, clock, log, waiting: () => waiting, base: () => 'https://board.example.org/g' });
		return { server, clock, log, open };
	}

	it('sends what an ntfy server takes: title in any language, words, and where it is', async () => {
		const { server, clock, open } = await opened([item(1)]);
		const notifier = await open();
		await notifier.change({ url: `${server.url}/my-topic`, token: null });
		await clock.advance(2_000);
		await server.arrived(1);
		expect(server.published).toEqual([
			{
				topic: 'my-topic',
				title: 'shop #1 Größe',
				message: 'approve it',
				click: 'https://board.example.org/g/p/shop/1',
			},
		]);
		await notifier.stop();
		expect(notifier.status).toMatchObject({ trouble: null, lastSentAt: expect.any(Number) });
	});

	it('[I6] tells nothing twice over a restart, and tries again what could not be sent', async () => {
		const waiting = [item(1)];
		const { server, clock, open } = await opened(waiting);
		const first = await open();
		await first.change({ url: `${server.url}/my-topic`, token: 'tk_secret' });
		server.token = 'tk_secret';
		await clock.advance(2_000);
		await server.arrived(1);
		await first.stop();
		waiting.push(item(2));
		server.refuses = 429;
		const second = await open();
		await clock.advance(2_000);
		await expect.poll(() => second.status.trouble).toMatch(/answered 429/);
		expect(JSON.stringify(second.status)).not.toContain('tk_secret');
		server.refuses = null;
		await clock.advance(30_000);
		await server.arrived(2);
		await second.stop();
		expect(server.published.map(({ click }) => click)).toEqual([
			'https://board.example.org/g/p/shop/1',
			'https://board.example.org/g/p/shop/2',
		]);
	});

	async function told(more: { readonly disk?: SimDisk } = {}) {
		const disk = more.disk ?? new SimDisk();
		const clock = new SimClock();
		const sent: string[] = [];
		const gates = { send: async (): Promise<void> => {} };
		const waiting = [item(1)];
		const notifier = await Notifier.open({
			...{ store: await openSimStore(disk), clock, log: new SimLog(), waiting: () => waiting, base: () => 'b' },
			send: async (_, { click }) => {
				sent.push(click ?? '');
				await gates.send();
			},
		});
		await notifier.change({ url: 'https://ntfy.example.org/t', token: null });
		return { disk, clock, sent, gates, waiting, notifier };
	}

	it('rings no phone again and again where what was told cannot be kept', async () => {
		const { disk, clock, sent } = await told();
		disk.failNextSync(new Error('no space left on device'));
		for (let round = 0; round < 5; round += 1) await clock.advance(30_000);
		expect(sent).toEqual(['b/p/shop/1']);
	});

	it('tells what came up while it was sending soon, not with the next round', async () => {
		const { clock, sent, gates, waiting, notifier } = await told();
		const slow = Promise.withResolvers<void>();
		gates.send = () => slow.promise;
		await clock.advance(2_000);
		expect(sent).toHaveLength(1);
		waiting.push(item(2));
		notifier.poke();
		slow.resolve();
		await clock.advance(0);
		await clock.advance(3_000);
		expect(sent).toEqual(['b/p/shop/1', 'b/p/shop/2']);
	});

	it('tells nobody any more once a person has said so, also in the middle of several', async () => {
		const { clock, sent, gates, waiting, notifier } = await told();
		waiting.push(item(2), item(3));
		gates.send = () => notifier.change(null);
		await clock.advance(60_000);
		await notifier.stop();
		expect(sent).toHaveLength(1);
	});

	it('says why a message did not arrive when a person tries', async () => {
		const { server, open } = await opened([]);
		const notifier = await open();
		expect(await notifier.test()).toBe(false);
		server.token = 'other';
		await notifier.change({ url: `${server.url}/my-topic`, token: 'wrong' });
		await expect(notifier.test()).rejects.toMatchObject({ code: 'REMOTE_FAILED', message: /answered 403/ });
		await notifier.stop();
	});
});
