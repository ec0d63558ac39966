/**
 * A switch breaks one rule of the product, in the tests' wiring and nowhere else: a source is changed while it is loaded.
 * What is to be changed must be there exactly once, so that a switch whose rule has moved fails instead of breaking
 * nothing.
 */
import { ganglineError } from '../../../../shared/ports/index.ts';

export interface Edit {
	/** From the root of the repository. */
	readonly file: string;
	readonly find: string;
	readonly replace: string;
}

export interface Switch {
	readonly name: string;
	/** What is broken, in the words of the rule. */
	readonly breaks: string;
	readonly edits: readonly Edit[];
}

/** The source of `file` with the switch thrown; as it is where the switch does not touch it. */
export function thrown({ name, edits }: Switch, file: string, source: string): string {
	let changed = source;
	for (const edit of edits) {
		if (edit.file !== file) continue;
		const count = changed.split(edit.find).length - 1;
		if (count !== 1) {
			throw ganglineError('INTERNAL', `the switch ${name} wants to change ${count} places in ${file}, expected one`, {
				hint: `look for what became of: ${edit.find.trim()}`,
			});
		}
		changed = changed.replace(edit.find, () => edit.replace);
	}
	return changed;
}
