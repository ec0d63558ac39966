/** When a stream that says nothing is taken for a dead one. */
import { describe, expect, it } from 'vitest';
import { firstWordMsMax, silentMsMax, watchSilence } from '../../../gateway/web/store/silence.ts';
import { SimClock } from '../../../shared/ports/sim/index.ts';

function watched() {
	const clock = new SimClock();
	const said: (number | null)[] = [];
	return { clock, said, silence: watchSilence(clock, (heardAt) => said.push(heardAt)) };
}

describe('a stream that falls silent', () => {
	it('is not waited for longer than a first word may take', async () => {
		const { clock, said } = watched();
		await clock.advance(firstWordMsMax - 1);
		expect(said).toEqual([]);
		await clock.advance(1);
		expect(said).toEqual([null]);
	});

	it('is taken for live as long as it says something now and then', async () => {
		const { clock, said, silence } = watched();
		for (let words = 0; words < 20; words += 1) {
			silence.heard();
			await clock.advance(silentMsMax - 1);
		}
		expect(said).toEqual([]);
	});

	it('is over when a word is missing, and what it told is as old as its last one', async () => {
		const { clock, said, silence } = watched();
		await clock.advance(1_000);
		silence.heard();
		const heardAt = clock.now();
		await clock.advance(silentMsMax * 3);
		expect(said).toEqual([heardAt]);
	});

	it('says nothing more when nobody listens', async () => {
		const { clock, said, silence } = watched();
		silence.heard();
		silence.stop();
		expect(clock.waiting).toBe(0);
		await clock.advance(silentMsMax);
		expect(said).toEqual([]);
	});
});
