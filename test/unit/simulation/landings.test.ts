/** Checkers of main and of work that is kept, on repositories that were made by hand. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { CommitId } from '../../../shared/ports/index.ts';
import { projectOne } from '../../support/facts.ts';
import { landsOnce, mainMoves } from '../../support/simulation/checkers/landings.ts';
import { Ledger } from '../../support/simulation/checkers/ledger.ts';
import { oneAtWork } from '../../support/simulation/checkers/tokens-and-grants.ts';
import { workKept } from '../../support/simulation/checkers/work-kept.ts';
import { MadeUpMesh, registryOf } from '../../support/simulation/made-up-mesh.ts';

const a = '01K0TASK00000000000000000A';
const b = '01K0TASK00000000000000000B';

let mesh: MadeUpMesh;
let base: CommitId;
beforeEach(async () => {
	mesh = new MadeUpMesh();
	base = await mesh.push({ 'a.txt': 'a\n', 'b.txt': 'b\n' });
});

/** A result of the item that was accepted. */
async function submitted(item: string, files: Readonly<Record<string, string>>, on = base): Promise<CommitId> {
	mesh.granted(item);
	const commit = await mesh.commit(files, [on]);
	mesh.gates('submit', item, { commit, base: on });
	return commit;
}

describe('[I3] the checker of landings', () => {
	it('finds an item that landed twice', async () => {
		const checker = landsOnce(new Ledger());
		const result = await submitted(a, { 'a.txt': '1\n', 'b.txt': 'b\n' });
		await mesh.land(a, { result });
		expect(await mesh.end(checker)).toEqual([]);
		const token = mesh.facts.items[a]?.token ?? [1, 1];
		const [from, tree] = [await mesh.git.main(), mesh.git.objects.treeId(result)];
		if (!from) throw new Error('no main');
		const person = { name: 'Ann', email: 'ann@example.org' };
		const landing = { item: a, token, gatedTree: tree };
		const again = await mesh.git.createCommit({
			tree,
			parents: [from],
			message: 'a',
			author: person,
			atMs: 2,
			landing,
		});
		await mesh.git.moveMain(again, from);
		expect((await mesh.step(checker)).join()).toContain(`${a} landed 2 times`);
	});

	it('finds what counts as landed and is not on main', async () => {
		const checker = landsOnce(new Ledger());
		await submitted(a, { 'a.txt': '1\n', 'b.txt': 'b\n' });
		mesh.system('foundOnMain', a, { commit: 'c'.repeat(40) });
		expect((await mesh.step(checker)).join()).toContain('which main does not have');
	});
});

describe('[I9] the checker of main', () => {
	it('finds nothing in pushes and in landings whose gates passed', async () => {
		const checker = mainMoves(new Ledger());
		const one = await submitted(a, { 'a.txt': '1\n', 'b.txt': 'b\n' });
		const two = await submitted(b, { 'a.txt': 'a\n', 'b.txt': '2\n' });
		await mesh.land(a, { result: one });
		await mesh.push({ 'a.txt': '1\n', 'b.txt': 'b\n', 'c.txt': 'c\n' });
		await mesh.land(b, { result: two });
		expect(await mesh.end(checker)).toEqual([]);
	});

	it('finds a landing that no gate passed', async () => {
		const checker = mainMoves(new Ledger());
		const result = await submitted(a, { 'a.txt': '1\n', 'b.txt': 'b\n' });
		await mesh.land(a, { result, gated: false });
		expect((await mesh.step(checker)).join()).toContain('no gate ran on its tree');
	});

	it('finds a landing that undoes what came before it', async () => {
		const checker = mainMoves(new Ledger());
		const result = await submitted(a, { 'a.txt': '1\n', 'b.txt': 'b\n' });
		await mesh.push({ 'a.txt': 'a\n', 'b.txt': '2\n' });
		await mesh.step(checker);
		const from = await mesh.git.main();
		const tree = mesh.git.objects.treeId(result);
		const token = mesh.facts.items[a]?.token ?? [1, 1];
		if (!from) throw new Error('no main');
		const person = { name: 'Ann', email: 'ann@example.org' };
		const landing = { item: a, token, gatedTree: tree };
		const to = await mesh.git.createCommit({ tree, parents: [from], message: 'a', author: person, atMs: 2, landing });
		await mesh.git.moveMain(to, from);
		mesh.emit({ kind: 'gated', node: 'desk', project: projectOne, item: a, tree, passed: true });
		mesh.emit({ kind: 'mainMoved', node: 'desk', project: projectOne, from, to, by: 'landing' });
		expect((await mesh.step(checker)).join()).toContain('it changes b.txt, which its result does not');
	});

	it('finds main where nobody moved it, and main that went back', async () => {
		const checker = mainMoves(new Ledger());
		await mesh.step(checker);
		const other = await mesh.commit({ 'x.txt': 'x\n' }, []);
		await mesh.git.moveMain(other, base);
		const said = (await mesh.step(checker)).join();
		expect(said).toContain('does not follow it');
		expect(said).toContain('nobody moved main');
	});

	it('finds a result that did not grow on main, and a landing that nobody approved', async () => {
		const ledger = new Ledger();
		const checker = mainMoves(ledger);
		mesh.review = 'human';
		const foreign = await mesh.commit({ 'a.txt': 'secret\n', 'b.txt': 'b\n' }, [base]);
		await submitted(a, { 'a.txt': '1\n', 'b.txt': 'b\n' }, foreign);
		expect((await mesh.step(checker)).join()).toContain('is no commit of main');
		const result = await submitted(b, { 'a.txt': 'a\n', 'b.txt': '3\n' });
		await mesh.step(checker);
		const before = mesh.facts;
		const entries = mesh.history;
		await mesh.land(b, { result });
		[mesh.facts, mesh.history] = [before, entries];
		expect((await mesh.step(checker)).join()).toContain('nobody approved it');
	});
});

describe('[I7] the checker of kept work', () => {
	const made = async (): Promise<CommitId> => {
		const token = mesh.granted(a);
		const commit = await mesh.commit({ 'a.txt': '1\n' }, [base]);
		const of = { node: 'w1', project: projectOne, item: a, token } as const;
		mesh.emit({ kind: 'agentEnded', ...of, how: 'result' });
		mesh.nodes.set('w1', { made: [{ project: projectOne, item: a, token, commit, base }] });
		return commit;
	};

	it('finds a commit that nothing keeps', async () => {
		const checker = workKept(new Ledger());
		const commit = await made();
		expect((await mesh.end(checker)).join()).toContain('reachable from no ref');
		mesh.refs = new Map([[`refs/gangline/attempts/${a}/1.3`, commit]]);
		expect(await mesh.end(checker)).toEqual([]);
	});

	it('lets go of what grew on another main than the one of the home that was told', async () => {
		const checker = workKept(new Ledger());
		const next = await mesh.push({ 'a.txt': '2\n' });
		const token = mesh.granted(a);
		const commit = await mesh.commit({ 'a.txt': '3\n' }, [next]);
		const of = { node: 'w1', project: projectOne, item: a, token } as const;
		mesh.emit({ kind: 'agentEnded', ...of, how: 'result' });
		mesh.nodes.set('w1', { made: [{ project: projectOne, item: a, token, commit, base: next }] });
		await mesh.git.moveMain(base, next);
		await mesh.step(checker);
		mesh.emit({ kind: 'reportSettled', ...of });
		await mesh.step(checker);
		await mesh.git.moveMain(next, base);
		expect(await mesh.end(checker)).toEqual([]);
	});

	it('lets go of what a person has deleted', async () => {
		const checker = workKept(new Ledger());
		await made();
		mesh.ann('delete', a);
		expect(await mesh.end(checker)).toEqual([]);
	});

	it('finds a ref that is gone', async () => {
		const checker = workKept(new Ledger());
		const commit = await made();
		mesh.refs = new Map([[`refs/gangline/attempts/${a}/1.3`, commit]]);
		await mesh.step(checker);
		mesh.refs = new Map();
		expect((await mesh.step(checker)).join()).toContain('is gone');
	});
});

describe('[I5] the checker of work', () => {
	const attempt = { project: projectOne, item: a, role: 'coder', isLive: true } as const;

	it('finds two live trees for one item', async () => {
		const checker = oneAtWork(new Ledger());
		const token = mesh.granted(a);
		mesh.nodes.set('w1', { attempts: [{ ...attempt, token }] });
		expect(await mesh.step(checker)).toEqual([]);
		mesh.nodes.set('w1', {
			attempts: [
				{ ...attempt, token },
				{ ...attempt, token },
			],
		});
		expect(await mesh.step(checker)).toEqual([`w1 has 2 live trees for ${projectOne}/${a}`]);
	});

	it('finds work that was begun while the report about the item before waits', async () => {
		const checker = oneAtWork(new Ledger());
		const token = mesh.granted(a);
		const own = { attempts: [{ ...attempt, token }], reporting: [{ project: projectOne, item: a, token }] };
		mesh.nodes.set('w1', own);
		expect(await mesh.step(checker)).toEqual([]);
		mesh.nodes.set('w1', { ...own, reporting: [{ project: projectOne, item: a, token: [token[0], token[1] - 1] }] });
		expect((await mesh.step(checker)).join()).toContain('waits');
	});

	it('finds a report while the tree lives, and work that nobody granted', async () => {
		const checker = oneAtWork(new Ledger());
		const token = mesh.granted(a);
		const of = { node: 'w1', project: projectOne, item: a } as const;
		mesh.nodes.set('w1', { attempts: [{ ...attempt, token }] });
		await mesh.step(checker);
		mesh.emit({ kind: 'agentStarted', ...of, token, behaviour: 'finishes', costUsd: 1 });
		expect(await mesh.step(checker)).toEqual([]);
		mesh.emit({ kind: 'reportSent', ...of, token, report: 'stopped', commit: null });
		mesh.emit({ kind: 'agentStarted', ...of, token: [1, 99], behaviour: 'finishes', costUsd: 1 });
		const said = (await mesh.step(checker)).join();
		expect(said).toContain('while its tree lives');
		expect(said).toContain('before its grant was a fact');
	});

	it('finds who goes on when its grant is over, unless it was revoked and nobody may tell it', async () => {
		const checker = oneAtWork(new Ledger());
		const token = mesh.granted(a);
		mesh.nodes.set('w1', { attempts: [{ ...attempt, token }] });
		await mesh.step(checker);
		mesh.system('release', a);
		const heard = mesh.registry;
		mesh.registry = registryOf(['desk', 'ann'], 2);
		await mesh.step(checker);
		mesh.now += 60_000;
		expect(await mesh.step(checker)).toEqual([]);
		mesh.registry = heard;
		await mesh.step(checker);
		mesh.now += 60_000;
		expect((await mesh.step(checker)).join()).toContain('goes on though its grant is over');
	});
});
