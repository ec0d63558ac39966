/** Who listens on a TCP port of this machine, as far as /proc lets this user see. For the message of a port in use. */
import { readdir, readFile, readlink } from 'node:fs/promises';

/** Such as `pid 812 (node server.js)`; null when it cannot be told. */
export async function portHolder(port: number): Promise<string | null> {
	const inodes = new Set([...(await listeners('/proc/net/tcp', port)), ...(await listeners('/proc/net/tcp6', port))]);
	if (inodes.size === 0) return null;
	for (const pid of await namesIn('/proc')) {
		if (/^[0-9]+$/.test(pid) && (await holdsOne(pid, inodes))) return `pid ${pid}${await commandOf(pid)}`;
	}
	return null;
}

async function listeners(table: string, port: number): Promise<readonly string[]> {
	const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
	const text = await readFile(table, 'utf8').catch(() => '');
	return text
		.split('\n')
		.map((line) => line.trim().split(/\s+/))
		.filter(([, local, , state]) => local?.endsWith(suffix) && state === '0A')
		.flatMap((fields) => fields[9] ?? []);
}

async function holdsOne(pid: string, inodes: ReadonlySet<string>): Promise<boolean> {
	for (const fd of await namesIn(`/proc/${pid}/fd`)) {
		const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
		const inode = /^socket:\[([0-9]+)\]$/.exec(target)?.[1];
		if (inode !== undefined && inodes.has(inode)) return true;
	}
	return false;
}

async function commandOf(pid: string): Promise<string> {
	const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0').filter(Boolean);
	return words.length === 0 ? '' : ` (${words.join(' ').slice(0, 80)})`;
}

async function namesIn(folder: string): Promise<readonly string[]> {
	return readdir(folder).catch(() => []);
}
