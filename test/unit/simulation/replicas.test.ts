/** Checkers of what replicas have, what people were told, and what is left in the end. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { HistoryAnswer } from '../../../shared/operations/index.ts';
import type { IntentId } from '../../../shared/pipeline/index.ts';
import { projectOne } from '../../support/facts.ts';
import { boundsHold } from '../../support/simulation/checkers/bounds.ts';
import { acknowledgedStays } from '../../support/simulation/checkers/durability.ts';
import { Ledger } from '../../support/simulation/checkers/ledger.ts';
import { progressResumes } from '../../support/simulation/checkers/progress.ts';
import { replicasEqual } from '../../support/simulation/checkers/replicas-equal.ts';
import { rightsHold } from '../../support/simulation/checkers/rights.ts';
import { settledOnce } from '../../support/simulation/checkers/settled-once.ts';
import { authorAt, MadeUpMesh, registryOf, replicaOf } from '../../support/simulation/made-up-mesh.ts';

const a = '01K0TASK00000000000000000A';

let mesh: MadeUpMesh;
beforeEach(() => {
	mesh = new MadeUpMesh();
});

const wish = (id: IntentId, as: 'applied' | 'refused' | 'tentative'): void =>
	mesh.emit({ kind: 'wish', node: 'ann', project: projectOne, person: 'ann', id, item: a, event: 'add', as });

describe('[I1] the checker of replicas', () => {
	it('finds other items at the same revision', async () => {
		const checker = replicasEqual();
		mesh.ann('add', a, { title: 'a', held: true });
		expect(await mesh.end(checker)).toEqual([]);
		mesh.replica = { facts: { ...mesh.facts, items: {} } };
		expect((await mesh.step(checker)).join()).toContain('different items at revision 1');
	});

	it('finds a replica that goes back, unless its disk was put back', async () => {
		const checker = replicasEqual();
		const before = mesh.facts;
		mesh.ann('add', a, { title: 'a' });
		await mesh.step(checker);
		mesh.replica = { facts: before };
		expect((await mesh.step(checker)).join()).toContain('went back from revision 1');
		mesh.replica = {};
		await mesh.step(checker);
		mesh.emit({ kind: 'diskLost', node: 'ann', how: 'backup' });
		mesh.replica = { facts: before };
		expect(await mesh.step(checker)).toEqual([]);
	});

	it('finds what is not equal in the end: facts, texts', async () => {
		const checker = replicasEqual();
		mesh.replica = { stateHash: 'another' };
		expect((await mesh.end(checker)).join()).toContain('ann has not the facts of desk');
	});

	it('finds texts that differ, but for what a lost writer told a node that may only read', async () => {
		const texts = (text: string) => new Map([[a, text]]);
		mesh.ann('add', a, { title: 'a', held: true });
		mesh.replica = { texts: texts('one') };
		const reader = { ...replicaOf(mesh.facts), texts: texts('one and two') };
		mesh.nodes.set('w1', { replicas: new Map([[projectOne, reader]]) });
		expect((await mesh.end(replicasEqual())).join()).toContain('ann and w1 have different texts');
		mesh.emit({ kind: 'diskLost', node: 'ann', how: 'backup' });
		expect(await mesh.end(replicasEqual())).toEqual([]);
	});

	it('asks for no equal texts of what was deleted', async () => {
		mesh.replica = { texts: new Map([[a, 'one']]) };
		const other = { ...replicaOf(mesh.facts), texts: new Map([[a, 'two']]) };
		mesh.nodes.set('w1', { replicas: new Map([[projectOne, other]]) });
		expect(await mesh.end(replicasEqual())).toEqual([]);
	});
});

describe('[I6] the checker of what was acknowledged', () => {
	it('finds a replica that has more than its home', async () => {
		const checker = acknowledgedStays(new Ledger());
		const before = mesh.facts;
		mesh.ann('add', a, { title: 'a' });
		expect(await mesh.step(checker)).toEqual([]);
		mesh.replica = { facts: mesh.facts };
		mesh.home = { facts: before };
		expect((await mesh.step(checker)).join()).toContain('that its home desk has not');
	});

	it('finds a wish that is nowhere after a start', async () => {
		const checker = acknowledgedStays(new Ledger());
		const id: IntentId = `${authorAt('ann', 'edge')}#1`;
		wish(id, 'tentative');
		mesh.replica = { unsettled: [id] };
		mesh.emit({ kind: 'boot', node: 'ann', failed: null });
		expect(await mesh.step(checker)).toEqual([]);
		mesh.replica = { unsettled: [] };
		mesh.emit({ kind: 'boot', node: 'ann', failed: null });
		expect((await mesh.step(checker)).join()).toContain('is nowhere');
	});

	it('finds a report that was sent and is forgotten', async () => {
		const checker = acknowledgedStays(new Ledger());
		const token = mesh.granted(a);
		const of = { node: 'w1', project: projectOne, item: a, token } as const;
		mesh.emit({ kind: 'reportSent', ...of, report: 'result', commit: null });
		mesh.nodes.set('w1', { reporting: [{ project: projectOne, item: a, token }] });
		mesh.emit({ kind: 'boot', node: 'w1', failed: null });
		expect(await mesh.step(checker)).toEqual([]);
		mesh.nodes.set('w1', { reporting: [], worksFor: new Set() });
		mesh.emit({ kind: 'boot', node: 'w1', failed: null });
		expect(await mesh.step(checker)).toEqual([]);
		mesh.nodes.set('w1', { reporting: [] });
		expect((await mesh.step(checker)).join()).toContain('knows nothing of it after its start');
	});

	it('finds one name for two intents', async () => {
		const checker = acknowledgedStays(new Ledger());
		mesh.ann('add', a, { title: 'a' });
		await mesh.step(checker);
		const [intent] = mesh.intents.values();
		if (!intent) throw new Error('nothing was said');
		mesh.replica = { pending: [{ ...intent, args: { title: 'another' } }] };
		expect((await mesh.step(checker)).join()).toContain('means two things');
	});
});

describe('[I12] the checker of progress', () => {
	it('finds what nobody works on', async () => {
		mesh.granted(a);
		const token = mesh.facts.items[a]?.token ?? [1, 1];
		mesh.nodes.set('w1', { attempts: [{ project: projectOne, item: a, token, role: 'coder', isLive: true }] });
		expect(await mesh.end(progressResumes(new Ledger()))).toEqual([]);
		mesh.nodes.clear();
		expect((await mesh.end(progressResumes(new Ledger()))).join()).toContain('does not work on it');
	});

	it('finds what waits for a person and does not say why, and what is free to start', async () => {
		mesh.granted(a);
		mesh.system('block', a, { reason: 'a question' });
		expect(await mesh.end(progressResumes(new Ledger()))).toEqual([]);
		const item = mesh.facts.items[a];
		if (!item) throw new Error('no item');
		mesh.facts = {
			...mesh.facts,
			items: { [a]: { ...item, stage: { kind: 'blocked', resumeTo: { kind: 'coding' } } } },
		};
		expect((await mesh.end(progressResumes(new Ledger()))).join()).toContain('does not say what it waits for');
		mesh.facts = { ...mesh.facts, items: { [a]: { ...item, stage: { kind: 'backlog' } } } };
		expect((await mesh.end(progressResumes(new Ledger()))).join()).toContain('nothing keeps it from starting');
	});

	it('finds a node that stays down, and a report that nobody settles', async () => {
		const token = mesh.granted(a);
		mesh.ann('abandon', a);
		mesh.nodes.set('w1', { reporting: [{ project: projectOne, item: a, token }] });
		mesh.nodes.set('ann', { isUp: false });
		const said = (await mesh.end(progressResumes(new Ledger()))).join();
		expect(said).toContain('w1 has 1 reports');
		expect(said).toContain('ann is down');
	});
});

describe('[I13] the checker of rights', () => {
	it('finds what a revoked node learns', async () => {
		const checker = rightsHold(new Ledger());
		await mesh.step(checker);
		mesh.registry = registryOf(['desk', 'w1'], 2);
		mesh.now += 300_000;
		await mesh.step(checker);
		mesh.now += 300_000;
		expect(await mesh.step(checker)).toEqual([]);
		mesh.system('add', a, { title: 'a' });
		expect((await mesh.step(checker)).join()).toContain('ann may not have');
	});
});

describe('[I14] the checker of answers', () => {
	it('finds an answer that is not what happened', async () => {
		const checker = settledOnce(new Ledger());
		const id = mesh.ann('add', a, { title: 'a' });
		wish(id, 'refused');
		expect((await mesh.step(checker)).join()).toContain('the home says applied');
	});

	it('finds a wish that was never settled, and a refusal that nobody heard', async () => {
		const refused = mesh.ann('freeze', a);
		wish(refused, 'tentative');
		mesh.replica = { refusals: [refused] };
		expect(await mesh.end(settledOnce(new Ledger()))).toEqual([]);
		mesh.replica = { refusals: [] };
		wish(`${authorAt('ann', 'edge')}#7`, 'tentative');
		const said = (await mesh.end(settledOnce(new Ledger()))).join();
		expect(said).toContain('nobody there was told');
		expect(said).toContain('was never settled');
	});

	it('finds a history that names what was applied twice, unless its home was lost', async () => {
		const shown = (revision: number): HistoryAnswer => ({
			...{ project: projectOne, key: a, item: '#1', revision, at: 1, by: 'user', who: 'ann', event: 'edit' },
			...{ from: 'backlog', to: 'backlog', reason: null, outcome: 'applied' },
		});
		mesh.home = { history: async () => [shown(1), shown(2)] };
		expect(await mesh.end(settledOnce(new Ledger()))).toEqual([]);
		mesh.home = { history: async () => [shown(1), shown(2), shown(2)] };
		expect((await mesh.end(settledOnce(new Ledger()))).join()).toContain('(revision 2) after the revision 2');
		const of = { project: projectOne, from: 'loft', to: 'desk', how: 'lost', term: 2 } as const;
		mesh.emit({ kind: 'homeMoved', ...of });
		expect(await mesh.end(settledOnce(new Ledger()))).toEqual([]);
	});
});

describe('[I15] the checker of bounds', () => {
	it('finds what is left of what was settled', async () => {
		mesh.ann('add', a, { title: 'a', held: true });
		expect(await mesh.end(boundsHold(new Ledger()))).toEqual([]);
		const authors = Array.from(
			{ length: 30 },
			(_, n) => [`${authorAt('ann', 'edge')}.${n}`, ['user'] as const] as const,
		);
		mesh.facts = { ...mesh.facts, authors: { ...mesh.facts.authors, ...Object.fromEntries(authors) } };
		const [intent] = mesh.intents.values();
		if (!intent) throw new Error('nothing was said');
		mesh.replica = { pending: [intent] };
		mesh.nodes.set('w1', { timers: 1_000_000 });
		const said = (await mesh.end(boundsHold(new Ledger()))).join();
		for (const words of ['names', 'keeps 1 entries', 'timers'])
			expect(said).toContain(words === 'names' ? 'name 31' : words);
	});
});
