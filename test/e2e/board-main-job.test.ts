/** The main job in a browser: what is wanted is said, looked at, approved and landed by clicks, and by keys alone. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Board, Result } from '../../shared/operations/index.ts';
import { type BoardWorld, boardWorld } from '../support/board-world.ts';
import { hasBrowser } from '../support/browser.ts';

const script = (line: string): string => `\`\`\`sh\n${line}\n\`\`\`\n`;
const stageOf = ({ items }: Board, title: string): string | undefined =>
	items.find((item) => item.title === title)?.stage;

describe.skipIf(!hasBrowser)('the main job at the board, with Chromium (scripts/test --all)', () => {
	let board: BoardWorld;
	beforeAll(async () => {
		board = await boardWorld({ withAgent: true });
	});
	afterAll(() => board?.[Symbol.asyncDispose]());

	const inReview = (title: string): Promise<Board> =>
		board.world.untilBoard(board.shop, (now) => stageOf(now, title) === 'reviewHold', 90);
	const landed = (title: string): Promise<Board> =>
		board.world.untilBoard(board.shop, (now) => stageOf(now, title) === 'done', 90);

	it('[I9] goes from the link to the first landed item by clicks alone', async () => {
		const { page, troubles, close } = await board.visitor();
		await page.getByRole('link', { name: 'New item' }).first().click();
		await page.getByLabel('What is wanted, in one line').fill('Say hello');
		await page.getByLabel('Description').fill(script('echo hello > hello.txt'));
		await page.getByRole('button', { name: 'Add' }).click();
		await page.getByRole('link', { name: /^Change/ }).click();
		await page.getByRole('button', { name: /^Approve/ }).click({ timeout: 90_000 });
		await landed('Say hello');
		await board.world.untilForwarded(board.shop);
		expect(board.world.git(board.shop, 'log', '-1', '--format=%s')).toBe('Say hello');
		expect(troubles).toEqual([]);
		await close();
	});

	it('is done by keys alone', async () => {
		const { page, close } = await board.browser.person();
		const link = await board.link();
		await page.goto(new URL('/', link).href);
		await page.waitForURL(/\/login/);
		await page.getByLabel('Code').waitFor();
		await page.keyboard.press('Tab');
		await page.getByLabel('Code').and(page.locator(':focus')).waitFor();
		await page.keyboard.insertText(link);
		await page.keyboard.press('Enter');
		await page.getByRole('link', { name: 'New item' }).first().waitFor();
		await page.keyboard.press('?');
		const help = page.getByRole('dialog', { name: 'Keyboard' });
		await help.getByText('New item').waitFor();
		await page.keyboard.press('Escape');
		await help.waitFor({ state: 'detached' });
		await page.keyboard.press('c');
		await page.getByLabel('What is wanted, in one line').waitFor();
		await page.keyboard.type('By keys');
		await page.keyboard.press('Tab');
		await page.keyboard.insertText(script('echo keys > keys.txt'));
		await page.keyboard.press('Control+Enter');
		await page.getByRole('link', { name: /^Change/ }).waitFor();
		await inReview('By keys');
		for (const name of [/^Change/, /^Approve/]) {
			const target = page.getByRole(name.source === '^Change' ? 'link' : 'button', { name });
			await target.waitFor({ timeout: 60_000 });
			await tabTo(page, name);
			await page.keyboard.press('Enter');
		}
		await landed('By keys');
		await close();
	});

	it('is found, looked at and moved by keys alone, and every dialog and menu gives the focus back', async () => {
		for (const title of ['Pay by card', 'Pay later'])
			await board.ask('item.add', { project: 'shop', title, hold: true });
		const { page, close } = await board.visitor();
		const card = page.getByRole('article', { name: /Pay by card/ });
		await card.waitFor();
		await page.keyboard.press('/');
		await page.keyboard.type('by card');
		await page.getByRole('article', { name: /Pay later/ }).waitFor({ state: 'detached' });
		await tabTo(page, /^Pay by card$/);
		await page.keyboard.press('m');
		await page.getByRole('menu').waitFor();
		await page.keyboard.press('Escape');
		await card
			.getByRole('button', { name: /^What to do with/ })
			.and(page.locator(':focus'))
			.waitFor();
		await page.keyboard.press('Enter');
		await chooseByKeys(page, /^Block/);
		await page.getByRole('dialog').waitFor();
		await page.keyboard.press('Escape');
		await page.getByRole('dialog').waitFor({ state: 'detached' });
		await card.locator(':focus').waitFor();
		await page.keyboard.press('m');
		await chooseByKeys(page, /^Block/);
		await page.keyboard.type('waits for the bank');
		await page.keyboard.press('Control+Enter');
		const moved = page.getByRole('region', { name: /^Needs you/ }).getByRole('article', { name: /Pay by card/ });
		await moved.locator('a.title:focus').waitFor();
		await page.keyboard.press('ArrowDown');
		await page.locator('.card a.title:focus').waitFor();
		await page.keyboard.press('?');
		await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
		await page.keyboard.press('Escape');
		await page.locator('.card a.title:focus').waitFor();
		await page.keyboard.press('g');
		await page.keyboard.press('u');
		await page.getByRole('heading', { name: 'People' }).waitFor();
		await close();
	});

	it('[I9] changes a setting: written at the board, judged and looked at like any change', async () => {
		const { page, axe, close } = await board.visitor({ at: 'projects' });
		await page.getByText('Settings', { exact: true }).click();
		await page.getByRole('button', { name: 'Change…' }).click();
		const dialog = page.getByRole('dialog', { name: 'Settings of shop' });
		const file = dialog.getByLabel('.gangline/project.toml');
		const text = await file.inputValue();
		const check = dialog.getByRole('button', { name: 'Check and show what differs' });
		await file.fill(text.replace(/^slots = .*$/m, 'slots = "many"'));
		await check.click();
		await dialog.getByText(/project\.toml:\d+:\d+: work\.slots is "many"/).waitFor();
		await file.fill(text.replace(/^slots = .*$/m, 'slots = 7'));
		await check.click();
		await dialog.getByText('+slots = 7').waitFor();
		expect(await axe()).toEqual([]);
		await dialog.getByRole('button', { name: 'Make it an item' }).click();
		await page.getByRole('link', { name: /^Change/ }).click();
		await page.getByRole('button', { name: /^Approve/ }).click({ timeout: 90_000 });
		await landed('Change settings: work.slots');
		const { settings } = await board.ask('project.settings', { project: 'shop' });
		expect(settings.work.slots).toBe(7);
		await close();
	});

	it('[I13] answers what an agent asks, one tap away from the lane of what needs a person', async () => {
		await board.world.ok(board.shop, 'add', 'Ask first', '--description', 'FAKE:asks');
		const { page, axe, close } = await board.visitor({ options: { viewport: { width: 390, height: 664 } } });
		const card = page.getByRole('article', { name: /Ask first/ });
		await card.getByText('Asks you').waitFor({ timeout: 90_000 });
		await card.getByRole('link', { name: 'Ask first' }).click();
		const asking = page.getByRole('region', { name: 'What its agent asks' });
		await asking.getByText('Bash curl https://example.org/').waitFor();
		expect(await axe()).toEqual([]);
		await asking.getByRole('button', { name: 'Allow' }).click();
		await asking.waitFor({ state: 'detached', timeout: 60_000 });
		await inReview('Ask first');
		await close();
	});

	it("answers an agent's own question in words", async () => {
		await board.world.ok(board.shop, 'add', 'Choose a drink', '--description', 'FAKE:person');
		const { page, axe, close } = await board.visitor();
		const card = page.getByRole('article', { name: /Choose a drink/ });
		await card.getByText('asks: Tea or coffee?').waitFor({ timeout: 90_000 });
		await card.getByRole('link', { name: 'Choose a drink' }).click();
		const asking = page.getByRole('region', { name: 'What its agent asks' });
		await asking.getByText('Tea or coffee?', { exact: true }).waitFor();
		expect(await axe()).toEqual([]);
		await asking.getByLabel('Your answer').fill('coffee, black');
		await asking.getByRole('button', { name: 'Answer' }).click();
		await asking.waitFor({ state: 'detached', timeout: 60_000 });
		await inReview('Choose a drink');
		await close();
	});

	it('[I9] refuses an approval of a change that has moved, and shows the one that is there now', async () => {
		const title = 'Moving target';
		await board.world.add(board.shop, title, 'git log --all --format=%H | wc -l > moving.txt; date +%N >> moving.txt');
		const shown = await inReview(title);
		const key = shown.items.find((item) => item.title === title)?.key ?? '';
		const { page, close } = await board.visitor();
		const project = shown.project.id;
		// The page is slow: what it was told of the first result reaches it when the second is there.
		const old = await diffOf(board, key);
		await board.world.ok(board.shop, 'reject', old.item.name.replace('#', ''), 'once more');
		await board.world.untilBoard(board.shop, (now) => stageOf(now, title) !== 'reviewHold');
		await inReview(title);
		const now = await diffOf(board, key);
		expect(now.binding.branch).not.toBe(old.binding.branch);
		let asked = 0;
		await page.route(/\/v1\/item\.diff/, async (route) => {
			asked += 1;
			await (asked === 1 ? route.fulfill({ json: old }) : route.continue());
		});
		await page.goto(new URL(`/p/${project}/${old.item.name.replace('#', '')}/diff`, page.url()).href);
		await page.getByRole('button', { name: `Approve ${old.binding.branch.slice(0, 7)}` }).click();
		await page.getByRole('alert').getByText('the change moved while you looked at it').waitFor();
		await page.getByRole('button', { name: `Approve ${now.binding.branch.slice(0, 7)}` }).click();
		await landed(title);
		await close();
	});
});

async function diffOf(board: BoardWorld, key: string): Promise<Result<'item.diff'>> {
	return board.world.json(board.shop, 'diff', key);
}

/** Goes down an open menu to the entry of that name, and takes it. */
async function chooseByKeys(page: Page, name: RegExp): Promise<void> {
	await page.getByRole('menu').waitFor();
	for (let presses = 0; presses < 20; presses += 1) {
		const focused = await page.evaluate('document.activeElement?.textContent ?? ""');
		if (name.test(String(focused).trim())) return page.keyboard.press('Enter');
		await page.keyboard.press('ArrowDown');
	}
	throw new Error(`no entry of the menu is called ${name}`);
}

/** Presses Tab until what has the focus is called so, as who has no mouse does. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
	for (let presses = 0; presses < 80; presses += 1) {
		await page.keyboard.press('Tab');
		const focused = await page.evaluate('document.activeElement?.textContent ?? ""');
		if (name.test(String(focused).trim())) return;
	}
	throw new Error(`80 presses of Tab do not reach ${name}`);
}
