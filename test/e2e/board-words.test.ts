/** What a person has typed or ticked at the board is not lost, not sent twice and not sent elsewhere. */
import type { Page, Route } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BoardWorld, boardWorld } from '../support/board-world.ts';
import { hasBrowser } from '../support/browser.ts';

const soon = { timeout: 20_000 };

describe.skipIf(!hasBrowser)('words at the board, with Chromium (scripts/test --all)', () => {
	let board: BoardWorld;
	let project = '';
	let name = '';
	beforeAll(async () => {
		board = await boardWorld();
		[{ id: project = '' } = { id: '' }] = (await board.ask('project.list', {})).projects;
		const { item } = await board.ask('item.add', { project, title: 'Spoken about', hold: true });
		name = item.name.replace('#', '');
	});
	afterAll(() => board?.[Symbol.asyncDispose]());

	it('says words once, however often the key is pressed, and keeps them where they are refused or the page is left', async () => {
		const { page, close } = await board.visitor({ at: `p/shop/${name}` });
		const asked: Route[] = [];
		await page.route('**/v1/item.say', (route) => void asked.push(route));
		await page.getByRole('button', { name: 'Tell its agent…' }).click(soon);
		const words = page.getByRole('dialog').getByRole('textbox');
		await words.fill('mind the gap');
		for (let press = 0; press < 3; press += 1) await words.press('Control+Enter');
		await expect.poll(() => asked.length, soon).toBe(1);
		await refuse(asked[0]);
		await page.getByText('not now').waitFor(soon);
		expect(asked).toHaveLength(1);
		expect(await words.inputValue()).toBe('mind the gap');
		await page.reload();
		await page.getByRole('button', { name: 'Tell its agent…' }).click(soon);
		expect(await words.inputValue()).toBe('mind the gap');
		await page.unroute('**/v1/item.say');
		await words.press('Control+Enter');
		await page.getByRole('dialog').waitFor({ state: 'detached', ...soon });
		await page.getByRole('button', { name: 'Tell its agent…' }).click(soon);
		expect(await words.inputValue()).toBe('');
		await close();
	});

	it('keeps a reason and a title that were refused', async () => {
		const { page, close } = await board.visitor({ at: `p/shop/${name}` });
		await page.route(/v1\/item\.(move|edit)$/, (route) => refuse(route));
		await choose(page, 'Turn down…');
		const reason = page.getByRole('dialog').getByRole('textbox');
		await reason.fill('too early');
		await reason.press('Enter');
		await page.getByText('not now').waitFor(soon);
		expect(await reason.inputValue()).toBe('too early');
		await page.keyboard.press('Escape');
		await page.getByRole('button', { name: 'Edit the title' }).click();
		const title = page.getByLabel('Title', { exact: true });
		await title.fill('Spoken about at length');
		await title.press('Enter');
		await expect.poll(() => title.inputValue(), soon).toBe('Spoken about at length');
		await close();
	});

	it('keeps what was ticked for a new item when another project is chosen', async () => {
		const { page, close } = await board.visitor();
		const { projects } = await board.ask('project.list', {});
		const attic = { ...projects[0], id: '01ARZ3NDEKTSV4RRFFQ69G5FAV', name: 'attic' };
		await page.route('**/v1/project.list', (route) => route.fulfill({ json: { projects: [...projects, attic] } }));
		await page.goto(new URL('/p/shop/new', page.url()).href);
		const hold = page.getByLabel('Hold: do not start it by itself');
		await hold.check(soon);
		await page.getByLabel('Labels').fill('later');
		await page.getByLabel('Project', { exact: true }).selectOption('attic', soon);
		expect(await hold.isChecked()).toBe(true);
		expect(await page.getByLabel('Labels').inputValue()).toBe('later');
		await page.goto(new URL('/p/gone/new', page.url()).href);
		await page.getByRole('heading', { name: 'That project is not here' }).waitFor(soon);
		await close();
	});

	it('loses no settings that are being written, though reading them anew fails', async () => {
		const { page, close } = await board.visitor();
		await page.goto(new URL('/projects', page.url()).href);
		await page.getByText('Settings', { exact: true }).click(soon);
		const change = page.getByRole('button', { name: 'Change…' });
		await change.waitFor(soon);
		const asked = Promise.withResolvers<Route>();
		await page.route('**/v1/project.settings', (route) => asked.resolve(route));
		await change.click();
		const text = page.getByRole('dialog').getByRole('textbox');
		const write = async (): Promise<void> => text.fill('mine', soon);
		// Whichever comes first: words before the answer must outlive it.
		const isOpen = await Promise.race([
			text.waitFor(soon).then(() => true),
			asked.promise.then(() => text.isVisible()),
		]);
		if (isOpen) await write();
		await refuse(await asked.promise);
		if (isOpen) expect(await text.inputValue({ timeout: 5_000 })).toBe('mine');
		else await page.getByText('not now').waitFor(soon);
		await page.unroute('**/v1/project.settings');
		if (!isOpen) await change.click();
		await write();
		expect(await text.inputValue()).toBe('mine');
		await close();
	});

	it('goes to the content by the first key, on the page where one is', async () => {
		const { page, close } = await board.visitor({ at: `p/shop/${name}` });
		await page.getByRole('heading', { name: 'Spoken about' }).waitFor(soon);
		await page.keyboard.press('Tab');
		await page.keyboard.press('Enter');
		await page.locator('#view:focus').waitFor(soon);
		expect(new URL(page.url()).pathname).toBe(`/p/shop/${name}`);
		await close();
	});
});

async function choose(page: Page, entry: string): Promise<void> {
	await page.getByRole('button', { name: /^What to do with/ }).click(soon);
	await page.getByRole('menuitem', { name: entry }).click(soon);
}

async function refuse(route: Route | undefined): Promise<void> {
	const error = { code: 'REFUSED', message: 'not now', hint: null };
	await route?.fulfill({ status: 409, json: { error } });
}
