/** Who may follow the log of an item at its home, while rights change. */
import { describe, expect, it } from 'vitest';
import type { Project } from '../../../node/home/project.ts';
import { serveItemLines } from '../../../node/live-logs.ts';
import type { LogLine } from '../../../shared/operations/index.ts';
import { pause } from '../../../shared/ports/index.ts';
import { itemLines } from '../../../shared/protocol/work-methods.ts';
import { type RegistryFacts, removePerson } from '../../../shared/registry/index.ts';
import { oneId, twoId } from '../../support/mesh-pair.ts';
import { idNo, shop, smallMesh } from '../../support/registry-facts.ts';
import { connected, failureOf } from '../../support/rpc-pair.ts';

const key = '01BX5ZZKBKACTAV9WEVGEMMVRZ';
const line = (seq: number): LogLine => ({
	...{ seq, run: '1.1', at: seq + 0.5, source: 'agent', stream: 'stdout', text: `line ${seq}` },
});

/** The first node of the pair follows, as the node of vera, a viewer; the second is the home. */
async function following() {
	const pair = await connected();
	let facts: RegistryFacts = smallMesh();
	const veras = facts.nodes[idNo(6)];
	if (veras === undefined) throw new Error('vera has a node');
	facts = { ...facts, nodes: { ...facts.nodes, [oneId]: { ...veras, id: oneId } } };
	const views = new Set([key]);
	const worker = {
		async *followLog(_item: unknown, _clock: unknown, signal: AbortSignal) {
			for (let seq = 1; !signal.aborted; seq++) {
				yield { node: twoId, lines: [line(seq)] };
				await pause(pair.clock, 100, signal).catch(() => undefined);
			}
		},
	};
	const project = { id: shop, name: 'shop', views: () => views, worker } as unknown as Project;
	serveItemLines({
		mesh: { rpc: pair.answerer, facts: () => facts },
		clock: pair.clock,
		projects: () => [project],
	});
	const heard: LogLine[] = [];
	const follow = async (person: string, id: string = shop): Promise<void> => {
		const args = { project: id, key, after: null, person };
		for await (const { lines } of pair.asker.askStream(twoId, itemLines, args)) heard.push(...lines);
	};
	return { ...pair, heard, follow, views, lose: () => (facts = removePerson(facts, 'vera')) };
}

describe('[I13] the log of an item, followed at its home', () => {
	it('is given to a viewer for as long as they are one', async () => {
		const { clock, finish, heard, follow, lose } = await following();
		const ended = follow('vera');
		await finish(pause(clock, 1_000));
		expect(heard.length).toBeGreaterThan(3);
		expect(heard.every(({ at }) => Number.isInteger(at))).toBe(true);
		lose();
		expect(await finish(failureOf(ended))).toMatchObject({ code: 'FORBIDDEN' });
		const before = heard.length;
		await finish(pause(clock, 1_000));
		expect(heard.length).toBe(before);
	});

	it('is not given in the name of somebody else, or of a project that is elsewhere', async () => {
		const { finish, follow, heard } = await following();
		expect(await finish(failureOf(follow('ada')))).toMatchObject({ code: 'FORBIDDEN' });
		expect(await finish(failureOf(follow('vera', '01JZ0000000000000000000BKG')))).toMatchObject({
			code: 'UNKNOWN_PROJECT',
		});
		expect(heard).toEqual([]);
	});

	it('ends when the item is gone', async () => {
		const { clock, finish, follow, views, heard } = await following();
		const ended = follow('vera');
		await finish(pause(clock, 500));
		views.delete(key);
		await finish(ended);
		expect(heard.length).toBeGreaterThan(0);
	});
});
