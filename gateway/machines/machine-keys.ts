/**
 * The keys with which people come into containers on other machines: the private half of each lies here alone, and what
 * the machine says of the host's key is what ssh believes from the first connection on.
 */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '../../shared/ports/system/whole-file.ts';
import { containerFolder, ensureKey, hostKeyAlias } from '../../shared/provision/index.ts';

export class MachineKeys {
	readonly #folder: string;
	/** What was written, by name. */
	readonly #known = new Map<string, string>();

	/** `folder`: a folder each is made in it. */
	constructor(folder: string) {
		this.#folder = folder;
	}

	/** Where they are, whether made or not. */
	of(name: string): { readonly key: string; readonly knownHosts: string; readonly alias: string } {
		const { key, knownHosts } = containerFolder(join(this.#folder, name));
		return { key, knownHosts, alias: hostKeyAlias(name) };
	}

	/** The public half, made once. @throws GanglineError UNSUITABLE_MACHINE without ssh-keygen */
	async ensure(name: string): Promise<string> {
		const { key } = this.of(name);
		await mkdir(join(this.#folder, name), { recursive: true, mode: 0o700 });
		await ensureKey(key, `gangline to ${name}`);
		return (await readFile(`${key}.pub`, 'utf8')).trim();
	}

	/** Keeps the key that its sshd shows. */
	async know(name: string, hostKey: string): Promise<void> {
		const { knownHosts, alias } = this.of(name);
		const line = `${alias} ${hostKey}\n`;
		if (this.#known.get(name) === line) return;
		await mkdir(join(this.#folder, name), { recursive: true, mode: 0o700 });
		await writeWhole(knownHosts, line, 0o600);
		this.#known.set(name, line);
	}

	async remove(name: string): Promise<void> {
		this.#known.delete(name);
		await rm(join(this.#folder, name), { recursive: true, force: true });
	}
}
