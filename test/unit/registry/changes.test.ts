import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { personIdSchema } from '../../../shared/operations/index.ts';
import {
	addProject,
	containerLabel,
	drain,
	freeName,
	joinNode,
	members,
	moveHome,
	personIdFrom,
	type RegistryFacts,
	removeContainer,
	removePerson,
	removeProject,
	renameNode,
	renameProject,
	revoke,
	seatPerson,
	setAddresses,
	setPerson,
	undrain,
} from '../../../shared/registry/index.ts';
import { blog, founded, idNo, joiningNo, shop, smallMesh } from '../../support/registry-facts.ts';

const facts = smallMesh();

/** The code of what a change throws. */
function refusedAs(change: () => unknown): string {
	try {
		change();
	} catch (error) {
		if (error instanceof Error && 'code' in error) return String(error.code);
		throw error;
	}
	return 'applied';
}

describe('changes of the registry', () => {
	it('refuse what makes no sense, naming it', () => {
		const table: readonly [string, () => unknown, string][] = [
			['a member again', () => joinNode(facts, joiningNo(3), 9), 'REFUSED'],
			['a revoked key', () => joinNode(revoke(facts, idNo(3), 9), joiningNo(3), 10), 'REFUSED'],
			['a second gateway', () => joinNode(facts, joiningNo(20, { duties: ['gateway'] }), 9), 'REFUSED'],
			['a taken name', () => joinNode(facts, joiningNo(20, { name: 'builder' }), 9), 'REFUSED'],
			['a person who is not there', () => joinNode(facts, joiningNo(20, { person: 'eve' }), 9), 'UNKNOWN_PERSON'],
			['renaming to a taken name', () => renameNode(facts, idNo(3), 'laptop'), 'REFUSED'],
			['renaming nobody', () => renameNode(facts, idNo(50), 'x'), 'UNKNOWN_NODE'],
			['renaming a revoked node', () => renameNode(revoke(facts, idNo(3), 9), idNo(3), 'x'), 'REFUSED'],
			['draining a node without work', () => drain(facts, idNo(5), 9), 'REFUSED'],
			['revoking the gateway', () => revoke(facts, idNo(1), 9), 'REFUSED'],
			['revoking nobody', () => revoke(facts, idNo(50), 9), 'UNKNOWN_NODE'],
			[
				'a project at a worker',
				() => addProject(facts, { id: id(3), name: 'new', home: idNo(3), branch: 'main' }, 9),
				'REFUSED',
			],
			[
				'a project of another home',
				() => addProject(facts, { id: shop, name: 'shop', home: idNo(7), branch: 'main' }, 9),
				'REFUSED',
			],
			[
				'a taken project name',
				() => addProject(facts, { id: id(3), name: 'shop', home: idNo(7), branch: 'main' }, 9),
				'REFUSED',
			],
			['renaming to a taken project name', () => renameProject(facts, blog, 'shop'), 'REFUSED'],
			['renaming no project', () => renameProject(facts, id(4), 'x'), 'UNKNOWN_PROJECT'],
			['removing no project', () => removeProject(facts, id(4)), 'UNKNOWN_PROJECT'],
			['moving to a worker', () => moveHome(facts, shop, idNo(3)), 'REFUSED'],
			['moving to an older term', () => moveHome(facts, shop, idNo(7), 1), 'REFUSED'],
			['removing the only owner', () => removePerson(facts, 'ada'), 'REFUSED'],
			['demoting the only owner', () => setPerson(facts, { id: 'ada', access: 'member' }), 'REFUSED'],
			['removing nobody', () => removePerson(facts, 'eve'), 'UNKNOWN_PERSON'],
			['seating nobody', () => seatPerson(facts, idNo(3), 'eve'), 'UNKNOWN_PERSON'],
		];
		expect(table.map(([what, change]) => [what, refusedAs(change)])).toEqual(
			table.map(([what, , code]) => [what, code]),
		);
	});

	it('give back the very same facts where it is so already', () => {
		const drained = drain(facts, idNo(3), 9);
		const same: readonly (readonly [RegistryFacts, RegistryFacts])[] = [
			[renameNode(facts, idNo(3), 'builder'), facts],
			[drain(drained, idNo(3), 10), drained],
			[undrain(facts, idNo(3), 10), facts],
			[setAddresses(facts, idNo(3), ['/ip4/192.0.2.3/tcp/7431']), facts],
			[addProject(facts, { id: shop, name: 'other', home: idNo(2), branch: 'main' }, 10), facts],
			[renameProject(facts, shop, 'shop'), facts],
			[moveHome(facts, shop, idNo(2)), facts],
			[setPerson(facts, { id: 'bob', access: 'member' }), facts],
			[seatPerson(facts, idNo(3), null), facts],
		];
		for (const [after, before] of same) expect(after).toBe(before);
	});

	it('move a home into a later term under its own key', () => {
		const moved = moveHome(facts, shop, idNo(7));
		expect(moved.projects[shop]).toMatchObject({ home: idNo(7), homeKey: facts.nodes[idNo(7)]?.publicKey, term: 2 });
		expect(moveHome(facts, shop, idNo(7), 9).projects[shop]?.term).toBe(9);
	});

	it('take a removed project from those who worked for it alone, and free its name', () => {
		const without = removeProject(facts, shop);
		expect(without.nodes[idNo(4)]?.worksFor).toEqual([]);
		expect(refusedAs(() => addProject(without, { id: id(3), name: 'shop', home: idNo(7), branch: 'main' }, 9))).toBe(
			'applied',
		);
	});

	it('let a revoked node’s name be another’s', () => {
		const cut = revoke(facts, idNo(3), 9);
		expect(freeName(cut, 'builder')).toBe('builder');
		expect(freeName(facts, 'builder')).toBe('builder-2');
		const joined = joinNode(cut, joiningNo(30, { name: 'builder' }), 10);
		expect(members(joined).filter(({ name }) => name === 'builder')).toHaveLength(1);
	});

	it('take a container out with its project: its key is revoked with its state, and a stranger’s where that is kept', () => {
		const about = { node: idNo(30), project: id(3), name: 'app' };
		const inside = joinNode(
			facts,
			joiningNo(30, { name: 'app', duties: ['home', 'work'], labels: [containerLabel] }),
			9,
		);
		const made = addProject(inside, { id: id(3), name: 'app', home: idNo(30), branch: 'main' }, 9);
		const kept = removeContainer(made, about, { isPurged: false, now: 10 });
		expect([kept.projects, kept.nodes]).toEqual([facts.projects, facts.nodes]);
		expect(kept.revision).toBe(made.revision + 1);
		expect(members(joinNode(kept, joiningNo(30, { name: 'app' }), 11)).map(({ name }) => name)).toContain('app');
		const purged = removeContainer(made, about, { isPurged: true, now: 10 });
		expect(purged.nodes[idNo(30)]?.status).toBe('revoked');
		expect(purged.projects).toEqual(facts.projects);
		// Asked again, or never joined, nothing changes; nobody's home but a container's is touched.
		for (const isPurged of [false, true]) {
			expect(removeContainer(kept, about, { isPurged, now: 11 })).toBe(kept);
			expect(removeContainer(facts, { node: null, project: shop, name: 'builder' }, { isPurged, now: 11 })).toBe(facts);
		}
		// One whose making was cut off behind its join is known by its project, or by its name.
		const unknown = { node: null, project: null, name: 'app' };
		expect(removeContainer(made, unknown, { isPurged: true, now: 10 })).toEqual(purged);
	});

	it('turn any account into the name of a person, the same each time', () => {
		fc.assert(
			fc.property(fc.string({ minLength: 1, maxLength: 60 }), (account) => {
				expect(personIdSchema.safeParse(personIdFrom(account)).success).toBe(true);
				expect(personIdFrom(account)).toBe(personIdFrom(account));
			}),
		);
		expect([personIdFrom('ada'), personIdFrom('Ada L.'), personIdFrom('0day')]).toEqual(['ada', 'ada-l.', '_0day']);
	});

	it('keep names apart, keys single, owners present and revisions rising, whatever is done', () => {
		const number = fc.integer({ min: 2, max: 8 });
		const name = fc.constantFrom('a', 'b', 'c');
		const project = fc.constantFrom(shop, blog);
		const change = fc.oneof(
			fc.tuple(number, name).map(
				([n, as]) =>
					(f: RegistryFacts) =>
						joinNode(f, joiningNo(n, { name: as, duties: ['home', 'work'] }), n),
			),
			fc.tuple(number, name).map(
				([n, as]) =>
					(f: RegistryFacts) =>
						renameNode(f, idNo(n), as),
			),
			number.map((n) => (f: RegistryFacts) => drain(f, idNo(n), 1)),
			number.map((n) => (f: RegistryFacts) => revoke(f, idNo(n), 1)),
			fc.tuple(number, project, name).map(
				([n, p, as]) =>
					(f: RegistryFacts) =>
						addProject(f, { id: p, name: as, home: idNo(n), branch: 'main' }, 1),
			),
			fc.tuple(project, name).map(
				([p, as]) =>
					(f: RegistryFacts) =>
						renameProject(f, p, as),
			),
			fc.tuple(project, number).map(
				([p, n]) =>
					(f: RegistryFacts) =>
						moveHome(f, p, idNo(n)),
			),
			project.map((p) => (f: RegistryFacts) => removeProject(f, p)),
			fc.tuple(name, fc.constantFrom('owner', 'member', 'viewer')).map(
				([id, access]) =>
					(f: RegistryFacts) =>
						setPerson(f, { id, access }),
			),
			fc.constantFrom('a', 'ada').map((who) => (f: RegistryFacts) => removePerson(f, who)),
		);
		fc.assert(
			fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
				let now = founded();
				for (const one of changes) {
					const before = now;
					if (
						refusedAs(() => {
							now = one(now);
						}) !== 'applied'
					)
						expect(now).toBe(before);
					expect(now.revision).toBe(now === before ? before.revision : before.revision + 1);
				}
				const names = members(now).map((node) => node.name);
				expect(new Set(names).size).toBe(names.length);
				const projects = Object.values(now.projects).map((one) => one.name);
				expect(new Set(projects).size).toBe(projects.length);
				expect(Object.values(now.people).some(({ access }) => access === 'owner')).toBe(true);
				expect(Object.values(now.projects).every(({ home, homeKey }) => now.nodes[home]?.publicKey === homeKey)).toBe(
					true,
				);
			}),
			{ numRuns: 200 },
		);
	});
});

function id(number: number): typeof shop {
	return `01JZ000000000000000000000${number}` as typeof shop;
}
