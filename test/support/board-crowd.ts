/**
 * As many items as a large project has open, and a log as long as an agent writes in hours, in front of a page: what a
 * gateway would answer is answered for it, so that what is looked at is the page.
 */
import type { Locator, Page } from 'playwright-core';
import type { ItemAnswer } from '../../shared/operations/index.ts';
import type { BoardWorld } from './board-world.ts';

export const crowdItems = 5_000;
export const crowdLines = 100_000;

export interface Crowd {
	/** The list of the first lane, drawn. */
	showLane(): Promise<Locator>;
	/** The lines of the log, drawn, at their end. */
	showLog(): Promise<Locator>;
}

/** `board` has one item at least, with a log. */
export async function crowdAt(page: Page, board: BoardWorld): Promise<Crowd> {
	const { items, ...whole } = await board.world.untilBoard(board.shop, (now) => now.items.length > 0);
	const [item] = items;
	const log = await board.ask('item.logs', { project: whole.project.id, item: item?.key ?? '' });
	const line = { run: log.run?.id ?? '', at: 1, source: 'agent', stream: 'stdout' };
	const lines = Array.from({ length: crowdLines }, (_, index) => ({ ...line, seq: index + 1, text: `${index}` }));
	const crowd = { ...whole, items: crowdOf(item) };
	await page.route(/\/v1\/project\.status/, (route) => route.fulfill({ json: crowd }));
	await page.route(/\/v1\/item\.logs/, (route) => route.fulfill({ json: { ...log, lines } }));
	return {
		async showLane() {
			await page.goto(new URL('/', page.url()).href);
			await page.getByText('Item 1 of many').first().waitFor();
			return page.locator('[data-lane-list=backlog]');
		},
		async showLog() {
			await page.goto(new URL(`/p/shop/${item?.name.replace('#', '')}/log`, page.url()).href);
			const text = page.locator(`.log-lines[data-lines="${crowdLines}"]`);
			await text.locator('.log-line').first().waitFor();
			return text;
		},
	};
}

/** In every column. */
function crowdOf(item: ItemAnswer | undefined): readonly unknown[] {
	const columns = ['backlog', 'coding', 'qa', 'merge', 'done'];
	return Array.from({ length: crowdItems }, (_, index) => {
		const column = columns[index % columns.length] ?? 'backlog';
		const stage = column === 'qa' ? 'reviewHold' : column;
		const name = { key: `K${index + 1}`, number: index + 1, name: `#${index + 1}`, alias: null };
		return { ...item, ...name, title: `Item ${index + 1} of many`, column, stage, needsYou: null, holder: null };
	});
}

export async function middleOf(list: Locator): Promise<{ readonly x: number; readonly y: number }> {
	const box = await list.boundingBox();
	if (box === null) throw new Error('the list is not drawn');
	return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

export async function topOf(list: Locator): Promise<number> {
	return list.evaluate((element: { readonly scrollTop: number }) => Math.round(element.scrollTop));
}

/** Takes the card that is in the middle of a lane over the others and puts it back. */
export async function dragAbout(page: Page, list: Locator): Promise<void> {
	const { x, y } = await middleOf(list);
	await page.mouse.move(x, y);
	await page.mouse.down();
	for (let step = 0; step < 60; step += 1) await page.mouse.move(x + step * 8, y + (step % 20) * 8);
	await page.locator('.lane[data-drop]').first().waitFor();
	await page.mouse.move(x, y);
	await page.mouse.up();
	await page.locator('.lane[data-drop]').first().waitFor({ state: 'detached' });
}
