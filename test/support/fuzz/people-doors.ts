/** The door of presence: what another node says of who looks at what, as the board of this one shows it. */
import type { NodeId } from '../../../shared/ports/index.ts';
import { ganglineError } from '../../../shared/ports/index.ts';
import { PresentPeople, present } from '../../../shared/replica/present-people.ts';
import { idNo, shop, smallMesh } from '../registry-facts.ts';
import type { Door } from './door.ts';
import { valuesFrom } from './makers.ts';

/** As a gateway hears it of bob's laptop, which may speak for bob alone. */
export function peopleDoor(): Door {
	const facts = smallMesh();
	let said: unknown;
	let told: ((peer: NodeId) => unknown) | undefined;
	const laptop = Object.values(facts.nodes).find(({ person }) => person === 'bob')?.id;
	if (laptop === undefined) throw new Error('the small mesh has no laptop of bob');
	const people = new PresentPeople({
		mesh: {
			self: idNo(1),
			facts: () => facts,
			onFacts: () => () => {},
			sync: {
				onPresence: () => () => {},
				presence: () => [{ node: laptop, value: said, isConnected: true }],
				setPresence: (_kind: string, tell: typeof told) => {
					told = tell;
				},
			},
		} as never,
	});
	return {
		name: 'who is said to look at an item',
		covers: ['shared/replica/present-people.ts', 'shared/protocol/people.ts'],
		make: valuesFrom([
			[
				{ person: 'bob', project: shop, item: null },
				{ person: 'bob', project: shop, item: 'a' },
			],
			[{ person: 'ada', project: shop, item: null }],
		]),
		feed: (value) => {
			said = value;
			people.enter({ person: 'ada', project: shop, item: 'mine' })();
			const shown = people.in(shop);
			const passedOn = told?.(idNo(3));
			if (shown.some(({ person }) => person !== 'bob')) throw new Error('a laptop spoke for somebody else');
			if (shown.length === 0) throw ganglineError('MALFORMED', 'it says nothing that is believed');
			return [present(shown, new Map()), passedOn];
		},
	};
}
