/**
 * A diff of the simulated repository as text without line numbers, to be hashed: equal for a change and its copy on a
 * moved main, as the adapter's patch id is. Ids of the two implementations are not comparable with each other.
 */
import type { Change } from '../git.ts';
import { hunksOf, linesOf } from './sim-git-merge.ts';
import type { Entry, Files } from './sim-git-objects.ts';

const context = 3;

export function patchText(changes: readonly Change[], before: Files, after: Files): string {
	return changes.map(({ path }) => filePatch(path, before.get(path), after.get(path))).join('\n');
}

function filePatch(path: string, before: Entry | undefined, after: Entry | undefined): string {
	const head = JSON.stringify([path, before?.mode ?? null, after?.mode ?? null]);
	if ([before, after].some((entry) => entry?.content.includes(0))) return `${head} ${before?.id} ${after?.id}`;
	const base = linesOf(before);
	const pieces = hunksOf(base, linesOf(after)).map(({ from, to, lines }) => [
		'@@',
		...base.slice(Math.max(0, from - context), from).map((line) => ` ${line}`),
		...base.slice(from, to).map((line) => `-${line}`),
		...lines.map((line) => `+${line}`),
		...base.slice(to, to + context).map((line) => ` ${line}`),
	]);
	return [head, ...pieces.flat()].join('\n');
}
