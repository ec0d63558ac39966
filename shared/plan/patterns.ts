/**
 * Which paths a pattern means. Literal paths, `*` and `?` within a segment, `**` as a whole segment across segments, and
 * nothing else: what a shell or git would read differently is refused instead of guessed at. Matching takes at most
 * pattern times path, whatever a plan contains.
 */
import { ganglineError } from '../ports/errors.ts';

/** A pattern that may be used, cut into segments. */
export interface Pattern {
	readonly text: string;
	readonly segments: readonly string[];
}

/** Parses a pattern of a plan; throws INVALID_PLAN with what is wrong with it. */
export function parsePattern(text: string): Pattern {
	const fault = faultIn(text);
	if (fault !== null) {
		throw ganglineError('INVALID_PLAN', `the pattern ${JSON.stringify(text)} ${fault}`, {
			hint: 'use paths relative to the repository, with *, ** and ? as the only wildcards',
			data: { pattern: text },
		});
	}
	return { text, segments: text.split('/') };
}

export function isAllowedPattern(text: string): boolean {
	return faultIn(text) === null;
}

/** Whether the pattern means this path, given as its segments. */
export function matches({ segments }: Pattern, path: readonly string[]): boolean {
	return wildcardMatch(segments, path, {
		isStar: (segment) => segment === '**',
		// `src/**` means what is below src, not src itself: a last ** takes at least one segment.
		needsOne: true,
		fits: segmentMatches,
	});
}

/**
 * Whether two patterns may mean the same path, judged conservatively: one with wildcards counts as its literal prefix
 * directory, and a path overlaps what lies below it. What is no pattern overlaps everything.
 */
export function patternsOverlap(a: string, b: string): boolean {
	return prefixesOverlap(literalPrefix(a), literalPrefix(b));
}

/** The segments before the first wildcard; none of them for what is no pattern. */
export function literalPrefix(text: string): readonly string[] {
	if (!isAllowedPattern(text)) return [];
	const segments = text.split('/').filter((segment) => segment !== '' && segment !== '.');
	const wild = segments.findIndex((segment) => /[*?]/.test(segment));
	return wild === -1 ? segments : segments.slice(0, wild);
}

function prefixesOverlap(a: readonly string[], b: readonly string[]): boolean {
	const shared = Math.min(a.length, b.length);
	for (let at = 0; at < shared; at += 1) if (a[at] !== b[at]) return false;
	return true;
}

function faultIn(text: string): string | null {
	if (text === '') return 'is empty';
	if (text.startsWith('/')) return 'is absolute';
	if (text.startsWith('~')) return 'begins with ~';
	if (text.includes('..')) return 'contains ..';
	if (/[{}]/.test(text)) return 'contains a brace';
	if (text.includes('\\')) return 'contains a backslash';
	return text.includes('\0') ? 'contains a NUL' : null;
}

function segmentMatches(pattern: string, segment: string): boolean {
	return wildcardMatch([...pattern], [...segment], {
		isStar: (character) => character === '*',
		needsOne: false,
		fits: (one, other) => one === '?' || one === other,
	});
}

interface Wildcards {
	readonly isStar: (part: string) => boolean;
	/** Whether a star at the very end must take something. */
	readonly needsOne: boolean;
	readonly fits: (pattern: string, part: string) => boolean;
}

/** Greedy with one way back, to the last star: no pattern makes it exponential. */
function wildcardMatch(pattern: readonly string[], parts: readonly string[], wildcards: Wildcards): boolean {
	const { isStar, needsOne, fits } = wildcards;
	let inPattern = 0;
	let inParts = 0;
	let star = -1;
	let taken = 0;
	while (inParts < parts.length) {
		const expected = pattern[inPattern];
		const part = parts[inParts] ?? '';
		if (expected !== undefined && isStar(expected)) {
			star = inPattern;
			taken = inParts;
			inPattern += 1;
		} else if (expected !== undefined && fits(expected, part)) {
			inPattern += 1;
			inParts += 1;
		} else if (star !== -1) {
			taken += 1;
			inParts = taken;
			inPattern = star + 1;
		} else {
			return false;
		}
	}
	const rest = pattern.slice(inPattern);
	if (!rest.every(isStar)) return false;
	return !(needsOne && rest.length > 0);
}
