/** Home, gateway and laptop apart and together again: what people want is seen, settled once, and its author told. */
import { describe, expect, it, vi } from 'vitest';
import type { RefusalRecord } from '../../../shared/documents/index.ts';
import { toBase64 } from '../../../shared/log/index.ts';
import type { ItemDraft } from '../../../shared/operations/index.ts';
import type { IntentId } from '../../../shared/pipeline/index.ts';
import { parseAuthorId } from '../../../shared/ports/index.ts';
import { ReplicaMesh } from '../../support/replica-mesh.ts';

const key = (n: number): string => `01JZ0000000000000000000${String(n).padStart(3, '0')}`;

function add(n: number, who: string): ItemDraft {
	return { by: 'user', who, item: key(n), event: 'add', args: { title: `Item ${n}`, type: 'story', held: true } };
}

const edit = (n: number, who: string, title: string): ItemDraft => ({
	by: 'user',
	who,
	item: key(n),
	event: 'edit',
	args: { title },
});

const remove = (n: number, who: string): ItemDraft => ({ by: 'user', who, item: key(n), event: 'delete' });

/** Submits and lets everything travel while the replica waits. */
async function said(mesh: ReplicaMesh, at: string, drafts: readonly ItemDraft[]) {
	const answer = mesh.replica(at).submit(drafts, { waitMs: 2_000 });
	await mesh.pump();
	await mesh.clock.advance(2_000);
	return answer;
}

function revoke(mesh: ReplicaMesh, at: string): void {
	mesh.register((facts) => {
		const node = facts.nodes[mesh.id(at)];
		if (!node) throw new Error(`${at} is there`);
		return { ...facts, nodes: { ...facts.nodes, [node.id]: { ...node, status: 'revoked' } } };
	});
}

/** Brings a later generation there, with these refusals, as a home has it that took over. */
async function adopt(
	mesh: ReplicaMesh,
	at: string,
	refusals: Readonly<Record<IntentId, RefusalRecord>>,
): Promise<void> {
	const { index } = mesh.home().exchange;
	const next = await index.startGeneration(String(Number(mesh.replica(at).index.generation) + 1), index.facts, {
		refusals,
	});
	const reader = await mesh.replica(at).replaceIndex(next.generation);
	await reader?.apply(next.difference(reader.stateVector), 'a peer');
	if (reader) await mesh.replica(at).adoptIndex(reader);
	await mesh.replica(at).idle();
}

/** Begins another process there, until the author of the one before is forgotten; answers that author. */
async function forgotten(mesh: ReplicaMesh, at: string): Promise<string> {
	const { author } = mesh.replica(at);
	mesh.crash(at);
	await mesh.boot(at);
	await mesh.pump();
	await mesh.home().exchange.tidy();
	await mesh.pump();
	expect(mesh.home().home.facts.acceptedUpTo).not.toHaveProperty(author);
	return author;
}

describe('a project with replicas', () => {
	it('applies what a laptop wants while the home is there, and numbers it', async () => {
		const mesh = await ReplicaMesh.start({ seed: 'connected' });
		const [answer] = await said(mesh, 'ann', [add(1, 'ann')]);
		expect(answer?.kind).toBe('applied');
		const view = mesh.replica('gate').views().get(key(1));
		expect(view).toMatchObject({ name: '#1', alias: '~ann-1', tentative: false, title: 'Item 1' });
	});

	it('[I14] answers tentatively while the home is away, shows a provisional name, and settles later', async () => {
		const mesh = await ReplicaMesh.start({ seed: 'away' });
		mesh.isolate('ann');
		const [answer] = await said(mesh, 'ann', [add(1, 'ann')]);
		expect(answer?.kind).toBe('tentative');
		expect(mesh.replica('ann').views().get(key(1))).toMatchObject({ name: '~ann-1', number: null, tentative: true });
		expect(mesh.replica('ann').unsettled()).toHaveLength(1);
		await mesh.home().home.submit('edge', [add(2, 'desk')]);
		mesh.heal();
		await mesh.pump();
		expect(mesh.replica('ann').views().get(key(1))).toMatchObject({ name: '#2', alias: '~ann-1', tentative: false });
		expect(mesh.replica('ann').unsettled()).toEqual([]);
		expect(mesh.replica('ann').refusals()).toEqual([]);
	});

	it('[I14] leads who was away over new generations of the index, and settles what was wished meanwhile', async () => {
		const mesh = await ReplicaMesh.start({ seed: 'turns' });
		await mesh.home().home.submit('edge', [add(1, 'desk'), add(2, 'desk')]);
		await mesh.pump();
		mesh.isolate('ann');
		await said(mesh, 'ann', [edit(1, 'ann', 'Offline'), remove(2, 'ann'), add(3, 'ann')]);
		const { generation } = mesh.replica('ann').index;
		for (let n = 0; n < 60; n++) await mesh.home().home.submit('edge', [edit(2, 'desk', `Title ${n}`)]);
		const turns = Number(mesh.home().exchange.index.generation) - Number(generation);
		expect(turns).toBeGreaterThan(1);
		expect(mesh.replica('ann').unsettled()).toHaveLength(3);
		mesh.heal();
		await mesh.pump();
		const ann = mesh.replica('ann');
		expect(ann.index.generation).toBe(mesh.home().exchange.index.generation);
		expect(ann.index.stateHash).toBe(mesh.home().exchange.index.stateHash);
		expect(ann.unsettled()).toEqual([]);
		expect(ann.refusals()).toEqual([]);
		expect([...ann.views().values()].map(({ title }) => title)).toEqual(['Offline', 'Item 3']);
		const { store } = mesh.node('ann');
		expect(store.streams().filter((stream) => stream.includes('/index/'))).toHaveLength(1);
	});

	it('[I14] keeps what a home settles that is none any more: the one after it may not know of it', async () => {
		const mesh = await ReplicaMesh.start({ seed: 'in vain' });
		const { author } = mesh.replica('ann');
		await said(mesh, 'ann', [add(1, 'ann')]);
		expect(mesh.replica('gate').logs.kept()).not.toContain(author);
		const homeKey = toBase64(mesh.node('ann').identity.publicKey);
		mesh.register(({ projects, ...facts }) => {
			const moved = Object.entries(projects).map(([id, known]) => [id, { ...known, home: mesh.id('ann'), homeKey }]);
			return { ...facts, projects: Object.fromEntries(moved) };
		});
		await said(mesh, 'ann', [add(2, 'ann')]);
		const gate = mesh.replica('gate');
		expect(gate.facts.acceptedUpTo[author]).toBe(2);
		await gate.idle();
		expect(gate.logs.kept()).toContain(author);
		expect(gate.logs.intentsAfter(parseAuthorId(author), 1).map(({ n }) => n)).toEqual([2]);
	});

	it.each([
		['whose entry is still here', true, [{ item: key(1), event: 'edit', refusal: 'invalidArgument' }]],
		['whose entry is trimmed', false, [{ item: '', event: 'wish', refusal: 'invalidArgument' }]],
	])('[I14] tells of a wish that a lost home had applied and the one after it refused, %s', async (_, isHere, told) => {
		const mesh = await ReplicaMesh.start({ seed: 'decided anew' });
		await said(mesh, 'ann', [add(1, 'ann')]);
		if (isHere) vi.spyOn(mesh.replica('ann').logs, 'trim').mockResolvedValue(undefined);
		expect(await said(mesh, 'ann', [edit(1, 'ann', 'Another'), add(2, 'ann')])).toMatchObject([
			{ kind: 'applied' },
			{ kind: 'applied' },
		]);
		const ann = mesh.replica('ann');
		const wish = `${ann.author}#2` as const;
		await adopt(mesh, 'ann', { [wish]: { reason: 'invalidArgument', detail: 'no' } });
		expect(ann.unsettled()).toEqual([]);
		expect(ann.refusals()).toMatchObject(told);
		expect(ann.refusals()[0]?.words).toMatch(/no/);
		mesh.crash('ann');
		await mesh.boot('ann');
		expect(mesh.replica('ann').refusals()).toMatchObject(told);
		await mesh.replica('ann').seen();
		await adopt(mesh, 'ann', {});
		expect(mesh.replica('ann').refusals()).toEqual([]);
	});

	it('counts what waits for the home wherever it was said', async () => {
		const mesh = await ReplicaMesh.start({ seed: 'waiting' });
		mesh.cut('desk', 'ann');
		mesh.cut('desk', 'gate');
		await said(mesh, 'ann', [add(1, 'ann'), add(2, 'ann')]);
		expect(mesh.replica('gate').unsettled()).toEqual([]);
		expect(mesh.replica('gate').waiting()).toHaveLength(2);
		mesh.link('desk', 'gate');
		await mesh.pump();
		expect(mesh.replica('gate').waiting()).toEqual([]);
	});

	it('[I14] tells the author of a late refusal, also after its process crashed, until it is seen', async () => {
		const mesh = await ReplicaMesh.start({ seed: 'late' });
		await mesh.home().home.submit('edge', [add(1, 'desk')]);
		await mesh.pump();
		mesh.isolate('ann');
		await said(mesh, 'ann', [edit(1, 'ann', 'Another title')]);
		await mesh.home().home.submit('edge', [remove(1, 'desk')]);
		mesh.crash('ann');
		await mesh.boot('ann');
		mesh.heal();
		await mesh.pump();
		expect(mesh.replica('ann').refusals()).toMatchObject([{ item: key(1), event: 'edit', refusal: 'unknownItem' }]);
		expect(mesh.replica('ann').refusals()[0]?.words).toMatch(
			/^edit of #1 "Item 1" was refused: there is no item any more/,
		);
		mesh.crash('ann');
		await mesh.boot('ann');
		expect(mesh.replica('ann').refusals()).toHaveLength(1);
		await mesh.replica('ann').seen();
		mesh.crash('ann');
		await mesh.boot('ann');
		await mesh.pump();
		expect(mesh.replica('ann').refusals()).toEqual([]);
		expect(mesh.home().exchange.index.refusals).toEqual({});
	});

	it('[I13] refuses who may not, whatever the entry says', async () => {
		const mesh = await ReplicaMesh.start({ seed: 'rights', nodes: ['desk', 'gate', 'ann', 'bob'] });
		mesh.register((facts) => ({ ...facts, people: { ...facts.people, bob: { id: 'bob', access: 'viewer' } } }));
		expect(await said(mesh, 'bob', [add(1, 'bob')])).toMatchObject([{ kind: 'refused', refusal: 'notAuthorised' }]);
		expect(await said(mesh, 'ann', [add(2, 'root')])).toMatchObject([{ kind: 'refused', refusal: 'notAuthorised' }]);
		expect(await said(mesh, 'ann', [{ ...add(3, 'ann'), by: 'system' }])).toMatchObject([{ kind: 'refused' }]);
		expect(await said(mesh, 'gate', [add(4, 'root')])).toMatchObject([{ kind: 'applied' }]);
		expect(await said(mesh, 'ann', [add(5, 'ann')])).toMatchObject([{ kind: 'applied' }]);
		expect(Object.keys(mesh.home().home.facts.items)).toEqual([key(4), key(5)]);
	});

	it('[I13] refuses what a revoked node wanted and the home had not accepted by then', async () => {
		const mesh = await ReplicaMesh.start({ seed: 'revoked' });
		mesh.cut('desk', 'ann');
		mesh.cut('desk', 'gate');
		await said(mesh, 'ann', [add(1, 'ann')]);
		revoke(mesh, 'ann');
		mesh.link('desk', 'gate');
		await mesh.pump();
		expect(mesh.home().home.facts.items).toEqual({});
		expect((await mesh.historyAtHome()).at(-1)).toMatchObject({ outcome: 'refused:notAuthorised', item: key(1) });
	});

	it('[I15] keeps nothing in the index of a node that was revoked: no author, and no refusal that nobody will hear', async () => {
		const mesh = await ReplicaMesh.start({ seed: 'revoked for good' });
		await said(mesh, 'ann', [add(1, 'ann')]);
		const { author } = mesh.replica('ann');
		mesh.cut('desk', 'ann');
		mesh.cut('desk', 'gate');
		await said(mesh, 'ann', [edit(1, 'ann', 'Too late')]);
		mesh.isolate('ann');
		revoke(mesh, 'ann');
		mesh.link('desk', 'gate');
		await mesh.pump();
		expect(Object.keys(mesh.home().exchange.index.refusals)).toEqual([`${author}#2`]);
		await mesh.home().exchange.tidy();
		await mesh.pump();
		await mesh.home().exchange.tidy();
		const { index } = mesh.home().exchange;
		expect(index.refusals).toEqual({});
		expect(index.facts.authors).not.toHaveProperty(author);
		expect(index.facts.acceptedUpTo).not.toHaveProperty(author);
		expect(index.facts.items).toHaveProperty(key(1));
	});

	it('trims logs that others have the facts of, and forgets authors of ended processes', async () => {
		const mesh = await ReplicaMesh.start({ seed: 'trim' });
		await said(mesh, 'ann', [add(1, 'ann')]);
		const before = mesh.replica('ann').author;
		mesh.crash('ann');
		await mesh.boot('ann');
		await said(mesh, 'ann', [edit(1, 'ann', 'Better')]);
		await mesh.home().exchange.tidy();
		await mesh.pump();
		expect(mesh.home().home.facts.acceptedUpTo).not.toHaveProperty(before);
		expect(mesh.replica('gate').facts.acceptedUpTo).not.toHaveProperty(before);
		expect(mesh.replica('gate').pending()).toEqual([]);
		expect(mesh.replica('ann').views().get(key(1))).toMatchObject({ alias: '~ann-1', title: 'Better' });
	});

	it.each([
		['an earlier process of the home', 'desk', 'refused:unknownItem'],
		['a home of before', 'ann', 'refused:notAuthorised'],
	])('[I15] keeps no refusal of what %s wanted of its own accord', async (_, at, outcome) => {
		const mesh = await ReplicaMesh.start({ seed: 'own accord' });
		const { identity } = mesh.node(at);
		const random = mesh.random.fork('an earlier process');
		const { logs } = at === 'desk' ? mesh.home().exchange : mesh.replica(at);
		const earlier = await logs.startAuthor({ identity, duty: 'home', random });
		await earlier.append([{ by: 'system', item: key(1), event: 'landed', args: {}, basedOn: 0 }]);
		await mesh.pump();
		expect((await mesh.historyAtHome()).at(-1)).toMatchObject({ item: key(1), outcome });
		expect(mesh.home().exchange.index.refusals).toEqual({});
	});

	it('[I15] lets go of entries that an old copy of a disk brings back, of an author that was forgotten', async () => {
		const mesh = await ReplicaMesh.start({ seed: 'old copy', nodes: ['desk', 'gate', 'ann', 'bob'] });
		mesh.isolate('desk');
		await said(mesh, 'ann', [add(1, 'ann')]);
		const backup = mesh.node('bob').disk.backup();
		mesh.heal();
		await mesh.pump();
		const before = await forgotten(mesh, 'ann');
		mesh.crash('bob');
		mesh.node('bob').disk.restore(backup);
		await mesh.boot('bob');
		expect(mesh.replica('bob').pending()).toHaveLength(1);
		await mesh.pump();
		expect(mesh.replica('bob').pending()).toEqual([]);
		await mesh.home().exchange.tidy();
		await mesh.pump();
		expect(mesh.home().home.facts.acceptedUpTo).not.toHaveProperty(before);
		expect(mesh.replica('bob').logs.kept()).toEqual([]);
	});

	it('[I15] forgets a refusal whose entry an old copy of a disk has lost and everyone has trimmed', async () => {
		const mesh = await ReplicaMesh.start({ seed: 'lost refusal', nodes: ['desk', 'gate', 'ann', 'bob'] });
		await said(mesh, 'ann', [add(1, 'ann')]);
		const backup = mesh.node('ann').disk.backup();
		mesh.cut('ann', 'desk');
		mesh.cut('ann', 'gate');
		mesh.cut('bob', 'desk');
		mesh.cut('bob', 'gate');
		await said(mesh, 'ann', [edit(2, 'ann', 'Of nothing')]);
		mesh.isolate('ann');
		mesh.crash('ann');
		mesh.link('bob', 'desk');
		await mesh.pump();
		expect(Object.keys(mesh.home().exchange.index.refusals)).toHaveLength(1);
		mesh.node('ann').disk.restore(backup);
		await mesh.boot('ann');
		mesh.heal();
		await mesh.pump();
		expect(mesh.home().exchange.index.refusals).toEqual({});
	});

	it('[I14] takes what an author said, when it comes after the author was forgotten', async () => {
		const mesh = await ReplicaMesh.start({ seed: 'late entry' });
		await said(mesh, 'ann', [add(1, 'ann')]);
		await mesh.pump();
		const { author } = mesh.replica('ann');
		const backup = mesh.node('ann').disk.backup();
		mesh.isolate('desk');
		await said(mesh, 'ann', [edit(1, 'ann', 'Known to the gateway alone')]);
		mesh.isolate('gate');
		mesh.crash('ann');
		mesh.node('ann').disk.restore(backup);
		mesh.link('desk', 'ann');
		await mesh.boot('ann');
		await mesh.pump();
		await mesh.home().exchange.tidy();
		expect(mesh.home().home.facts.acceptedUpTo).not.toHaveProperty(author);
		mesh.heal();
		await mesh.pump();
		expect(mesh.home().home.item(key(1))?.title).toBe('Known to the gateway alone');
		expect(mesh.replica('gate').pending()).toEqual([]);
	});

	it('[I1] merges what is written into a text on both sides, and has it after a crash', async () => {
		const mesh = await ReplicaMesh.start({ seed: 'texts' });
		await mesh.home().home.submit('edge', [add(1, 'desk')]);
		await mesh.pump();
		await (await mesh.replica('ann').text(key(1)))?.replace('line one\n');
		await mesh.pump();
		mesh.isolate('ann');
		await (await mesh.replica('ann').text(key(1)))?.replace('line one\nby ann\n');
		await (await mesh.home().exchange.text(key(1)))?.replace('by desk\nline one\n');
		mesh.crash('ann');
		await mesh.boot('ann');
		mesh.heal();
		await mesh.pump();
		const texts = await Promise.all([
			mesh.replica('ann').text(key(1)),
			mesh.replica('gate').text(key(1)),
			mesh.home().exchange.text(key(1)),
		]);
		expect(texts.map((text) => text?.text)).toEqual(Array(3).fill('by desk\nline one\nby ann\n'));
	});

	it('clamps a time that is far ahead', async () => {
		const mesh = await ReplicaMesh.start({ seed: 'clock' });
		mesh.isolate('ann');
		mesh.clock.jump(3_600_000);
		const wanted = mesh.replica('ann').submit([add(1, 'ann')], { waitMs: 1 });
		await mesh.clock.advance(10);
		await wanted;
		mesh.clock.jump(-3_600_000);
		mesh.heal();
		await mesh.pump();
		expect(mesh.home().home.item(key(1))?.createdAt).toBeLessThanOrEqual(mesh.clock.now());
	});

	it('settles a thousand late edits within bounded folds', async () => {
		const mesh = await ReplicaMesh.start({ seed: 'many' });
		await mesh.home().home.submit('edge', [add(1, 'desk'), add(2, 'desk')]);
		await mesh.pump();
		mesh.isolate('ann');
		const edits = Array.from({ length: 1_000 }, (_, i) => edit(1 + (i % 2), 'ann', `Title ${i}`));
		await said(mesh, 'ann', edits);
		await mesh.home().home.submit('edge', [remove(2, 'desk')]);
		mesh.heal();
		await mesh.pump();
		expect(mesh.replica('ann').unsettled()).toEqual([]);
		expect(mesh.replica('ann').refusals()).toHaveLength(500);
		expect(mesh.home().home.item(key(1))?.title).toBe('Title 998');
		expect(mesh.home().exchange.index.refusals).toEqual({});
	});
});
