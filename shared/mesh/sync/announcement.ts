/**
 * What one has of a project, in 99 bytes: the message that every connection begins with for each project, and that alone
 * where nothing is new. So it is no JSON, and its digests are the first halves of what they stand for: peers that made
 * two states with equal halves would keep only news from each other.
 *
 *     0    1   1: the other side is to say what it has
 *     1   26   project
 *    27    8   generation, a number
 *    35    8   term
 *    43    8   revision
 *    51   48   digests of index, logs and texts
 */

const projectLength = 26;
const digestBytes = 16;
const lengths = [1, projectLength, 8, 8, 8, digestBytes, digestBytes, digestBytes] as const;

export const announcementBytes = lengths.reduce<number>((sum, length) => sum + length, 0);

export interface AnnouncedFields {
	readonly project: string;
	readonly generation: string;
	readonly term: number;
	readonly revision: number;
	/** See `announcedDigest`, and so are the two after it. */
	readonly index: string;
	readonly logs: string;
	readonly texts: string;
	readonly wantsAnswer: boolean;
}

/** What is announced of a digest in hex. */
export const announcedDigest = (digest: string): string => digest.slice(0, 2 * digestBytes);

export function encodeAnnouncement(fields: AnnouncedFields): Uint8Array {
	const { project, generation, term, revision, index, logs, texts, wantsAnswer } = fields;
	const numbers = [BigInt(generation), BigInt(term), BigInt(revision)].map((value) => {
		const bytes = Buffer.alloc(8);
		bytes.writeBigUInt64BE(value);
		return bytes;
	});
	const digests = [index, logs, texts].map((digest) => Buffer.from(digest, 'hex'));
	return Buffer.concat([Uint8Array.of(wantsAnswer ? 1 : 0), Buffer.from(project, 'latin1'), ...numbers, ...digests]);
}

/** The fields as they came, to be checked by the schema of messages; null where the length is another one. */
export function decodeAnnouncement(payload: Uint8Array): AnnouncedFields | null {
	if (payload.byteLength !== announcementBytes) return null;
	const buffer = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
	const starts = lengths.map((_, at) => lengths.slice(0, at).reduce<number>((sum, length) => sum + length, 0));
	const [, project = 0, generation = 0, term = 0, revision = 0, index = 0, logs = 0, texts = 0] = starts;
	const digest = (start: number): string => buffer.toString('hex', start, start + digestBytes);
	return {
		project: buffer.toString('latin1', project, project + projectLength),
		generation: buffer.readBigUInt64BE(generation).toString(),
		term: Number(buffer.readBigUInt64BE(term)),
		revision: Number(buffer.readBigUInt64BE(revision)),
		...{ index: digest(index), logs: digest(logs), texts: digest(texts) },
		wantsAnswer: buffer[0] === 1,
	};
}
