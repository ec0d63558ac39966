import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changeBetween, lineAt, movedCaret } from '../../../gateway/web/model/shared-text.ts';

const applied = (text: string, change: ReturnType<typeof changeBetween>): string =>
	change === null ? text : text.slice(0, change.at) + change.inserted + text.slice(change.at + change.removed);

describe('a field over a shared text', () => {
	it('takes what was typed for the smallest change', () => {
		expect(changeBetween('abc', 'abxc', 3)).toEqual({ at: 2, removed: 0, inserted: 'x' });
		expect(changeBetween('abc', 'ac', 1)).toEqual({ at: 1, removed: 1, inserted: '' });
		expect(changeBetween('abc', 'abc', 1)).toBeNull();
	});

	it('tells by the caret which of two equal letters is new', () => {
		expect(changeBetween('aa', 'aaa', 1)).toEqual({ at: 0, removed: 0, inserted: 'a' });
		expect(changeBetween('aa', 'aaa', 3)).toEqual({ at: 2, removed: 0, inserted: 'a' });
	});

	it('always makes the new text of the old one', () => {
		fc.assert(
			fc.property(
				fc.string({ unit: 'grapheme' }),
				fc.string({ unit: 'grapheme' }),
				fc.nat(),
				(before, after, caret) => {
					expect(applied(before, changeBetween(before, after, caret % (after.length + 1)))).toBe(after);
				},
			),
		);
	});

	it('never cuts a character of two halves', () => {
		const change = changeBetween('😀', '😁', 2);
		expect(change).toEqual({ at: 0, removed: 2, inserted: '😁' });
	});

	it('moves the caret with what others write before it, and not after', () => {
		expect(movedCaret(5, [{ retain: 2 }, { insert: 'xyz' }])).toBe(8);
		expect(movedCaret(5, [{ retain: 6 }, { insert: 'xyz' }])).toBe(5);
		expect(movedCaret(5, [{ retain: 1 }, { delete: 2 }])).toBe(3);
		expect(movedCaret(5, [{ retain: 3 }, { delete: 9 }])).toBe(3);
	});

	it('knows the line of a place', () => {
		expect([0, 2, 3, 99].map((at) => lineAt('ab\ncd\n', at))).toEqual([1, 1, 2, 3]);
	});
});
