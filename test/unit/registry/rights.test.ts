import { describe, expect, it } from 'vitest';
import { authorId } from '../../../shared/ports/index.ts';
import {
	addProject,
	admissionOf,
	callerFor,
	containerLabel,
	joinNode,
	mayHave,
	maySpeakFor,
	mayWorkFor,
	moveHome,
	peersOf,
	personOfAuthor,
	removePerson,
	removeProject,
	revoke,
	rightsOfAuthor,
	setPerson,
} from '../../../shared/registry/index.ts';
import { blog, identityNo, idNo, joiningNo, shop, smallMesh } from '../../support/registry-facts.ts';

const facts = smallMesh();
const numbers = [1, 2, 3, 4, 5, 6, 7, 99];
const edge = (number: number) => authorId(idNo(number), '0011aabb', 'edge');

describe('rights', () => {
	it('[I13] give each node of a project exactly what it may have', () => {
		const table = numbers.map((number) => [mayHave(facts, idNo(number), shop), mayHave(facts, idNo(number), blog)]);
		expect(table).toEqual([
			['write', 'write'],
			['write', 'write'],
			['none', 'none'],
			['none', 'none'],
			['write', 'write'],
			['read', 'read'],
			['read', 'write'],
			['none', 'none'],
		]);
	});

	it('[I13] give the node of a project in a container nothing of other projects, nor a way to their homes', () => {
		const joined = joinNode(
			facts,
			joiningNo(30, { name: 'app', duties: ['home', 'work'], labels: [containerLabel] }),
			9,
		);
		const app = '01ARZ3NDEKTSV4RRFFQ69G5FAW' as typeof shop;
		const made = addProject(joined, { id: app, name: 'app', home: idNo(30), branch: 'main' }, 9);
		expect([app, shop, blog].map((project) => mayHave(made, idNo(30), project))).toEqual(['write', 'none', 'none']);
		// Others have what is in there, as of any project.
		expect(mayHave(made, idNo(2), app)).toBe('write');
		expect(mayHave(made, idNo(7), app)).toBe('read');
		const withoutApp = removeProject(made, app);
		expect(peersOf(withoutApp, idNo(30)).map(({ id }) => id)).toEqual([idNo(1)]);
		expect(() => moveHome(made, shop, idNo(30))).toThrow(/is a container/);
		expect(moveHome(made, app, idNo(2)).projects[app]?.home).toBe(idNo(2));
	});

	it('[I13] let an author act only as the gateway, or for the person at its node', () => {
		const table = numbers.map((number) => rightsOfAuthor(facts, edge(number), shop));
		expect(table).toEqual([['user'], ['user'], [], [], ['user'], [], [], []]);
		for (const duty of ['home', 'work'] as const) {
			for (const number of numbers)
				expect(rightsOfAuthor(facts, authorId(idNo(number), '0011aabb', duty), shop)).toEqual([]);
		}
	});

	it('[I13] let an author name nobody but the person at its node, the gateway anyone who may change something', () => {
		expect(numbers.map((number) => maySpeakFor(facts, edge(number), 'ada'))).toEqual([
			...[true, true, false, false, false, false, false, false],
		]);
		expect(numbers.map((number) => maySpeakFor(facts, edge(number), 'bob'))).toEqual([
			...[true, false, false, false, true, false, false, false],
		]);
		for (const who of ['vera', 'nobody', 'constructor', '__proto__']) {
			expect(numbers.map((number) => maySpeakFor(facts, edge(number), who))).not.toContain(true);
		}
		expect(personOfAuthor(facts, edge(1))).toEqual({ kind: 'anyone' });
		expect(personOfAuthor(facts, edge(6))).toEqual({ kind: 'person', id: 'vera' });
	});

	it('give tasks to those who joined for them', () => {
		expect(
			numbers.map((number) => [mayWorkFor(facts, idNo(number), shop), mayWorkFor(facts, idNo(number), blog)]),
		).toEqual([
			...[
				[false, false],
				[true, true],
				[true, true],
				[true, false],
			],
			...[
				[false, false],
				[false, false],
				[false, false],
				[false, false],
			],
		]);
	});

	it('[I13] admit members by their whole key, and nobody else', () => {
		expect(numbers.map((number) => admissionOf(facts, identityNo(number).publicKey))).toEqual([
			...['member', 'member', 'member', 'member', 'member', 'member', 'member', 'refused'],
		]);
		expect(admissionOf(facts, identityNo(99).publicKey, true)).toBe('stranger');
		const cut = revoke(facts, idNo(3), 10);
		expect(admissionOf(cut, identityNo(3).publicKey, true)).toBe('refused');
	});

	it('[I13] leave a revoked node nothing', () => {
		for (const number of [2, 5, 7]) {
			const cut = revoke(facts, idNo(number), 10);
			for (const project of [shop, blog]) {
				expect(mayHave(cut, idNo(number), project)).toBe('none');
				expect(rightsOfAuthor(cut, edge(number), project)).toEqual([]);
				expect(mayWorkFor(cut, idNo(number), project)).toBe(false);
			}
			expect(maySpeakFor(cut, edge(number), 'ada')).toBe(false);
			expect(peersOf(cut, idNo(number))).toEqual([]);
			expect(numbers.flatMap((other) => peersOf(cut, idNo(other)).map(({ id }) => id))).not.toContain(idNo(number));
			expect(() => callerFor(cut, { node: idNo(number) }, 'ada')).toThrow(
				expect.objectContaining({ code: 'FORBIDDEN' }),
			);
		}
	});

	it('follow what a person may at once', () => {
		const demoted = setPerson(facts, { id: 'bob', access: 'viewer' });
		expect([mayHave(demoted, idNo(5), shop), rightsOfAuthor(demoted, edge(5), shop)]).toEqual(['read', []]);
		const gone = removePerson(facts, 'bob');
		expect([mayHave(gone, idNo(5), shop), rightsOfAuthor(gone, edge(5), shop)]).toEqual(['none', []]);
		const without = removeProject(facts, shop);
		expect(numbers.map((number) => mayHave(without, idNo(number), shop))).not.toContain('write');
	});

	it('[I13] take who asks from the registry: the gateway for anyone, others for who sits there', () => {
		expect(callerFor(facts, { node: idNo(1) }, 'vera')).toEqual({ person: 'vera', access: 'viewer' });
		expect(callerFor(facts, { node: idNo(5) }, 'bob')).toEqual({ person: 'bob', access: 'member' });
		const posing = [
			[1, 'nobody'],
			[1, 'constructor'],
			[5, 'ada'],
			[3, 'ada'],
			[99, 'ada'],
		] as const;
		for (const [number, person] of posing) {
			expect(() => callerFor(facts, { node: idNo(number) }, person)).toThrow(
				expect.objectContaining({ code: 'FORBIDDEN' }),
			);
		}
	});

	it('connect those who have something to say to each other, the gateway first', () => {
		const names = (number: number) => peersOf(facts, idNo(number)).map(({ name }) => name);
		expect(names(1).sort()).toEqual(['bobs', 'builder', 'laptop', 'shopper', 'spare', 'veras']);
		expect(names(2)[0]).toBe('gateway');
		expect(names(2).sort()).toEqual(['bobs', 'builder', 'gateway', 'shopper', 'spare', 'veras']);
		expect(names(3).sort()).toEqual(['gateway', 'laptop', 'spare'].sort());
		expect(names(4).sort()).toEqual(['gateway', 'laptop'].sort());
		expect(names(99)).toEqual([]);
	});
});
