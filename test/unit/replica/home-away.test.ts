/** What only the home knows, asked at a replica while the home cannot be reached. */
import { describe, expect, it } from 'vitest';
import { parseArgs } from '../../../shared/operations/index.ts';
import type { GanglineError } from '../../../shared/ports/index.ts';
import { SimClock } from '../../../shared/ports/sim/index.ts';
import { askReplica, HomeContact, LinkBook, type ReplicaSeat } from '../../../shared/replica/index.ts';
import { twoId } from '../../support/mesh-pair.ts';

const since = new Date(2026, 10, 21, 23, 10).getTime();
const links = new LinkBook({ links: () => [], subscribe: () => () => undefined }, new SimClock());
links.restore(twoId, since);
const contact = new HomeContact({
	home: () => twoId,
	gateway: () => null,
	nodeName: () => 'laptop',
	project: () => 'shop',
	links,
	rpc: { ask: () => Promise.reject(new Error('nobody can be asked')) },
});
const replica = { id: '01ARZ3NDEKTSV4RRFFQ69G5FAV', name: 'shop', views: () => new Map() };
const seat = { contact, replica } as unknown as ReplicaSeat;
const item = '01BX5ZZKBKACTAV9WEVGEMMVRZ';

describe('a replica whose home is away', () => {
	for (const name of ['item.logs', 'item.history', 'item.diff'] as const) {
		it(`says of ${name} that the home alone answers it, since when it is away, and what works meanwhile`, async () => {
			const args = parseArgs(name, { project: replica.id, item });
			const caller = { person: 'vera', access: 'viewer' } as const;
			const error = await askReplica(seat, { name, args: args as never, caller }).catch(
				(thrown: GanglineError) => thrown,
			);
			expect(error).toMatchObject({
				code: 'HOME_AWAY',
				message: `${name} is answered by the home of shop alone: home laptop away since 23:10`,
				data: { home: 'laptop', since },
			});
			expect((error as GanglineError).hint).toContain('ask again when it is back');
		});
	}

	it('says that the home runs another version when it answers what nobody can read', async () => {
		const near = new LinkBook(
			{ links: () => [{ node: twoId }] as never, subscribe: () => () => undefined },
			new SimClock(),
		);
		const asked = new HomeContact({
			...{ home: () => twoId, gateway: () => null, nodeName: () => 'laptop', project: () => 'shop', links: near },
			rpc: { ask: async () => ({ items: 'many' }) as never },
		});
		const caller = { person: 'vera', access: 'viewer' } as const;
		await expect(asked.ask({ name: 'item.list', args: {}, caller })).rejects.toMatchObject({
			code: 'MALFORMED',
			message: expect.stringContaining('laptop answered item.list otherwise than expected'),
		});
	});
});
