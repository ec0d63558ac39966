/** Numbers of items after a move: none that a home before may have given is given again. */
import { expect, it } from 'vitest';
import { newTerm } from '../../../node/rehome/take.ts';
import { factsWith } from '../../support/facts.ts';

const at = (term: number, nextNumber: number) => ({ ...factsWith(term, []), term, nextNumber });

it('goes on with the next number where the old home has handed over', () => {
	expect(newTerm(at(1, 18), { term: 2, isLost: false })).toMatchObject({ term: 2, nextNumber: 18 });
});

it('[I14] leaves out what a lost home may have given, and a damaged one by itself, and a lost one that nobody heard', () => {
	const byDamagedAlone = 1_001;
	const first = newTerm(at(1, 18), { term: 2, isLost: true }).nextNumber;
	const second = newTerm(at(1, 18), { term: 3, isLost: true }).nextNumber;
	expect(new Set([byDamagedAlone, first, second]).size).toBe(3);
	expect([first, second]).toEqual([2_001, 4_001]);
});

it('stays readable where a damaged home has counted by seconds', () => {
	expect(newTerm(at(2, 18), { term: 1_750_000_111, isLost: true }).nextNumber).toBe(40_001);
});
