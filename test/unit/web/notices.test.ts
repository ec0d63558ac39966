/** What failed stays in sight until a person has closed it. */
import { expect, it } from 'vitest';
import { Notices } from '../../../gateway/web/store/notices.ts';
import { ganglineError } from '../../../shared/ports/index.ts';
import { SimClock } from '../../../shared/ports/sim/index.ts';

it('keeps a failure until it is closed, whatever is done after it', async () => {
	const clock = new SimClock();
	const notices = new Notices(clock);
	notices.fail(ganglineError('REFUSED', 'it was refused'));
	for (let done = 1; done <= 6; done += 1) notices.tell(`done ${done}`);
	const words = () => notices.snapshot().map((notice) => notice.words);
	expect(words()).toEqual(['it was refused', 'done 4', 'done 5', 'done 6']);
	await clock.advance(60_000);
	expect(words()).toEqual(['it was refused']);
	notices.close(notices.snapshot()[0]?.id ?? 0);
	expect(words()).toEqual([]);
});

it('shows the newest of many failures, and what is done after them', () => {
	const notices = new Notices(new SimClock());
	for (let failed = 1; failed <= 6; failed += 1) notices.fail(ganglineError('REFUSED', `refused ${failed}`));
	notices.tell('done');
	expect(notices.snapshot().map(({ words }) => words)).toEqual(['refused 4', 'refused 5', 'refused 6', 'done']);
});
