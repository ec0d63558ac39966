/** A change is tried before it lands, by a person and by a QA agent; a secret goes to the gate that names it and nowhere else. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Result } from '../../shared/operations/index.ts';
import { openAgentShop } from '../support/agent-shop.ts';
import { launcher, type World } from '../support/world.ts';

const server = `import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
console.log('listening on ' + process.env.PORT);
createServer((_, answer) => answer.end(readFileSync('a.txt'))).listen(process.env.PORT, '127.0.0.1');
`;

const agent = `if asked GANGLINE_ANSWER; then
	page=$(printf '%s' "$PROMPT" | grep -o 'http://127.0.0.1:[0-9]*/')
	seen=$(node -e "fetch('$page').then((a) => a.text()).then((t) => console.log(t.trim()))")
	printf '{"verdict":"person","summary":"the page says %s"}' "$seen" > "$GANGLINE_ANSWER"
else echo "written by ada" > a.txt; save "Write a"; fi`;

const piped = (world: World, folder: string, input: string, ...args: string[]): Promise<number | null> =>
	new Promise((resolve) => {
		const child = spawn(process.execPath, [launcher, ...args], {
			cwd: folder,
			env: world.env,
			stdio: ['pipe', 'ignore', 'inherit'],
		});
		child.stdin.end(input);
		child.on('close', resolve);
	});

it('runs the product with a change for QA and for a person, and ends it; a secret stays where it belongs', async () => {
	await using shop = await openAgentShop({
		files: {
			'a.txt': 'a\n',
			'server.mjs': server,
			'check.sh': '#!/bin/sh\necho "with $SHOP_TOKEN"\n',
		},
		gates: ['check=./check.sh'],
		settings:
			'[[agent]]\nname = "ada"\nruntime = "claude-code"\n\n[[agent]]\nname = "quinn"\nrole = "qa"\nruntime = "claude-code"',
		agent,
		before: async (world, repository) => {
			const file = join(repository, '.gangline', 'project.toml');
			const text = readFileSync(file, 'utf8')
				.replace('mode = "human"', 'mode = "agent"')
				.replace('command = "./check.sh"', 'command = "./check.sh"\nsecrets = ["SHOP_TOKEN"]')
				.replace('[run]', '[run]\ncommand = "node server.mjs"');
			writeFileSync(file, text);
			world.git(repository, 'commit', '-q', '-am', 'Say how it runs');
		},
	});
	const { world, repository } = shop;
	const value = 'sesame-open-0123';
	expect(await piped(world, repository, `${value}\n`, 'secret', 'set', 'SHOP_TOKEN')).toBe(0);
	expect(statSync(join(world.state, 'secrets.json')).mode & 0o777).toBe(0o600);
	expect(await world.ok(repository, 'secret', 'list')).toContain('SHOP_TOKEN');
	const short = await piped(world, repository, 'short', 'secret', 'set', 'OTHER');
	expect(short).toBe(2);

	await world.ok(repository, 'add', 'Write a');
	const board = await world.untilBoard(repository, (now) => now.items[0]?.stage === 'reviewHold', 100);
	expect(board.items[0]?.waitsBecause).toContain('the page says written by ada');
	const logs = await world.ok(repository, 'logs', '1', '-n', '500');
	expect(logs).not.toContain(value);
	expect(await world.ok(repository, 'show', '1')).not.toContain(value);
	expect(readFileSync(join(world.state, 'node.log'), 'utf8')).not.toContain(value);

	const preview = await world.json<Result<'item.preview'>>(repository, 'preview', '1');
	expect(preview.state).toBe('running');
	expect(await (await fetch(preview.url ?? '')).text()).toBe('written by ada\n');
	const again = await world.json<Result<'item.preview'>>(repository, 'preview', '1');
	expect(again.url).toBe(preview.url);
	expect(again.lines.join('\n')).toContain('listening on');
	expect(await world.ok(repository, 'preview', '1', '--stop')).toContain('#1 is not running');
	await expect(fetch(preview.url ?? '')).rejects.toThrow();
}, 400_000);

it('[I7] runs the product with what a clone has now, for who watches an agent and for who took the item', async () => {
	await using shop = await openAgentShop({
		files: { 'a.txt': 'a\n', 'server.mjs': server },
		gates: ['true=true'],
		settings: '[[agent]]\nname = "ada"\nruntime = "claude-code"',
		// Half of it is committed.
		agent: 'echo half > a.txt; save "Half"; echo more >> a.txt; : > "$HOME/half"; exec sleep 600',
		before: async (world, repository) => {
			const file = join(repository, '.gangline', 'project.toml');
			writeFileSync(file, readFileSync(file, 'utf8').replace('[run]', '[run]\ncommand = "node server.mjs"'));
			world.git(repository, 'commit', '-q', '-am', 'Say how it runs');
		},
	});
	const { world, repository } = shop;
	await world.ok(repository, 'add', 'Write a');
	await expect.poll(() => existsSync(join(world.home, 'half')), { timeout: 120_000 }).toBe(true);
	const page = async (): Promise<{ readonly url: string | null; readonly text: string }> => {
		const { url } = await world.json<Result<'item.preview'>>(repository, 'preview', '1');
		return { url, text: await (await fetch(url ?? '')).text() };
	};
	const first = await page();
	expect(first.text).toBe('half\nmore\n');
	expect((await page()).url).toBe(first.url);
	expect(await world.ok(repository, 'preview', '1')).toContain('as its clone was when this was begun');
	// The agent was not disturbed.
	expect((await world.json<Result<'item.show'>>(repository, 'show', '1')).item.holder).not.toBeNull();
	const { folder } = await world.json<Result<'item.take'>>(repository, 'take', '1');
	writeFileSync(join(folder ?? '', 'a.txt'), 'mine\n');
	expect((await page()).text).toBe('mine\n');
	expect(readFileSync(join(folder ?? '', 'a.txt'), 'utf8')).toBe('mine\n');
	await world.ok(repository, 'preview', '1', '--stop');
	await expect(fetch(first.url ?? '')).rejects.toThrow();
}, 240_000);
