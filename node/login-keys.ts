/**
 * Keys of people who come through the mesh, as a file that the container's sshd reads besides that of its gateway: a key
 * stands there while a login with it is open, and what an earlier process left is gone with the first one.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '../shared/ports/system/whole-file.ts';

/** Its name is known to the settings that the gateway writes for sshd. */
const fileName = 'people';

export class LoginKeys {
	readonly #folder: string;
	/** How many logins are open with each. */
	readonly #open = new Map<string, number>();
	#writing: Promise<void> = Promise.resolve();

	constructor(folder: string) {
		this.#folder = folder;
	}

	/** Lets it count, and answers how to end that. `key` is one line of a known form. */
	async letIn(key: string): Promise<() => void> {
		this.#open.set(key, (this.#open.get(key) ?? 0) + 1);
		let isOver = false;
		const leave = (): void => {
			if (isOver) return;
			isOver = true;
			const left = (this.#open.get(key) ?? 1) - 1;
			if (left > 0) this.#open.set(key, left);
			else this.#open.delete(key);
			// A file that cannot be written lets in nobody who was not let in before.
			void this.#write().catch(() => undefined);
		};
		try {
			await this.#write();
		} catch (error) {
			leave();
			throw error;
		}
		return leave;
	}

	#write(): Promise<void> {
		const written = this.#writing.then(async () => {
			await mkdir(this.#folder, { recursive: true, mode: 0o700 });
			await writeWhole(join(this.#folder, fileName), [...this.#open.keys(), ''].join('\n'), 0o600);
		});
		this.#writing = written.catch(() => undefined);
		return written;
	}
}
