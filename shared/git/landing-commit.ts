/**
 * The bytes of a commit object, and the lines by which a landing is recognised for ever: the key is inside the commit,
 * the commit is on main if and only if the one ref moved, so no second record can disagree with it. The signature covers
 * every byte of the commit but its own line. Pure; the simulated twin makes the same bytes and so the same ids.
 */
import { ganglineError } from '../ports/errors.ts';
import type { LandingSigner, LandingTrailers, Person } from '../ports/git.ts';
import { type CommitId, parseCommitId, parseItemKey } from '../ports/ids.ts';

export interface CommitInput {
	readonly tree: CommitId;
	readonly parents: readonly CommitId[];
	readonly message: string;
	readonly author: Person;
	readonly committer: Person;
	readonly atMs: number;
	readonly landing?: LandingTrailers;
}

export interface ParsedCommit {
	readonly tree: CommitId;
	readonly parents: readonly CommitId[];
	readonly message: string;
}

/** Says what is signed, so that a signature made for something else never passes for a landing. */
const signedPrefix = 'gangline-landing/1\n';

/** The commit's bytes; with `landing` its trailers, signed. Throws INVALID_ARGUMENT for a gated tree that is another. */
export async function encodeCommit(input: CommitInput, signer: LandingSigner): Promise<Buffer> {
	const unsigned = Buffer.from(`${header(input)}\n${messageOf(input)}`);
	if (input.landing === undefined) return unsigned;
	const signature = await signer.sign(Buffer.concat([Buffer.from(signedPrefix), unsigned]));
	return Buffer.concat([unsigned, Buffer.from(`Gangline-Signature: ${Buffer.from(signature).toString('base64')}\n`)]);
}

/** Tree, parents and message of a commit's bytes. Throws MALFORMED for bytes that are no commit. */
export function parseCommit(bytes: Buffer): ParsedCommit {
	const text = bytes.toString();
	const end = text.indexOf('\n\n');
	const lines = (end < 0 ? text : text.slice(0, end)).split('\n');
	const [first = ''] = lines;
	if (!first.startsWith('tree ')) throw ganglineError('MALFORMED', 'an object that should be a commit has no tree');
	return {
		tree: parseCommitId(first.slice('tree '.length)),
		parents: lines.filter((line) => line.startsWith('parent ')).map((line) => parseCommitId(line.slice(7))),
		message: end < 0 ? '' : text.slice(end + 2),
	};
}

const trailerBlock =
	/(?:^|\n)Gangline-Item: ([0-9A-Z]{26})\nGangline-Token: (\d{1,15})\.(\d{1,15})\nGangline-Tree: ([0-9a-f]{40,64})\n(?:Gangline-Reverts: ([0-9A-Z]{26})\n)?Gangline-Signature: ([A-Za-z0-9+/=]+)\n$/;

/** What a commit's last lines say, null unless all of it is there, well-formed, about this very tree, and signed by us. */
export async function landingOf(bytes: Buffer, signer: LandingSigner): Promise<LandingTrailers | null> {
	const { tree, message } = parseCommit(bytes);
	const [, item, term, revision, gatedTree, reverts, signature] = trailerBlock.exec(message) ?? [];
	if (item === undefined || gatedTree !== tree || signature === undefined) return null;
	const signatureLine = Buffer.byteLength(`Gangline-Signature: ${signature}\n`);
	const signed = Buffer.concat([Buffer.from(signedPrefix), bytes.subarray(0, bytes.length - signatureLine)]);
	const signatureBytes = Buffer.from(signature, 'base64');
	// Other texts stand for the same bytes; with them there would be another commit that is signed too.
	if (signatureBytes.toString('base64') !== signature) return null;
	if (!(await signer.verify(signed, signatureBytes))) return null;
	return {
		item,
		token: [Number(term), Number(revision)],
		gatedTree: tree,
		...(reverts === undefined ? {} : { reverts }),
	};
}

function header(input: CommitInput): string {
	const seconds = Math.max(0, Math.floor(input.atMs / 1000));
	return [
		`tree ${input.tree}`,
		...input.parents.map((parent) => `parent ${parent}`),
		`author ${identity(input.author)} ${seconds} +0000`,
		`committer ${identity(input.committer)} ${seconds} +0000`,
		'',
	].join('\n');
}

/** Git's own rule: characters that would break the line or the address are left out; an empty name is not allowed. */
function identity({ name, email }: Person): string {
	const clean = (text: string) =>
		Array.from(text)
			.filter((character) => character >= ' ' && character !== '<' && character !== '>' && character !== '\x7f')
			.join('')
			.trim();
	return `${clean(name) || 'unknown'} <${clean(email)}>`;
}

function messageOf({ message, landing, tree }: CommitInput): string {
	const body = `${message.replaceAll('\0', '').replaceAll('\r\n', '\n').trim() || '(no message)'}\n`;
	if (landing === undefined) return body;
	if (landing.gatedTree !== tree) {
		throw ganglineError('INVALID_ARGUMENT', `the gates ran on tree ${landing.gatedTree}, the commit has ${tree}`);
	}
	const lines = [
		`Gangline-Item: ${parseItemKey(landing.item)}`,
		`Gangline-Token: ${landing.token[0]}.${landing.token[1]}`,
		`Gangline-Tree: ${landing.gatedTree}`,
		...(landing.reverts === undefined ? [] : [`Gangline-Reverts: ${parseItemKey(landing.reverts)}`]),
		'',
	];
	return `${body}${endsWithTrailers(body) ? '' : '\n'}${lines.join('\n')}`;
}

/** `Co-authored-by` and its like are read from the last paragraph only: ours joins it instead of displacing it. */
function endsWithTrailers(body: string): boolean {
	const [subject, ...paragraphs] = body.trimEnd().split(/\n\n+/);
	const last = paragraphs.at(-1);
	if (subject === undefined || last === undefined || last.includes('Gangline-')) return false;
	return last.split('\n').every((line) => /^[A-Za-z][A-Za-z0-9-]*: \S/.test(line));
}
