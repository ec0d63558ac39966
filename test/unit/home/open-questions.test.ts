/** Of which items it is told that a question was opened or closed. */
import { expect, it } from 'vitest';
import { OpenQuestions } from '../../../node/home/open-questions.ts';

const asking = (key: string, id: string) => ({ key, asks: { id, question: 'Bash curl x', at: 1 } });

it('names the items of which a question was opened, replaced or closed, and no other', () => {
	const questions = new OpenQuestions();
	expect(questions.look([{ key: 'a', asks: null }, { key: 'b' }])).toEqual([]);
	expect(questions.look([asking('a', 'q'), asking('b', 'q')])).toEqual(['a', 'b']);
	expect(questions.look([asking('a', 'q'), asking('b', 'r')])).toEqual(['b']);
	expect(questions.look([asking('a', 'q')])).toEqual(['b']);
	expect(questions.look([])).toEqual(['a']);
});
