/** What is said about an item by two people at once. */
import { expect, it } from 'vitest';
import { Talks } from '../../../node/home/talks.ts';
import { openSimStore } from '../../../shared/ports/sim/index.ts';

const key = '01BX5ZZKBKACTAV9WEVGEMMVRZ';

it('keeps what two people say at once, and the answer that a third one gives', async () => {
	const store = await openSimStore();
	const talks = await Talks.open(store, 'app');
	await talks.park(key, { id: 'q1', question: 'Bash curl', at: 1 });
	const answered = { question: 'Bash curl', allow: true, who: 'ada', at: 2 };
	await Promise.all([talks.note(key, 'ann: mind the gap'), talks.note(key, 'bob: go on'), talks.answer(key, answered)]);
	const said = { answered: [answered], notes: ['ann: mind the gap', 'bob: go on'] };
	for (const one of [talks, await Talks.open(store, 'app')]) {
		expect(one.forTask(key)).toEqual(said);
		expect(one.parked(key)).toBeNull();
	}
});
