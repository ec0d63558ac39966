/**
 * Agents that misbehave, behind a real node: floods, garbage, a closed output, no end, ever more processes. The node's
 * memory and its logs stay bounded, the log says what happened, each grant is given back once, and the next try is fine.
 * A gigabyte is for `scripts/test --long`.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Result } from '../../shared/operations/index.ts';
import { openAgentShop } from '../support/agent-shop.ts';
import { processesWith, treeNumber } from '../support/hostile-tree.ts';

const isLong = Boolean(process.env.GANGLINE_TEST_LONG);
const floodBytes = isLong ? 1024 ** 3 : 16 * 1024 ** 2;
/** Of a node that does its work besides; a flood that is kept would be more in the long form. */
const grownMaxMib = 256;
const logBytesMax = 64 * 1024 ** 2;

const number = treeNumber();

/** What each does at its first try, and what its log must say of it. */
const torments: readonly {
	readonly title: string;
	readonly does: string;
	readonly says: RegExp;
	readonly fails: boolean;
}[] = [
	{
		title: 'Endless line',
		does: `head -c ${floodBytes} /dev/zero | tr '\\0' x >&3; echo >&3`,
		says: /1 line of its output could not be read and was passed over/,
		fails: false,
	},
	{
		title: 'Garbage',
		does: `yes 'no json at all' | head -c ${floodBytes} >&3`,
		says: /no json at all[\s\S]*\d lines of its output could not be read/,
		fails: false,
	},
	{ title: 'Errors', does: `yes 'it is broken' | head -c ${floodBytes}`, says: /it is broken/, fails: false },
	{
		title: 'Deaf and dumb',
		does: `exec >&- 2>&- 3>&-; sleep ${number}`,
		says: /stuck: no output for 3 s.*sleep/,
		fails: true,
	},
	{ title: 'No end', does: 'while :; do :; done', says: /limit of time/, fails: true },
	{
		title: 'Ever more',
		does: `while :; do sleep ${number} & sleep 0.002; done`,
		says: /at most 1000 are let be/,
		fails: true,
	},
];

/** The most of a process that was ever in memory, MiB. */
function peakMibOf(pid: number): number {
	return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

function bytesUnder(folder: string): number {
	const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
	return names.reduce((sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0), 0);
}

it.each(torments)(
	'[I5] [I12] [I15] "$title" costs a node no memory, is told, and gives its grant back once',
	async ({ title, does, says, fails }) => {
		await using shop = await openAgentShop({
			files: { 'a.txt': 'a\n' },
			gates: ['true=true'],
			settings: `[[agent]]\nname = "ada"\nruntime = "claude-code"\nsilence_seconds = 3\ntimeout_seconds = ${title === 'No end' ? 20 : 3600}`,
			agent: `if [ $count -eq 0 ]; then ${does}; fi; echo "try $count" > a.txt; save "Try $count"`,
		});
		const { world, repository } = shop;
		const pid = world.pid() ?? 0;
		const before = peakMibOf(pid);
		await world.ok(repository, 'add', title);
		await world.untilBoard(repository, (board) => board.items[0]?.stage === 'reviewHold', isLong ? 3_600 : 240);
		const grown = peakMibOf(pid) - before;
		console.info(`${title}: the node grew by ${Math.round(grown)} MiB at most`);
		expect(grown).toBeLessThan(grownMaxMib);
		expect(world.pid()).toBe(pid);
		expect(bytesUnder(join(world.state))).toBeLessThan(logBytesMax);
		const { item } = await world.json<Result<'item.show'>>(repository, 'show', '1');
		const [first] = item.runs;
		expect(await world.ok(repository, 'logs', '1', '--run', first?.run ?? '', '-n', '2000')).toMatch(says);
		expect(item.runs).toHaveLength(fails ? 2 : 1);
		// By the facts: each grant has one end.
		const { entries } = await world.json<Result<'item.history'>>(repository, 'log', '1');
		const ends = fails ? ['grant', 'attemptFailed', 'grant', 'submitForReview'] : ['grant', 'submitForReview'];
		expect(entries.map(({ event }) => event)).toEqual(['add', 'start', ...ends]);
		expect(processesWith(number)).toEqual([]);
	},
	isLong ? 4_000_000 : 300_000,
);
