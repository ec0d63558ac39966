/**
 * What runs in a container without a terminal says it in frames: eight bytes, of which the last four are a length, then
 * so many bytes. They come in pieces that end anywhere.
 */
import type Docker from 'dockerode';
import { z } from 'zod';
import type { CommandWish } from './provisioner.ts';

const headBytes = 8;
const lineCharsMax = 4096;
const execSchema = z.object({ Running: z.boolean(), ExitCode: z.int().nullable() });

/** Runs it as the container's own user, who has no right there; answers its exit code. */
export async function runInside(
	container: Docker.Container,
	{ argv, env, folder }: CommandWish,
	onLine: (line: string) => void,
): Promise<number> {
	const exec = await container.exec({
		Cmd: [...argv],
		Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
		WorkingDir: folder,
		AttachStdout: true,
		AttachStderr: true,
	});
	await eachLine(await exec.start({ Detach: false, Tty: false }), onLine);
	const { Running, ExitCode } = execSchema.parse(await exec.inspect());
	if (Running || ExitCode === null) throw new Error('the engine broke off before it had ended');
	return ExitCode;
}

/** Reads frames to their end, a line at a time; what is longer than a screen is cut. */
export async function eachLine(stream: AsyncIterable<unknown>, onLine: (line: string) => void): Promise<void> {
	const decoder = new TextDecoder();
	let rest = '';
	let head: Buffer = Buffer.alloc(0);
	let left = 0;
	const take = (bytes: Uint8Array): void => {
		const lines = (rest + decoder.decode(bytes, { stream: true })).split(/\r?\n|\r/);
		rest = (lines.pop() ?? '').slice(0, lineCharsMax);
		for (const line of lines) if (line.trim() !== '') onLine(line.slice(0, lineCharsMax));
	};
	for await (const piece of stream) {
		if (!(piece instanceof Uint8Array)) throw new Error('the engine answered with no bytes');
		let bytes = Buffer.from(piece);
		while (bytes.length > 0) {
			if (left > 0) {
				take(bytes.subarray(0, left));
				const taken = Math.min(left, bytes.length);
				left -= taken;
				bytes = bytes.subarray(taken);
				continue;
			}
			const missing = headBytes - head.length;
			head = Buffer.concat([head, bytes.subarray(0, missing)]);
			bytes = bytes.subarray(missing);
			if (head.length < headBytes) continue;
			left = head.readUInt32BE(4);
			head = Buffer.alloc(0);
		}
	}
	if (rest.trim() !== '') onLine(rest);
}

/** The same of an answer that is there whole. */
export function framesOf(raw: Buffer): string {
	const texts: string[] = [];
	for (let at = 0; at + headBytes <= raw.length; ) {
		const length = raw.readUInt32BE(at + 4);
		texts.push(raw.toString('utf8', at + headBytes, at + headBytes + length));
		at += headBytes + length;
	}
	return texts.join('');
}
