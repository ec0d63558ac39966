/** What an item's history and the list of logins say to people. */
import { describe, expect, it } from 'vitest';
import { browserName } from '../../../gateway/web/model/browser-name.ts';
import { eventWords, wayWords, whoWords } from '../../../gateway/web/model/history-words.ts';

describe('the history of an item', () => {
	it('names what happened, also what has no words of its own', () => {
		expect(['grant', 'submitForReview', 'retryMerge', 'constructor'].map(eventWords)).toEqual([
			...['Given to an agent', 'Waits for review', 'Retry merge', 'Constructor'],
		]);
	});

	it('says from where to where, and nothing where it stayed', () => {
		expect(wayWords({ from: 'coding', to: 'reviewHold' })).toBe('coding → review by a person');
		expect(wayWords({ from: null, to: 'backlog' })).toBe('backlog');
		expect(wayWords({ from: 'coding', to: 'coding' })).toBe(null);
	});

	it('names people, and what was done by rule as its own', () => {
		expect(whoWords({ by: 'user', who: 'ada' })).toBe('ada');
		expect(whoWords({ by: 'system', who: 'sweep' })).toBe('Gangline');
		expect(whoWords({ by: 'gates', who: 'shell' })).toBe('gates, shell');
	});
});

describe('a browser', () => {
	for (const [said, name] of [
		[
			'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36',
			'Chrome on Linux',
		],
		['Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0', 'Firefox on Windows'],
		[
			'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1',
			'Safari on iPhone',
		],
		['Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0', 'Edge on Windows'],
		['curl/8.0', 'curl/8.0'],
		['', 'a browser'],
	] as const) {
		it(`is called ${name}`, () => {
			expect(browserName(said)).toBe(name);
		});
	}
});
