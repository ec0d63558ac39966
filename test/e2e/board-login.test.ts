/** Who gets in at the board, in a real browser: links, sessions, viewers, and pages of other programs on this machine. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Result } from '../../shared/operations/index.ts';
import { type BoardWorld, boardWorld } from '../support/board-world.ts';
import { hasBrowser } from '../support/browser.ts';

describe.skipIf(!hasBrowser)('a login at the board, with Chromium (scripts/test --all)', () => {
	let board: BoardWorld;
	beforeAll(async () => {
		board = await boardWorld();
		await board.world.ok(board.shop, 'person', 'add', 'vera', '--access', 'viewer');
	});
	afterAll(() => board?.[Symbol.asyncDispose]());

	it('is made by a link, once; without one the page asks for it', async () => {
		const link = await board.link();
		const { page, troubles, close } = await board.browser.person();
		await page.goto(new URL('/', link).href);
		await page.waitForURL(/\/login/);
		await page.getByLabel('Code').fill(link);
		await page.getByRole('button', { name: 'Log in' }).click();
		await page.waitForURL((url) => !url.pathname.endsWith('/login'));
		expect(await page.evaluate('document.cookie')).toBe('');
		expect(troubles).toEqual([]);
		await close();
		const second = await board.browser.person();
		await second.page.goto(link);
		await second.page.getByText('no longer good').waitFor();
		expect(new URL(second.page.url()).hash).toBe('');
		await second.close();
	});

	for (const colorScheme of ['light', 'dark'] as const) {
		it(`has nothing that axe objects to, ${colorScheme}`, async () => {
			const { page, axe, close } = await board.browser.person({ colorScheme });
			await page.goto(new URL('/login', await board.link()).href);
			expect(await axe()).toEqual([]);
			await close();
		});
	}

	it('[I13] gives a viewer nothing to write with, neither by requests nor by frames made by hand', async () => {
		await board.world.add(board.shop, 'Look at me', 'echo > seen');
		const { page, close } = await board.visitor({ person: 'vera' });
		const asked = async (name: string, input: object): Promise<number> =>
			page.evaluate(
				async ([path, body]) => {
					const headers = { 'content-type': 'application/json' };
					return (await fetch(path as string, { method: 'POST', headers, body: body as string })).status;
				},
				[`/v1/${name}`, JSON.stringify(input)],
			);
		expect(await asked('session.self', {})).toBe(200);
		for (const name of [
			'item.add',
			'item.edit',
			'item.move',
			'item.delete',
			'item.approve',
			'person.add',
			'board.open',
		]) {
			expect(await asked(name, {}), name).toBe(403);
		}
		expect(await asked('session.link', { person: 'root' })).not.toBe(200);
		const shown = await board.world.untilBoard(board.shop, ({ items }) => items.length > 0);
		const [item] = shown.items;
		const closeCode = await page.evaluate(
			(address) =>
				new Promise((resolve) => {
					const socket = new WebSocket(address);
					// A sync message with an update: kind 0, step 2, two bytes that change nothing.
					socket.onopen = () => socket.send(new Uint8Array([0, 2, 2, 0, 0]));
					socket.onclose = ({ code }) => resolve(code);
				}),
			new URL(`/sync/${item?.project}/text/${item?.key}`, page.url().replace('http', 'ws')).href,
		);
		expect(closeCode).toBe(4403);
		await close();
	});

	it('is of no use to a page of another program on this machine', async () => {
		const got: string[] = [];
		const other = createServer((request, response) => {
			got.push(request.headers.cookie ?? '');
			response.setHeader('content-type', 'text/html').end('<!doctype html><title>other</title>');
		});
		await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
		const { page, close } = await board.visitor();
		const home = new URL(page.url()).origin;
		await page.goto(`http://localhost:${(other.address() as AddressInfo).port}/`);
		const outcomes = await page.evaluate(async (target) => {
			const post = { method: 'POST', credentials: 'include' as const, headers: { 'content-type': 'application/json' } };
			const read = await fetch(`${target}/v1/session.self`, { credentials: 'include' }).then(String, () => 'refused');
			const write = await fetch(`${target}/v1/item.add`, { ...post, body: '{}' }).then(String, () => 'refused');
			const socket = await new Promise((resolve) => {
				const line = new WebSocket(`${target.replace('http', 'ws')}/sync/x`);
				line.onopen = () => resolve('open');
				line.onerror = () => resolve('refused');
			});
			return [read, write, socket];
		}, home);
		expect(outcomes).toEqual(['refused', 'refused', 'refused']);
		// The page and what a browser asks for besides.
		expect(new Set(got)).toEqual(new Set(['']));
		await close();
		other.close();
		other.closeAllConnections();
	});

	it('ends at once where it was revoked, and the page asks to log in', async () => {
		const { page, close } = await board.visitor();
		const { sessions } = await board.world.json<Result<'session.list'>>(board.shop, 'session', 'list');
		await board.world.ok(board.shop, 'session', 'revoke', sessions[0]?.id ?? '');
		await page.waitForURL(/\/login/);
		await close();
	});
});
