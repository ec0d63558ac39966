/** Files that an agent said it edits. */
import { expect, it } from 'vitest';
import { EditCount } from '../../../node/agents/file-edits.ts';

it('counts files of the working folder by their path in it, however they are named', () => {
	const count = new EditCount('/clones/k');
	count.add(['/clones/k/src/a.ts', 'src/a.ts', './src/../src/a.ts']);
	count.add(['/clones/k/b.ts']);
	expect(count.all).toEqual([
		{ path: 'src/a.ts', count: 3 },
		{ path: 'b.ts', count: 1 },
	]);
});

it('leaves out what is no file of it', () => {
	const count = new EditCount('/clones/k');
	count.add(['/tmp/x', '/clones/k', '/clones/kk/a', '../a', '..', '.', '', 'x'.repeat(501)]);
	expect(count.all).toEqual([]);
});

it('is bounded, and goes on to count those that it knows', () => {
	const count = new EditCount('/c');
	for (let at = 0; at < 1_000; at++) count.add([`f${at}`]);
	count.add(['f0']);
	expect(count.all).toHaveLength(200);
	expect(count.all[0]).toEqual({ path: 'f0', count: 2 });
});
