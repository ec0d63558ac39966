/**
 * Changes one value of a project file's text and nothing else: other lines, comments and line ends stay as they are.
 * An edit is believed only when the result, read back, differs from before in exactly that value.
 */
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'smol-toml';
import type { ProjectConfig } from './config.ts';
import { locateKeys } from './key-positions.ts';

type ReviewMode = ProjectConfig['review']['mode'];

/** The text with `review.mode` set; null where it cannot be changed without touching anything else. */
export function setReviewMode(toml: string, mode: ReviewMode): string | null {
	const wanted = withMode(parse(toml), mode);
	const edits = [replaceValue, insertBelowHeader, appendTable];
	return edits.map((edit) => edit(toml, mode)).find((text) => isRead(text, wanted)) ?? null;
}

function withMode(before: Record<string, unknown>, mode: ReviewMode): unknown {
	const review = before.review;
	const others = typeof review === 'object' && review !== null ? review : {};
	return plain({ ...before, review: { ...others, mode } });
}

function isRead(text: string, wanted: unknown): boolean {
	try {
		return isDeepStrictEqual(plain(parse(text)), wanted);
	} catch {
		return false;
	}
}

/** Without the prototypes that tell a parsed table from a made one; a project file holds no dates. */
function plain(value: unknown): unknown {
	return JSON.parse(JSON.stringify(value));
}

/** `mode = "human"`, below `[review]`, dotted or inline. */
function replaceValue(toml: string, mode: ReviewMode): string {
	return editLine(toml, locateKeys(toml)(['review', 'mode']).line, (line) =>
		line.replace(/(\bmode["']?\s*=\s*)("[^"]*"|'[^']*')/, `$1"${mode}"`),
	);
}

function insertBelowHeader(toml: string, mode: ReviewMode): string {
	const end = lineEnd(toml);
	return editLine(toml, locateKeys(toml)(['review']).line, (line) => `${line}${end}mode = "${mode}"`);
}

function appendTable(toml: string, mode: ReviewMode): string {
	const end = lineEnd(toml);
	const gap = toml === '' ? '' : toml.endsWith('\n') ? end : `${end}${end}`;
	return `${toml}${gap}[review]${end}mode = "${mode}"${end}`;
}

/** `line` counts from 1 and is given to `edit` without its end. */
function editLine(toml: string, line: number, edit: (text: string) => string): string {
	const lines = toml.split('\n');
	const text = lines[line - 1] ?? '';
	const end = text.endsWith('\r') ? '\r' : '';
	lines[line - 1] = `${edit(text.slice(0, text.length - end.length))}${end}`;
	return lines.join('\n');
}

function lineEnd(toml: string): string {
	return toml.includes('\r\n') ? '\r\n' : '\n';
}
