/** Views of containers for the one who follows them: the newest of each, and an end. */
import { describe, expect, it } from 'vitest';
import { ViewFeed } from '../../../node/provision/index.ts';
import { myapp } from '../../support/tiny-containers.ts';

describe('views on their way to the gateway', () => {
	it('[I15] are the newest of each, in the order of their last change, however many there were', async () => {
		const feed = new ViewFeed();
		const reading = new AbortController();
		const views = feed.follow(reading.signal);
		const first = views.next();
		for (let n = 0; n <= 1_000; n += 1)
			for (const name of ['a', 'b']) feed.publish({ ...myapp, name, words: `${name}${n}` });
		feed.publish({ ...myapp, name: 'a', words: 'last' });
		const heard = [await first, await views.next()].map(({ value }) => value?.words);
		expect(heard).toEqual(['b1000', 'last']);
		const next = views.next();
		reading.abort();
		expect(await next).toEqual({ done: true, value: undefined });
	});
});
