import { describe, expect, it } from 'vitest';
import { viewNode, viewProject } from '../../../shared/mesh/views.ts';
import { meshNodeViewSchema, meshProjectViewSchema } from '../../../shared/operations/index.ts';
import { parseNodeId, parseProjectId } from '../../../shared/ports/index.ts';
import type { MeshNode, MeshProject, RegistryFacts } from '../../../shared/registry/index.ts';

const laptopId = parseNodeId('n0123456789abcdef');
const builderId = parseNodeId('nfedcba9876543210');
const shopId = parseProjectId('01JZ0000000000000000000SHP');

const laptop: MeshNode = {
	id: laptopId,
	name: 'laptop',
	publicKey: 'key',
	addresses: ['/ip4/192.0.2.1/tcp/7431'],
	duties: ['home', 'work'],
	worksFor: 'any',
	person: 'ada',
	slots: 2,
	labels: ['gpu'],
	status: 'member',
	joinedAt: 1,
	changedAt: 1,
};
const builder: MeshNode = {
	...laptop,
	id: builderId,
	name: 'builder',
	duties: ['work'],
	worksFor: [shopId],
	person: null,
};
const shop: MeshProject = {
	id: shopId,
	name: 'shop',
	home: laptopId,
	homeKey: 'key',
	term: 1,
	branch: 'main',
	addedAt: 1,
};
const facts: RegistryFacts = {
	mesh: '01JZ000000000000000000MESH',
	revision: 1,
	nodes: { [laptopId]: laptop, [builderId]: builder },
	projects: { [shopId]: shop },
	people: {},
};
const unseen = { self: false, connected: false, since: null, version: null, links: [], roundTrip: null, worker: null };

describe('a node as people see it', () => {
	it('has names instead of ids, and its homes', () => {
		const view = viewNode(facts, laptop, { ...unseen, self: true, links: [builderId] });
		expect(meshNodeViewSchema.parse(view)).toMatchObject({ name: 'laptop', homeOf: ['shop'], links: ['builder'] });
		expect(viewNode(facts, builder, unseen)).toMatchObject({ worksFor: ['shop'], homeOf: [], qualified: [] });
	});

	it('has the slots that its worker says, else those of the registry', () => {
		expect(viewNode(facts, builder, unseen).slots).toEqual({ used: null, total: 2 });
	});

	it('says why it takes nothing', () => {
		expect(viewNode(facts, { ...builder, status: 'draining' }, unseen).declines).toBe('it is being drained');
		expect(viewNode(facts, builder, unseen).declines).toBe(null);
	});
});

describe('a project as people see it', () => {
	const evening = new Date(2026, 10, 20, 23, 10).getTime();
	const sight = { connected: true, since: evening, resultsWaiting: 0, changesWaiting: 0, now: evening + 60_000 };
	const check = (what: string, change: Partial<typeof sight>, expected: string | null): void => {
		it(`says ${expected ?? 'nothing'} where ${what}`, () => {
			const view = viewProject(facts, shop, { ...sight, ...change });
			expect(meshProjectViewSchema.parse(view).words).toBe(expected);
		});
	};
	check('all is well', {}, null);
	check('the home is away', { connected: false, resultsWaiting: 7 }, 'home laptop away since 23:10, 7 results wait');
	check(
		'it is away since another day',
		{ connected: false, now: evening + 3_600_000 },
		'home laptop away since 2026-11-20 23:10',
	);
	check('a result is not settled yet', { resultsWaiting: 1, changesWaiting: 2 }, '1 result waits, 2 changes wait');
});
