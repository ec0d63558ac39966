/** Who has what open, as every member sees it: told directly and by the gateway, never stored, nobody made up. */
import { afterEach, describe, expect, it } from 'vitest';
import { peopleKind } from '../../../shared/protocol/people.ts';
import { seatPerson } from '../../../shared/registry/index.ts';
import { PresentPeople } from '../../../shared/replica/index.ts';
import { projectId as project } from '../../support/replica-mesh.ts';
import { WholeMesh } from '../../support/whole-mesh.ts';

const names = ['desk', 'gate', 'ann', 'bob'] as const;
type Name = (typeof names)[number];
const item = '01JZ0000000000000000000001';

let mesh: WholeMesh;
let people: ReadonlyMap<Name, PresentPeople>;
afterEach(async () => {
	for (const one of people.values()) one[Symbol.dispose]();
	await mesh.stop();
});

async function start(seed: string): Promise<void> {
	mesh = await WholeMesh.start(seed, names);
	people = new Map(names.map((name) => [name, new PresentPeople({ mesh: mesh.running(name).mesh })]));
}

const at = (name: Name): PresentPeople => {
	const found = people.get(name);
	if (!found) throw new RangeError(name);
	return found;
};
const seen = (name: Name): string =>
	at(name)
		.in(project)
		.map(({ person, item }) => `${person} ${item ? 'item' : 'board'}`)
		.join(', ');

describe('who is there now', () => {
	it('is seen by everyone at once, each once, and no more when it is over', async () => {
		await start('there');
		const closes = [
			at('ann').enter({ person: 'ann', project, item }),
			at('ann').enter({ person: 'ann', project, item }),
			at('gate').enter({ person: 'bob', project, item: null }),
		];
		await mesh.until(() => names.every((name) => seen(name) === 'bob board, ann item'), 2_000);
		expect(at('bob').in('01JZ0000000000000000000OTH')).toEqual([]);
		closes[0]?.();
		await mesh.run(200);
		expect(seen('desk')).toBe('bob board, ann item');
		for (const close of closes) close();
		await mesh.until(() => names.every((name) => seen(name) === ''), 2_000);
		expect(mesh.running('ann').mesh.sync.presence(peopleKind)).toEqual([]);
	});

	it('reaches through the gateway who has no other way, and ends with the node that said it', async () => {
		await start('through');
		mesh.net.partition(mesh.id('ann'), mesh.id('bob'));
		mesh.net.partition(mesh.id('ann'), mesh.id('desk'));
		await mesh.run(35_000, 100);
		at('ann').enter({ person: 'ann', project, item });
		await mesh.until(() => seen('bob') === 'ann item' && seen('desk') === 'ann item', 10_000);
		mesh.isolate('ann');
		await mesh.until(() => seen('bob') === '' && seen('gate') === '' && seen('desk') === '', 60_000);
		expect(seen('ann')).toBe('ann item');
	});

	it('[I13] believes a node about its own person alone, and tells nothing to who may not have the project', async () => {
		await start('made up');
		at('bob').enter({ person: 'ann', project, item });
		at('bob').enter({ person: 'bob', project, item });
		await mesh.until(() => seen('gate') === 'bob item' && seen('desk') === 'bob item', 2_000);
		await mesh.run(6_000, 100);
		expect(seen('ann')).toBe('bob item');
		const told = (): readonly unknown[] =>
			mesh
				.running('ann')
				.mesh.sync.presence(peopleKind)
				.flatMap(({ value }) => value);
		expect(told()).not.toEqual([]);
		await mesh.register((facts) => seatPerson(facts, mesh.id('ann'), null));
		await mesh.until(() => told().length === 0, 10_000);
		expect(seen('desk')).toBe('bob item');
	});
});
