/** What homes and members say to the gateway, over the twin of the network: believed as far as the registry lets them. */
import { describe, expect, it } from 'vitest';
import { HomeEvents } from '../../../gateway/home-events.ts';
import { Members } from '../../../gateway/members.ts';
import { EventHub } from '../../../shared/http/index.ts';
import { type Mesh, openMesh, serveOperations } from '../../../shared/mesh/index.ts';
import { answerOperation, type ChangeEvent, type ProjectView } from '../../../shared/operations/index.ts';
import { openSimStore, SimClock, SimLog, SimNet, SimRandom } from '../../../shared/ports/sim/index.ts';
import { blog, gatewayIdentity, identityNo, idNo, meshId, shop, smallMesh } from '../../support/registry-facts.ts';

const gatewayAt = {
	node: gatewayIdentity.nodeId,
	publicKey: gatewayIdentity.publicKey,
	addresses: ['/ip4/10.0.9.1/tcp/7431'],
};

function view(id: string, name: string, as: Partial<ProjectView> = {}): ProjectView {
	return {
		id,
		name,
		path: '/home/ada/shop',
		branch: 'main',
		review: 'human',
		landing: 'local',
		paused: false,
		trouble: null,
		...as,
	};
}

async function world() {
	const clock = new SimClock();
	const random = new SimRandom('members');
	const net = new SimNet({ clock, random });
	const log = new SimLog();
	const open = async (number: number): Promise<Mesh> => {
		const { nodeId: node, publicKey } = identityNo(number);
		const addresses = number === 1 ? { addresses: gatewayAt.addresses } : {};
		return openMesh({
			...{
				identity: identityNo(number),
				store: await openSimStore(),
				clock,
				log,
				random: random.fork(`node ${number}`),
			},
			membership: { mesh: meshId, gateway: gatewayAt },
			openNetwork: async (admission) => net.node({ node, publicKey, admission, ...addresses }),
		});
	};
	const gateway = await open(1);
	await gateway.registry.publish(smallMesh());
	const home = await open(2);
	const hub = new EventHub();
	const projects = [view(shop, 'my own name for it'), view(blog, 'not mine')];
	serveOperations({
		...{ mesh: home, clock, events: hub },
		answer: (asked) => answerOperation({ handlers: { 'project.list': async () => ({ projects }) } }, asked),
	});
	const seen: ChangeEvent[] = [];
	const remembered: ProjectView[] = [];
	const stream = new EventHub();
	stream.subscribe((event) => void seen.push(event));
	const seat = { remember: (one: ProjectView) => void remembered.push(one), lastView: () => remembered.at(-1) ?? null };
	const replicas = { find: () => seat as never };
	const homes = new HomeEvents({ mesh: gateway, hub: stream, replicas, clock, log, follows: () => false });
	// The home has no registry at first and refuses everyone.
	await clock.advance(10_000);
	return { clock, net, gateway, home, hub, seen, remembered, homes };
}

const progress = (project: string | null, words: string): ChangeEvent => ({ kind: 'progress', at: 1, project, words });

describe('events of the homes', () => {
	it('[I13] come into the stream for a home’s own projects, under the names of the registry', async () => {
		const { clock, hub, seen, remembered, homes } = await world();
		expect(remembered).toEqual([view(shop, 'shop')]);
		for (const project of [shop, blog, null]) hub.publish(progress(project, `of ${project}`));
		hub.publish({ kind: 'project', at: 2, project: view(shop, 'mine', { paused: true }) });
		hub.publish({ kind: 'itemGone', at: 3, project: shop, key: 'k', name: '#1' });
		await clock.advance(1_000);
		expect(seen).toEqual([
			{ kind: 'project', at: expect.any(Number), project: view(shop, 'shop') },
			progress(shop, `of ${shop}`),
			{ kind: 'project', at: 2, project: view(shop, 'shop', { paused: true }) },
		]);
		homes[Symbol.dispose]();
	});

	it('tell of its projects once more when a home is gone, so that who looks sees it', async () => {
		const { clock, net, seen, homes } = await world();
		const before = seen.length;
		net.partition(idNo(1), idNo(2));
		await clock.advance(60_000);
		const told = { kind: 'project', at: expect.any(Number), project: view(shop, 'shop') };
		expect(seen.slice(before)).toEqual([told]);
		net.heal();
		await clock.advance(60_000);
		expect(seen.slice(before)).toEqual([told, told]);
		homes[Symbol.dispose]();
	});

	it('[I12] come again after the connection broke', async () => {
		const { clock, net, hub, seen, homes } = await world();
		net.partition(idNo(1), idNo(2));
		await clock.advance(60_000);
		hub.publish(progress(shop, 'unheard'));
		net.heal();
		await clock.advance(60_000);
		hub.publish(progress(shop, 'heard'));
		await clock.advance(1_000);
		expect(seen.flatMap((event) => (event.kind === 'progress' ? [event.words] : []))).toEqual(['heard']);
		homes[Symbol.dispose]();
	});
});

describe('members', () => {
	it('are remembered as they spoke last, and forgotten when they are revoked', async () => {
		const clock = new SimClock();
		const members = new Members(clock);
		const word = { version: '1', links: [], roundTrip: { ms: 12, at: 0 } };
		members.said(idNo(2), word);
		members.changed(idNo(2));
		await clock.advance(5_000);
		expect(members.wordOf(idNo(2))).toEqual(word);
		expect(members.sinceOf(idNo(2))).toBe(clock.now() - 5_000);
		members.keep(new Set([idNo(3)]));
		expect([members.wordOf(idNo(2)), members.sinceOf(idNo(2)), members.workerOf(idNo(2))]).toEqual([null, null, null]);
	});

	it('[I15] have their addresses published at most every few seconds', async () => {
		const clock = new SimClock();
		const members = new Members(clock);
		expect([members.mayMove(idNo(2)), members.mayMove(idNo(2)), members.mayMove(idNo(3))]).toEqual([true, false, true]);
		await clock.advance(9_000);
		expect(members.mayMove(idNo(2))).toBe(true);
	});
});
