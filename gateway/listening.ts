/**
 * Where the gateway listens for other machines: loopback always, and what a person has named, kept over restarts in a
 * file beside the store. A port that was any free one is kept too, because members find the gateway there again.
 */

import { lookup } from 'node:dns/promises';
import { mkdir, readFile } from 'node:fs/promises';
import { isIPv4, isIPv6 } from 'node:net';
import { dirname } from 'node:path';
import { z } from 'zod';
import { ganglineError } from '../shared/ports/index.ts';
import { readAs } from '../shared/ports/read-as.ts';
import { writeWhole } from '../shared/ports/system/whole-file.ts';
import { ownAddresses } from './builds/index.ts';

/** `0.0.0.0` names all of a machine, the networks of its containers among them. */
export const hostsMax = 256;
const portMax = 65_535;

const hostSchema = z.strictObject({
	/** A numeric address of this machine, loopback not among them. */
	host: z.string().min(2).max(64),
	/** Null: the gateway's own. */
	port: z.int().min(1).max(portMax).nullable(),
});
export type ListenHost = z.output<typeof hostSchema>;

const fileSchema = z.strictObject({
	v: z.literal(1),
	hosts: z.array(hostSchema).max(hostsMax),
	/** The port on loopback that was taken last. */
	port: z.int().min(0).max(portMax),
});
export type Listening = z.output<typeof fileSchema>;

export const loopback = '127.0.0.1';

/** @throws GanglineError INVALID_CONFIG for a file that cannot be read: to listen nowhere is not what it says. */
export async function readListening(path: string): Promise<Listening> {
	const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
		if (cause.code === 'ENOENT') return null;
		throw ganglineError(
			'INVALID_CONFIG',
			`${path}, which says where the gateway listens, cannot be read: ${cause.message}`,
			{
				hint: 'give it back to its owner, or remove it and name the addresses again: gangline gateway listen <address>',
				cause,
			},
		);
	});
	if (text === null) return { v: 1, hosts: [], port: 0 };
	const parsed = readAs(fileSchema, json(text));
	if (parsed.success) return parsed.data;
	throw ganglineError('INVALID_CONFIG', `${path} does not say where the gateway listens: it was left as it is`, {
		hint: 'remove it and name the addresses again: gangline gateway listen <address>',
	});
}

export async function writeListening(path: string, listening: Listening): Promise<void> {
	await mkdir(dirname(path), { recursive: true, mode: 0o700 });
	await writeWhole(path, `${JSON.stringify(listening)}\n`);
}

/**
 * The numeric addresses behind what a person wrote (`192.168.1.5`, `[fd00::2]:7431`, `box.lan`, `0.0.0.0` for all of
 * this machine), loopback left out. @throws GanglineError INVALID_CONFIG
 */
export async function readHosts(texts: readonly string[]): Promise<readonly ListenHost[]> {
	const hosts: ListenHost[] = [];
	for (const text of texts) {
		const { name, port } = splitPort(text);
		for (const host of await numeric(name)) {
			if (!isLoopbackHost(host) && !hosts.some((one) => one.host === host)) hosts.push({ host, port });
		}
	}
	if (hosts.length <= hostsMax) return hosts;
	throw ganglineError('INVALID_CONFIG', `${hosts.length} addresses were named, at most ${hostsMax} are listened on`, {
		hint: 'name those that other machines use',
	});
}

export function multiaddrOf({ host, port }: ListenHost, ownPort: number): string {
	return `/${isIPv6(host) ? 'ip6' : 'ip4'}/${host}/tcp/${port ?? ownPort}`;
}

/** The port in a multiaddr of ours, 0 where there is none. */
export function portOf(address: string | undefined): number {
	return Number(/\/tcp\/([0-9]+)/.exec(address ?? '')?.[1] ?? 0);
}

function splitPort(text: string): { readonly name: string; readonly port: number | null } {
	const bracketed = /^\[([0-9a-f:]+)\](?::([0-9]{1,5}))?$/i.exec(text);
	const plain = /^([^:]+):([0-9]{1,5})$/.exec(text);
	const [, name = text, port] = bracketed ?? plain ?? [];
	if (port === undefined) return { name, port: null };
	if (Number(port) >= 1 && Number(port) <= portMax) return { name, port: Number(port) };
	throw ganglineError('INVALID_CONFIG', `${JSON.stringify(text)} names a port that there is not`, {
		hint: `expected one from 1 to ${portMax}, or none for the gateway's own`,
	});
}

async function numeric(name: string): Promise<readonly string[]> {
	if (name === '0.0.0.0') return ownAddresses().filter(isIPv4);
	if (name === '::') return ownAddresses();
	if (isIPv4(name) || isIPv6(name)) return [name];
	try {
		return [(await lookup(name)).address];
	} catch (cause) {
		throw ganglineError('INVALID_CONFIG', `${JSON.stringify(name)} is no address of this machine and no name of one`, {
			hint: `this machine has ${ownAddresses().join(', ') || 'only loopback'}`,
			cause,
		});
	}
}

function isLoopbackHost(host: string): boolean {
	return host.startsWith('127.') || host === '::1';
}

function json(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return null;
	}
}
