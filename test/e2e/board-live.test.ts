/** The board while the world is bad: two people in one text, a line that is slow or gone, a gateway and a home away. */
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askOver } from '../support/board.ts';
import { type BoardWorld, boardWorld } from '../support/board-world.ts';
import { hasBrowser } from '../support/browser.ts';
import { openTcpProxy } from '../support/tcp-proxy.ts';

/** Whatever comes a moment later is waited for; none of it takes so long. */
const soon = { timeout: 90_000 };

describe.skipIf(!hasBrowser)('a live board, with Chromium (scripts/test --all)', () => {
	let board: BoardWorld;
	let project = '';
	let at = '';
	beforeAll(async () => {
		board = await boardWorld();
		await board.ask('person.add', { id: 'ann', access: 'member' });
		[{ id: project = '' } = { id: '' }] = (await board.ask('project.list', {})).projects;
		const { item } = await board.ask('item.add', { project, title: 'Written together', hold: true });
		at = `p/shop/${item.name.replace('#', '')}`;
	});
	afterAll(() => board?.[Symbol.asyncDispose]());

	const written = async (): Promise<string> => {
		const { items } = await board.world.untilBoard(board.shop, (now) => now.items.length > 0);
		const item = items.find(({ title }) => title === 'Written together')?.key ?? '';
		return (await askOver(board.world.state, 'item.show', { project, item })).item.description;
	};

	it('merges what two people write into one description, and shows who else is there', async () => {
		const [owner, ann] = [await board.visitor({ at }), await board.visitor({ at, person: 'ann' })];
		const [first, second] = [await textField(owner.page), await textField(ann.page)];
		await first.pressSequentially('from the owner ');
		await holds(second, 'from the owner');
		await second.press('Control+End');
		await second.pressSequentially('and from ann');
		await holds(first, 'and from ann');
		await owner.page.getByLabel('Who else is here').getByText('ann').waitFor();
		await expect.poll(written, soon).toContain('from the owner and from ann');
		expect([...owner.troubles, ...ann.troubles]).toEqual([]);
		await owner.close();
		await ann.close();
	});

	it('keeps what was written while the line was cut, also in a page opened anew, and merges it', async () => {
		await using line = await openTcpProxy({ port: Number(new URL(board.origin()).port) });
		const away = await board.visitor({ at, port: line.port });
		const here = await board.visitor({ at, person: 'ann' });
		const [cut, whole] = [await textField(away.page), await textField(here.page)];
		const cutLine = async (): Promise<void> => {
			line.freeze();
			line.cut();
			await away.page.getByText(/Not connected|Kept in this browser/).waitFor(soon);
		};
		await cutLine();
		await cut.press('Control+End');
		await cut.pressSequentially(' [offline]');
		await whole.press('Control+Home');
		await whole.pressSequentially('[meanwhile] ');
		await away.page.getByText('Kept in this browser').waitFor(soon);
		expect(await whole.inputValue()).not.toContain('[offline]');
		line.thaw();
		await holds(whole, '[offline]');
		await holds(cut, '[meanwhile]');
		await away.page.getByText('Kept in this browser').waitFor({ state: 'detached', ...soon });
		await cutLine();
		await cut.press('Control+End');
		await cut.pressSequentially(' [closed]');
		await away.page.getByText('Kept in this browser').waitFor(soon);
		const address = away.page.url();
		await away.page.close();
		line.thaw();
		await (await away.context.newPage()).goto(address, soon);
		await holds(whole, '[closed]');
		await away.close();
		await here.close();
	});

	it('comes back by itself after a restart of the gateway, says that it was away, and loses nothing', async () => {
		const { page, context, close } = await board.visitor();
		const item = await context.newPage();
		await item.goto(new URL(`/${at}`, page.url()).href);
		const text = await textField(item);
		await page.getByText('Live', { exact: true }).first().waitFor();
		await board.world.ok(board.shop, 'gateway', 'stop');
		const said = page.getByRole('alert').getByText('Reconnecting');
		await said.waitFor(soon);
		await text.press('Control+End');
		await text.pressSequentially(' [while it was away]');
		await askOver(board.world.state, 'item.add', { project, title: 'Added while it was away', hold: true });
		await board.world.ok(board.shop, 'gateway', 'start');
		await page.getByText('Added while it was away').first().waitFor(soon);
		await said.waitFor({ state: 'detached', ...soon });
		await expect.poll(written, soon).toContain('[while it was away]');
		await close();
	});

	it('is of use over a slow line', async () => {
		const { page, context, close } = await board.visitor();
		const devtools = await context.newCDPSession(page);
		await devtools.send('Network.enable');
		await devtools.send('Network.emulateNetworkConditions', {
			...{ offline: false, latency: 300, downloadThroughput: 50_000, uploadThroughput: 20_000 },
		});
		await page.reload(soon);
		await page.getByRole('link', { name: 'Written together' }).click(soon);
		await textField(page);
		await page.getByText('Live', { exact: true }).first().waitFor(soon);
		await close();
	});

	it('shows what was there, and a wish as tentative, while the home is away', async () => {
		const { page, close } = await board.visitor();
		await page.getByText('Written together').first().waitFor();
		const home = board.world.pid();
		if (home === null) throw new Error('the node left no note of itself');
		process.kill(home, 'SIGKILL');
		const away = page.getByText(/its home .+ is away/);
		await away.waitFor(soon);
		await page.getByText('Written together').first().waitFor();
		await page.getByRole('link', { name: 'New item' }).first().click();
		await page.getByLabel('What is wanted, in one line').fill('Said without a home');
		await page.getByLabel('Hold: do not start it by itself').check();
		await page.getByRole('button', { name: 'Add' }).click();
		const tentative = page.getByText('Tentative', { exact: true });
		await tentative.waitFor(soon);
		await board.world.ok(board.shop, 'start');
		await tentative.waitFor({ state: 'detached', ...soon });
		await page.keyboard.press('Escape');
		await page.getByText('Said without a home').first().waitFor(soon);
		await away.waitFor({ state: 'detached', ...soon });
		await close();
	});
});

/** The description, once it can be written: before that it shows what the item was added with. */
async function textField(page: Page): Promise<Locator> {
	const field = page.locator('#description:not([readonly])');
	await field.waitFor(soon);
	return field;
}

async function holds(field: Locator, words: string): Promise<void> {
	await expect.poll(() => field.inputValue(), soon).toContain(words);
}
