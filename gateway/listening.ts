/**
 * Where the gateway listens for other machines: loopback always, and the addresses that a person has named, kept over
 * restarts in a file beside the store. A port that was any free one is kept too, because members find the gateway there.
 */
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { dirname } from 'node:path';
import { z } from 'zod';
import { ganglineError } from '../shared/ports/index.ts';

const fileSchema = z.strictObject({
	v: z.literal(1),
	/** Numeric addresses or names of this machine, loopback not among them. */
	hosts: z.array(z.string().min(1).max(200)).max(16),
	/** The port that was taken last. */
	port: z.int().min(0).max(65_535),
});
export type Listening = z.output<typeof fileSchema>;

export async function readListening(path: string): Promise<Listening> {
	const text = await readFile(path, 'utf8').catch(() => null);
	if (text === null) return { v: 1, hosts: [], port: 0 };
	const parsed = fileSchema.safeParse(json(text));
	if (parsed.success) return parsed.data;
	throw ganglineError('INVALID_CONFIG', `${path} does not say where the gateway listens: it was left as it is`, {
		hint: `remove it and name the addresses again: gangline gateway listen <address>`,
	});
}

export async function writeListening(path: string, listening: Listening): Promise<void> {
	await mkdir(dirname(path), { recursive: true, mode: 0o700 });
	const draft = `${path}.${process.pid}`;
	await rm(draft, { force: true });
	const file = await open(draft, 'wx', 0o600);
	try {
		await file.writeFile(`${JSON.stringify(listening)}\n`);
		await file.sync();
	} finally {
		await file.close();
	}
	await rename(draft, path);
}

/** `127.0.0.1` and the named hosts as multiaddrs on one port. */
export function multiaddrs(hosts: readonly string[], port: number): readonly string[] {
	return ['127.0.0.1', ...hosts].map((host) => `/${isIPv6(host) ? 'ip6' : 'ip4'}/${host}/tcp/${port}`);
}

/** The port in a multiaddr of ours, 0 where there is none. */
export function portOf(address: string | undefined): number {
	return Number(/\/tcp\/([0-9]+)/.exec(address ?? '')?.[1] ?? 0);
}

function json(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return null;
	}
}
