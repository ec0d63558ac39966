import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { shellWord } from '../../../shared/operations/index.ts';

it('is one word to a shell, whatever is in it', () => {
	expect(shellWord('/home/ada/.local/state')).toBe('/home/ada/.local/state');
	for (const text of ['/my code/x', "it's", '$HOME `id` "x" \\ * ~ ; #', 'ü\n☃', '']) {
		expect(execFileSync('sh', ['-c', `printf %s ${shellWord(text)}`], { encoding: 'utf8' })).toBe(text);
	}
});
