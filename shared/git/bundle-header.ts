/**
 * The header of a git bundle, written and read by us: what precedes the pack says which commit it brings and which ones
 * it builds on. Exactly one commit is brought. What git would also accept here (filters, several refs, other hashes than
 * the receiver's) is refused, because nobody of ours sends it.
 */
import { type GanglineError, ganglineError } from '../ports/errors.ts';
import { type CommitId, parseCommitId } from '../ports/ids.ts';
import type { ObjectFormat } from './git-directory.ts';

export interface BundleHeader {
	readonly objectFormat: ObjectFormat;
	readonly prerequisites: readonly CommitId[];
	readonly ref: string;
	readonly commit: CommitId;
}

/** Longer than any list of prerequisites that we ask for. */
export const bundleHeaderBytesMax = 64 * 1024;

export function encodeBundleHeader({ objectFormat, prerequisites, ref, commit }: BundleHeader): Buffer {
	const first = objectFormat === 'sha1' ? ['# v2 git bundle'] : ['# v3 git bundle', '@object-format=sha256'];
	const lines = [...first, ...prerequisites.map((id) => `-${id} `), `${commit} ${ref}`, '', ''];
	return Buffer.from(lines.join('\n'));
}

/** The header and how many bytes it has; null while its end has not come. Throws MALFORMED. */
export function parseBundleHeader(bytes: Buffer): { header: BundleHeader; length: number } | null {
	const end = bytes.indexOf('\n\n');
	if (end > bundleHeaderBytesMax || (end < 0 && bytes.length > bundleHeaderBytesMax)) throw wrong('it has no end');
	if (end < 0) return null;
	const [version, ...lines] = bytes.toString('utf8', 0, end).split('\n');
	const objectFormat = formatOf(version, lines);
	const digits = objectFormat === 'sha1' ? 40 : 64;
	const prerequisites: CommitId[] = [];
	while (lines[0]?.startsWith('-')) prerequisites.push(idOf(lines.shift()?.slice(1).split(' ')[0], digits));
	const [line, ...more] = lines;
	const [, id, ref] = /^([0-9a-f]+) (refs\/[^\0 \n]{1,1000})$/.exec(line ?? '') ?? [];
	if (ref === undefined || more.length > 0) throw wrong('it must bring exactly one ref');
	return { header: { objectFormat, prerequisites, ref, commit: idOf(id, digits) }, length: end + 2 };
}

function formatOf(version: string | undefined, lines: string[]): ObjectFormat {
	if (version === '# v2 git bundle') return 'sha1';
	if (version !== '# v3 git bundle') throw wrong(`it begins with ${JSON.stringify(version?.slice(0, 60))}`);
	const capabilities: string[] = [];
	while (lines[0]?.startsWith('@')) capabilities.push(lines.shift() ?? '');
	const format = /^@object-format=(sha1|sha256)$/.exec(capabilities[0] ?? '')?.[1];
	if (capabilities.length !== 1 || format === undefined) throw wrong('it needs what no bundle of ours does');
	return format === 'sha256' ? 'sha256' : 'sha1';
}

function idOf(text: string | undefined, digits: number): CommitId {
	if (text?.length !== digits || !/^[0-9a-f]+$/.test(text)) throw wrong(`${JSON.stringify(text)} is no commit in it`);
	return parseCommitId(text);
}

function wrong(what: string): GanglineError {
	return ganglineError('MALFORMED', `the header of a bundle is not as expected: ${what}`);
}
