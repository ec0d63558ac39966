import { describe, expect, it } from 'vitest';
import { parseProjectConfig, renderProjectConfig, setReviewMode } from '../../../shared/project/index.ts';

const id = '01J9Z3K4M5N6P7Q8R9S0T1V2W3';

describe('setReviewMode', () => {
	it.each([
		[
			'below its header, keeping comments',
			'# mine\n[review] # who\nmode = "human" # me\n',
			'# mine\n[review] # who\nmode = "server" # me\n',
		],
		['in single quotes', "[review]\nmode='human'\n", '[review]\nmode="server"\n'],
		['dotted', 'review.mode = "human"\nx = 1\n', 'review.mode = "server"\nx = 1\n'],
		['inline', 'review = { mode = "human" }\n', 'review = { mode = "server" }\n'],
		['with the line ends of Windows', '[review]\r\nmode = "human"\r\n', '[review]\r\nmode = "server"\r\n'],
		['absent, below the header', '[review]\n\n[work]\nslots = 1\n', '[review]\nmode = "server"\n\n[work]\nslots = 1\n'],
		['absent with its table', 'a = 1', 'a = 1\n\n[review]\nmode = "server"\n'],
		['in an empty file', '', '[review]\nmode = "server"\n'],
		['there already', '[review]\nmode = "server"\n', '[review]\nmode = "server"\n'],
	])('sets a mode that is %s', (_case, before, after) => {
		expect(setReviewMode(before, 'server')).toBe(after);
	});

	it('leaves another mode, and words in comments, alone', () => {
		const before = '[landing]\nmode = "local"\n# [review] mode = "human"\n[review]\nmode = "human"\n';
		expect(setReviewMode(before, 'server')).toBe(
			'[landing]\nmode = "local"\n# [review] mode = "human"\n[review]\nmode = "server"\n',
		);
	});

	it('gives up where the value is written in a way that it does not know', () => {
		expect(setReviewMode('review = { "mo\\u0064e" = """human""" }\n', 'server')).toBeNull();
	});

	it('changes one line of the file that init writes', () => {
		const before = renderProjectConfig(parseProjectConfig(`id = "${id}"\nname = "shop"\nbranch = "main"\n`));
		const after = setReviewMode(before, 'server') ?? '';
		expect(parseProjectConfig(after).review.mode).toBe('server');
		const changed = after.split('\n').filter((line, at) => line !== before.split('\n')[at]);
		expect(changed).toEqual(['mode = "server"']);
	});
});
