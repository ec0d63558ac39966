/**
 * Which files of its working folder an agent said it edits, and how often: counted while it runs, bounded. Pure. What it
 * changes with commands of a shell is not among them; its commits show that.
 */
import { isAbsolute, normalize, relative } from 'node:path';
import { editsMax, type FileEdits, pathCharactersMax } from '../../shared/protocol/file-edits.ts';

export class EditCount {
	readonly #cwd: string;
	readonly #counts = new Map<string, number>();

	constructor(cwd: string) {
		this.#cwd = cwd;
	}

	/** As a tool names them: absolute, or within the working folder. Others are no files of the project. */
	add(paths: readonly string[]): void {
		for (const named of paths) {
			const path = isAbsolute(named) ? relative(this.#cwd, named) : normalize(named);
			const isOurs = path !== '' && path !== '.' && path !== '..' && !path.startsWith('../') && !isAbsolute(path);
			if (!isOurs || path.length > pathCharactersMax) continue;
			const known = this.#counts.get(path);
			if (known === undefined && this.#counts.size >= editsMax) continue;
			this.#counts.set(path, (known ?? 0) + 1);
		}
	}

	get all(): readonly FileEdits[] {
		return [...this.#counts].map(([path, count]) => ({ path, count }));
	}
}
