/** Reads `git diff-tree -z --name-status` and `--raw`. NUL-separated, because a path may hold anything but NUL. */
import { ganglineError } from '../ports/errors.ts';
import type { Change } from '../ports/git.ts';

const kinds: Readonly<Record<string, Change['kind']>> = { A: 'added', M: 'modified', T: 'modified', D: 'deleted' };

export function parseChanges(fields: readonly string[]): Change[] {
	const changes: Change[] = [];
	for (let index = 0; index < fields.length; index += 2) {
		const kind = kinds[fields[index] ?? ''];
		const path = fields[index + 1];
		if (kind === undefined || path === undefined) throw unexpected(fields[index]);
		changes.push({ path, kind });
	}
	return changes;
}

/** One path of a raw difference: modes and blobs before and after; `000000` and zeroes where there is none. */
export interface RawChange {
	readonly path: string;
	readonly before: { readonly mode: string; readonly id: string };
	readonly after: { readonly mode: string; readonly id: string };
}

export function parseRawChanges(fields: readonly string[]): RawChange[] {
	const changes: RawChange[] = [];
	for (let index = 0; index < fields.length; index += 2) {
		const [, modeBefore, mode, before, id] =
			/^:(\d{6}) (\d{6}) ([0-9a-f]+) ([0-9a-f]+) [AMDT]$/.exec(fields[index] ?? '') ?? [];
		const path = fields[index + 1];
		if (!modeBefore || !mode || !before || !id || path === undefined) throw unexpected(fields[index]);
		changes.push({ path, before: { mode: modeBefore, id: before }, after: { mode, id } });
	}
	return changes;
}

function unexpected(field: string | undefined): Error {
	return ganglineError(
		'GIT_FAILED',
		`git diff-tree answered ${JSON.stringify(field?.slice(0, 200))}; expected a change and its path`,
	);
}
