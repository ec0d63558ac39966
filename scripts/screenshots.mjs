/**
 * The pictures of the README, taken of a real board: items are done by scripts, one has landed, one waits for a person,
 * one runs, one failed, others wait for them. Each picture is taken when what it is to show is there.
 */
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { boardWorld } from '../test/support/board-world.ts';

const folder = fileURLToPath(new URL('../gateway/web/pictures', import.meta.url));
const soon = { timeout: 240_000 };
const wide = { viewport: { width: 1460, height: 780 }, colorScheme: 'light' };
const phone = { viewport: { width: 390, height: 664 }, isMobile: true, hasTouch: true, colorScheme: 'dark' };

/** Title, what does it, and what else is said of it. */
const work = [
	[
		'Show prices with their currency',
		"sed -i \"s/toFixed(2)/toFixed(2) + ' EUR'/\" price.mjs; sed -i \"s/00'/00 EUR'/; s/05'/05 EUR'/\" test/*.mjs",
	],
	['Say what the shop sells', 'printf "# shop\\n\\nBread, honey and ink, from nine to five.\\n" > README.md'],
	[
		'Refuse prices below zero',
		'echo "export const isPrice = (cents) => cents >= 0;" >> price.mjs',
		{ labels: ['till'] },
	],
	[
		'Count the stock every night',
		'for n in $(seq 1 400); do echo "shelf $n of 400 counted"; sleep 1; done',
		{ labels: ['stock'] },
	],
	['Round to five cents', 'sed -i "s/100/105/" price.mjs', { type: 'bug', labels: ['till'] }],
];
const ideas = [
	['Pay by card', { hold: true, labels: ['till'] }],
	['Print a receipt', { dependsOn: ['Count the stock every night'] }],
	['A window for the baker', { upcoming: true }],
];

const board = await boardWorld();
try {
	const { project, keys } = await fill();
	mkdirSync(folder, { recursive: true });
	await takeWide(project, keys);
	await takePhone();
} finally {
	await board[Symbol.asyncDispose]();
}

async function fill() {
	const [{ id: project }] = (await board.ask('project.list', {})).projects;
	const keys = {};
	const add = async (title, description, { dependsOn = [], ...more } = {}) => {
		const needs = dependsOn.map((name) => keys[name]);
		const { item } = await board.ask('item.add', { project, title, description, dependsOn: needs, ...more });
		keys[title] = item.key;
		return item.key;
	};
	const until = (stage, title) =>
		board.world.untilBoard(
			board.shop,
			({ items }) => items.some((one) => one.title === title && one.stage === stage),
			240,
		);
	const script = (line) => `\`\`\`sh\n${line}\n\`\`\`\n`;
	for (const [title, line, more] of work) {
		await add(title, script(line), more);
		if (title !== 'Say what the shop sells') continue;
		await until('reviewHold', title);
		await board.world.ok(board.shop, 'diff', keys[title]);
		await board.world.ok(board.shop, 'approve', keys[title]);
		await until('done', title);
	}
	for (const [title, more] of ideas) await add(title, 'To be talked about.', more);
	await until('reviewHold', 'Refuse prices below zero');
	await until('reviewHold', 'Show prices with their currency');
	await board.world.untilBoard(board.shop, ({ items }) => items.some(({ holder }) => holder !== null), 240);
	return { project, keys };
}

async function takeWide(project, keys) {
	const { page, close } = await board.visitor({ options: wide });
	await page.getByText('Count the stock every night').first().waitFor(soon);
	await shot(page, 'board');
	await page.goto(new URL(`/p/${project}/${keys['Show prices with their currency']}/diff`, page.url()).href);
	await page.getByRole('button', { name: /^Approve/ }).waitFor(soon);
	await page.getByText('toFixed').first().waitFor(soon);
	// The command for the whole change names a folder that is gone when somebody looks at the picture.
	await page.locator('.command code').evaluate((code, state) => {
		code.textContent = code.textContent.replaceAll(state, '/home/ada/.local/state/gangline');
	}, board.world.state);
	await shot(page, 'change');
	await page.goto(new URL('/nodes', page.url()).href);
	await page.getByRole('heading', { name: 'Nodes' }).first().waitFor(soon);
	await page.locator('svg.mesh text.trip').first().waitFor(soon);
	await shot(page, 'nodes');
	await close();
}

async function takePhone() {
	const { page, close } = await board.visitor({ options: { ...phone, deviceScaleFactor: 1.5 } });
	await page.getByText('Refuse prices below zero').first().waitFor(soon);
	await shot(page, 'phone');
	await close();
}

async function shot(page, name) {
	await page.locator('[aria-busy=true]').waitFor({ state: 'detached', ...soon });
	await page
		.locator('main')
		.getByText(/^Reading /)
		.first()
		.waitFor({ state: 'detached', ...soon });
	const path = join(folder, `${name}.png`);
	await page.screenshot({ path, animations: 'disabled' });
	process.stdout.write(`${path}: ${Math.ceil(statSync(path).size / 1024)} KiB\n`);
}
