/**
 * The node's secrets in one file of its state folder, 0600, written whole and put in place at once. They stay on this
 * machine: no document, no wire and no backup carries them. Read at start, so that the log can hide them from the first
 * line on.
 */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs';
import { z } from 'zod';
import { ganglineError, redactor, type Secrets } from '../shared/ports/index.ts';

const kept = z.record(z.string(), z.object({ value: z.string(), changedAt: z.number() }));
type Kept = z.output<typeof kept>;

/** More than anyone names; each is looked for in every line that is logged. */
const secretsMax = 100;

/** What a node does with its secrets. */
export type NodeSecrets = Pick<SecretFile, 'list' | 'set' | 'delete' | 'valuesOf' | 'redact'>;

export class SecretFile implements Secrets {
	readonly #path: string;
	#kept: Kept;
	#redact: (text: string) => string;

	/** @throws GanglineError INVALID_CONFIG for a file that is none of ours: nobody's secret is lost by writing over it. */
	constructor(path: string) {
		this.#path = path;
		this.#kept = read(path);
		this.#redact = redactor(this.#values());
	}

	list(): readonly { readonly name: string; readonly changedAt: number }[] {
		const entries = Object.entries(this.#kept).map(([name, { changedAt }]) => ({ name, changedAt }));
		return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
	}

	set(name: string, value: string, changedAt: number): void {
		const next = { ...this.#kept, [name]: { value, changedAt } };
		if (Object.keys(next).length > secretsMax) {
			throw ganglineError('TOO_LARGE', `this node has ${secretsMax} secrets, and that is all that it keeps`, {
				hint: 'remove one that nobody needs: gangline secret list, gangline secret delete NAME',
			});
		}
		this.#write(next);
	}

	/** Whether there was one. */
	delete(name: string): boolean {
		if (!Object.hasOwn(this.#kept, name)) return false;
		this.#write(Object.fromEntries(Object.entries(this.#kept).filter(([other]) => other !== name)));
		return true;
	}

	valuesOf(names: readonly string[]): ReturnType<Secrets['valuesOf']> {
		const all = this.#values();
		const found = names.filter((name) => Object.hasOwn(all, name));
		const missing = names.filter((name) => !found.includes(name));
		return { values: Object.fromEntries(found.map((name) => [name, all[name] ?? ''])), missing };
	}

	redact(text: string): string {
		return this.#redact(text);
	}

	#values(): Readonly<Record<string, string>> {
		return Object.fromEntries(Object.entries(this.#kept).map(([name, { value }]) => [name, value]));
	}

	#write(next: Kept): void {
		const fresh = `${this.#path}.new`;
		const file = openSync(fresh, 'w', 0o600);
		try {
			writeSync(file, JSON.stringify(next));
			fsyncSync(file);
		} finally {
			closeSync(file);
		}
		renameSync(fresh, this.#path);
		this.#kept = next;
		this.#redact = redactor(this.#values());
	}
}

function read(path: string): Kept {
	const found = statSync(path, { throwIfNoEntry: false });
	if (found === undefined) return {};
	if ((found.mode & 0o077) !== 0) {
		throw ganglineError('INVALID_CONFIG', `${path} can be read by others (mode ${(found.mode & 0o777).toString(8)})`, {
			hint: `change what it holds, then: chmod 600 ${path}`,
		});
	}
	const text = readFileSync(path, 'utf8');
	try {
		return kept.parse(JSON.parse(text));
	} catch {
		throw ganglineError('INVALID_CONFIG', `${path} holds no secrets of a Gangline node`, {
			hint: 'move it away, start the node, and set the secrets again: gangline secret set NAME',
		});
	}
}
