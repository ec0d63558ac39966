/** The project that somebody writes an item for stays the one they saw. */
import { expect, it } from 'vitest';
import type { ProjectBoard } from '../../../gateway/web/model/board-state.ts';
import { boardChosen } from '../../../gateway/web/model/chosen-board.ts';

const board = (id: string, name: string) => ({ project: { id, name } }) as ProjectBoard;
const [blog, shop] = [board('B1', 'blog'), board('S1', 'shop')];
const nothing = { chosen: null, named: null, last: null };

it('is the one of the address, else of last time, else the first', () => {
	expect(boardChosen([blog, shop], { ...nothing, named: 'shop', last: 'blog' })).toBe(shop);
	expect(boardChosen([blog, shop], { ...nothing, named: 's1' })).toBe(shop);
	expect(boardChosen([blog, shop], { ...nothing, last: 'shop' })).toBe(shop);
	expect(boardChosen([blog, shop], { ...nothing, last: 'gone' })).toBe(blog);
});

it('is no other one where what was meant is not there', () => {
	expect(boardChosen([blog], { ...nothing, named: 'shop' })).toBeNull();
	expect(boardChosen([blog], { ...nothing, chosen: 'S1', named: 'blog' })).toBeNull();
	expect(boardChosen([], nothing)).toBeNull();
});

it('stays through a new name and a project that comes before it', () => {
	const renamed = board('S1', 'store');
	expect(boardChosen([board('A1', 'attic'), renamed], { chosen: 'S1', named: 'shop', last: 'shop' })).toBe(renamed);
});
