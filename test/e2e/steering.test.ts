/**
 * Steering a session that runs, as a person types it: words to the agent, answers to what it asks, the clone taken and
 * given back. The agent is a small program that speaks Claude's format; the real ones are in agents.test.ts.
 */
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { ItemAnswer, Result } from '../../shared/operations/index.ts';
import type { ApiFile } from '../../shared/project/index.ts';
import { writeFakeClis } from '../support/fake-clis.ts';
import { makeWorld, type World } from '../support/world.ts';

const settings = '\n[[agent]]\nname = "claude"\nruntime = "claude-code"\n';
const waitMs = 180_000;

async function openShop(world: World): Promise<string> {
	const repository = world.repository('shop', { 'a.txt': 'a\n' });
	await world.ok(repository, 'init', '--yes', '--no-input', '--review', 'human', '--gate', 'true=true');
	appendFileSync(join(repository, '.gangline', 'project.toml'), settings);
	world.git(repository, 'commit', '-q', '-am', 'Let claude work here');
	await world.ok(repository, 'start');
	return repository;
}

const bin = writeFakeClis(mkdtempSync(join(tmpdir(), 'gangline-steering-')));
afterAll(() => rmSync(bin, { recursive: true, force: true }));

const worldWithClis = (): World => makeWorld({ ANTHROPIC_API_KEY: 'key', PATH: `${bin}:${process.env.PATH}` });

const one = (items: readonly ItemAnswer[]): ItemAnswer => {
	const [item] = items;
	if (item === undefined) throw new Error('no item');
	return item;
};

const noted = (world: World, name: string): string => {
	const path = join(world.home, name);
	return existsSync(path) ? readFileSync(path, 'utf8') : '';
};

/** What the item's agent asks, each time that the node's event stream says something else; until a question is closed. */
async function questionsTold(world: World): Promise<readonly (string | null)[]> {
	const { url, token } = JSON.parse(readFileSync(join(world.state, 'api.json'), 'utf8')) as ApiFile;
	const response = await fetch(`${url}/v1/events`, { headers: { authorization: `Bearer ${token}` } });
	const told: (string | null)[] = [];
	let text = '';
	for await (const piece of response.body ?? []) {
		text += Buffer.from(piece).toString('utf8');
		const events = text.split('\n\n');
		text = events.pop() ?? '';
		for (const event of events) {
			const data = /^event: item$/m.test(event) ? /^data: (.*)$/m.exec(event)?.[1] : undefined;
			if (data === undefined) continue;
			const { asks } = (JSON.parse(data) as { item: ItemAnswer }).item;
			if (asks !== told.at(-1)) told.push(asks);
			if (told.length === 3) return told;
		}
	}
	return told;
}

describe('a person', () => {
	it(
		'[I13] answers what an agent asks, and the log says who',
		async () => {
			await using world = worldWithClis();
			const repository = await openShop(world);
			const told = questionsTold(world);
			await world.ok(repository, 'add', 'Ask', '--description', 'FAKE:asks');
			const asked = await world.untilBoard(repository, ({ items }) => one(items).needsYou !== null);
			expect(one(asked.items).needsYou).toBe('gangline answer 1 allow, or deny: Bash curl https://example.org/1');
			expect(await world.ok(repository, 'status')).toContain('gangline answer 1 allow');
			expect(await world.ok(repository, 'answer', '1', 'allow')).toContain('allowed: Bash curl https://example.org/1');
			// The event stream says both, without anybody asking for the board again.
			expect(await told).toEqual([null, 'Bash curl https://example.org/1', null]);
			await world.untilBoard(repository, ({ items }) => one(items).stage === 'reviewHold');
			expect(noted(world, 'answer.1')).toContain('"behavior":"allow"');
			const found = await world.ok(repository, 'logs', '1', '--grep', 'ALLOWED by');
			expect(found.trim().split('\n')).toEqual([expect.stringMatching(/allowed by \S+: Bash curl/)]);
			expect(await world.ok(repository, 'logs', '1', '--grep', 'no such line')).toMatch(
				/^no line of run \S+ has no such line/,
			);
			const again = await world.gangline(repository, 'answer', '1', 'allow');
			expect(again).toMatchObject({ code: 4, stderr: expect.stringContaining('asks for nothing now') });
		},
		waitMs,
	);

	it(
		'tells a session something at its next turn, and the next session where none runs',
		async () => {
			await using world = worldWithClis();
			const repository = await openShop(world);
			await world.ok(repository, 'add', 'Hear', '--description', 'FAKE:hears');
			await expect.poll(() => noted(world, 'waits'), { timeout: waitMs }).not.toBe('');
			expect(await world.ok(repository, 'say', '1', 'mind the gap')).toContain('at its next turn');
			await world.untilBoard(repository, ({ items }) => one(items).stage === 'reviewHold');
			expect(noted(world, 'heard')).toMatch(/\S+ says: mind the gap/);
			expect(await world.ok(repository, 'say', '1', 'and the step')).toContain('the next session begins with it');
			await world.ok(repository, 'reject', '1', 'again');
			await expect.poll(() => noted(world, 'prompt.2'), { timeout: waitMs }).toContain('and the step');
		},
		waitMs,
	);

	it(
		'[I5] [I7] takes the clone of a running agent and gives it back with what was done',
		async () => {
			await using world = worldWithClis();
			const repository = await openShop(world);
			await world.ok(repository, 'add', 'Share', '--description', 'FAKE:hears');
			await expect.poll(() => noted(world, 'waits'), { timeout: waitMs }).not.toBe('');
			const taken = await world.json<Result<'item.take'>>(repository, 'take', '1');
			const { folder } = taken;
			if (folder === null) throw new Error('no folder');
			expect(taken.item.stage).toBe('frozen');
			expect(await world.ok(repository, 'ps')).not.toContain('#1');
			writeFileSync(join(folder, 'by-hand.txt'), 'x\n');
			world.git(folder, 'add', '-A');
			world.git(folder, 'commit', '-q', '-m', 'By hand');
			await world.ok(repository, 'give', '1', 'the file is there');
			await world.untilBoard(repository, ({ items }) => one(items).needsYou?.startsWith('gangline answer') ?? false);
			await world.ok(repository, 'answer', '1', 'allow');
			await world.untilBoard(repository, ({ items }) => one(items).stage === 'reviewHold');
			const resumed = noted(world, 'prompt.2');
			expect(resumed).toContain('You were interrupted');
			expect(resumed).toContain('worked in this clone meanwhile');
			expect(resumed).toContain('the file is there');
			expect(resumed).toMatch(/committed in this clone by a person, newest first:\s+- [0-9a-f]+ By hand/);
			expect(noted(world, 'args')).toContain('--resume\n61d4');
			expect(await world.ok(repository, 'diff', '1')).toContain('by-hand.txt');
		},
		waitMs,
	);
});
