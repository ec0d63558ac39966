import { describe, expect, it } from 'vitest';
import { eachLine } from '../../../shared/provision/docker-output.ts';

function frame(text: string): Buffer {
	const head = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
	head.writeUInt32BE(Buffer.byteLength(text), 4);
	return Buffer.concat([head, Buffer.from(text)]);
}

async function linesOf(bytes: Buffer, size: number): Promise<readonly string[]> {
	const lines: string[] = [];
	const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
		bytes.subarray(at * size, (at + 1) * size),
	);
	await eachLine(
		(async function* () {
			yield* pieces;
		})(),
		(line) => lines.push(line),
	);
	return lines;
}

describe('what a command in a container says', () => {
	const said = Buffer.concat([frame('one\ntw'), frame(''), frame('o\r\n\n'), frame('dré'), frame('i')]);

	it('is the same lines, wherever its pieces end', async () => {
		for (const size of [1, 2, 7, 8, 9, 1000])
			expect(await linesOf(said, size), `${size}`).toEqual(['one', 'two', 'dréi']);
	});

	it('is nothing more than what came where it breaks off', async () => {
		expect(await linesOf(said.subarray(0, 12), 5)).toEqual(['one']);
		expect(await linesOf(said.subarray(0, 3), 5)).toEqual([]);
	});

	it('[I15] is cut where a line has no end', async () => {
		const lines = await linesOf(frame('x'.repeat(1_000_000)), 65_536);
		expect(lines.map(({ length }) => length)).toEqual([4096]);
	});
});
