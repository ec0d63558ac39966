import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sessions } from '../../../gateway/board/sessions.ts';
import { openSimStore, SimClock, SimLog } from '../../../shared/ports/sim/index.ts';
import { SystemRandom } from '../../../shared/ports/system/index.ts';
import { type ServedBoard, servedBoard } from './served-board.ts';

const random = new SystemRandom();
let served: ServedBoard;
beforeAll(async () => {
	served = await servedBoard();
});
afterAll(() => served[Symbol.asyncDispose]());

const add = { project: 'shop', title: 'x' };
const statusOf = async (response: Promise<Response>): Promise<number> => (await response).status;

describe('a link', () => {
	it('is good for one login, whose cookie no script can read and no other site sends', async () => {
		const code = served.board.codes.make({ person: 'ann', on: 'browser' }, 10, random);
		const response = await served.post('auth/login', { code });
		expect(response.status).toBe(200);
		expect(await response.json()).toEqual({ person: 'ann' });
		expect(response.headers.get('set-cookie')).toMatch(
			/^gangline-n[0-9a-f]{11}=[A-Za-z0-9_-]{43}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Strict$/,
		);
		const again = await served.post('auth/login', { code });
		expect(again.status).toBe(401);
		expect(await again.json()).toMatchObject({ error: { hint: expect.stringContaining('gangline board') } });
	});

	it('is too old after its minutes', async () => {
		const code = served.board.codes.make({ person: 'ann', on: 'browser' }, 10, random);
		await served.clock.advance(10 * 60_000);
		expect(await statusOf(served.post('auth/login', { code }))).toBe(401);
	});

	it('is refused to a page of another site and to what names no page', async () => {
		const code = served.board.codes.make({ person: 'ann', on: 'browser' }, 10, random);
		expect(await statusOf(served.post('auth/login', { code }, { origin: 'http://evil.example' }))).toBe(403);
		const bare = await fetch(`${served.url}/auth/login`, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ code }),
		});
		expect(bare.status).toBe(403);
		expect(await statusOf(served.post('auth/login', { code }))).toBe(200);
	});

	it('cannot be guessed for long', async () => {
		await using tried = await servedBoard();
		const guess = () => statusOf(tried.post('auth/login', { code: 'wrong' }));
		for (let count = 0; count < 10; count += 1) expect(await guess()).toBe(401);
		expect(await guess()).toBe(429);
		const code = tried.board.codes.make({ person: 'ann', on: 'browser' }, 30, random);
		expect(await statusOf(tried.post('auth/login', { code }))).toBe(429);
		await tried.clock.advance(10 * 60_000 + 1);
		expect(await statusOf(tried.post('auth/login', { code }))).toBe(200);
	});
});

describe('a session', () => {
	it('asks with the rights of its person, and writes only from our own page [I13]', async () => {
		const cookie = await served.login('ann');
		expect((await served.get('/v1/project.list', { cookie })).status).toBe(200);
		expect(await statusOf(served.post('v1/item.add', add, { cookie }))).toBe(200);
		expect(served.home.asked.at(-1)?.caller).toMatchObject({ person: 'ann', access: 'member' });
		expect(await statusOf(served.post('v1/item.add', add, { cookie, origin: 'null' }))).toBe(403);
		const bare = await fetch(`${served.url}/v1/item.add`, {
			method: 'POST',
			headers: { 'content-type': 'application/json', cookie },
			body: JSON.stringify(add),
		});
		expect(bare.status).toBe(403);
		const form = { cookie, 'content-type': 'text/plain' };
		expect(await statusOf(served.post('v1/item.add', add, form))).toBe(400);
	});

	it('of a viewer changes nothing, whatever it sends [I13]', async () => {
		const cookie = await served.login('bob');
		const before = served.home.asked.length;
		for (const name of ['item.add', 'item.edit', 'item.approve', 'item.delete', 'project.pause']) {
			expect(await statusOf(served.post(`v1/${name}`, add, { cookie })), name).toBe(403);
		}
		expect(served.home.asked.length).toBe(before);
	});

	it('that was revoked is nobody at once, and its stream of events ends', async () => {
		const before = served.board.sessions.list();
		const cookie = await served.login('ann');
		const stream = await fetch(`${served.url}/v1/events`, { headers: { cookie } });
		const reader = stream.body?.getReader();
		await reader?.read();
		const session = served.board.sessions.list().find((one) => !before.includes(one));
		if (session) await served.board.sessions.revoke(session);
		for (;;) {
			const { done } = (await reader?.read()) ?? { done: true };
			if (done) break;
		}
		expect((await served.get('/v1/project.list', { cookie })).status).toBe(401);
	});

	it('ends with a log-out, with its days, and with its person', async () => {
		await using own = await servedBoard();
		const [out, old, gone] = [await own.login('ada'), await own.login('ada'), await own.login('ann')];
		const response = await own.post('auth/logout', {}, { cookie: out });
		expect(response.headers.get('set-cookie')).toMatch(/Max-Age=0/);
		expect((await own.get('/v1/project.list', { cookie: out })).status).toBe(401);
		await own.remove('ann');
		expect((await own.get('/v1/project.list', { cookie: gone })).status).toBe(401);
		expect((await own.get('/v1/project.list', { cookie: old })).status).toBe(200);
		await own.clock.advance(30 * 24 * 60 * 60_000);
		expect((await own.get('/v1/project.list', { cookie: old })).status).toBe(401);
	});

	it('is kept over a restart as a hash, never as what the browser has', async () => {
		const store = await openSimStore();
		const [clock, log] = [new SimClock(), new SimLog()];
		const before = await Sessions.open(store, clock, log);
		const details = { browser: 'Tester', from: '127.0.0.1' };
		const secret = await before.begin({ person: 'ann', on: 'phone' }, details, random);
		expect(JSON.stringify(await store.list(''))).not.toContain(secret);
		const after = await Sessions.open(store, clock, log);
		expect(after.find(secret)).toMatchObject({ person: 'ann', on: 'phone', browser: 'Tester' });
		expect(after.find('x'.repeat(43))).toBeNull();
	});

	it('beyond the twentieth of a person ends the one that was not seen for longest', async () => {
		const sessions = await Sessions.open(await openSimStore(), new SimClock(), new SimLog());
		const begin = () => sessions.begin({ person: 'ann', on: 'browser' }, { browser: '', from: '' }, random);
		for (let count = 0; count < 25; count += 1) await begin();
		expect(sessions.list().length).toBe(20);
	});
});
