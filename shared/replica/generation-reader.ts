/** Readers of a project's index: of the generation that is current here, and of one that may take its place. */
import { forgetWrites, ProjectIndex } from '../documents/index.ts';
import { fromBase64 } from '../log/index.ts';
import { GanglineError, type Random, type Store } from '../ports/index.ts';

interface ReaderParts {
	readonly store: Store;
	readonly random: Random;
	readonly project: string;
}

/** `homeKey`: base64. @throws GanglineError STORE_DAMAGED */
export function openReader(parts: ReaderParts, generation: string, homeKey: string): Promise<ProjectIndex> {
	const { store, random, project } = parts;
	return ProjectIndex.open({ store, project, generation, random, homeKey: fromBase64(homeKey) });
}

/**
 * The same of one that is not current. What the store has of it that home has not signed, such as what a home before it
 * began and this process had not taken when it ended, is heard anew.
 */
export async function openNextReader(parts: ReaderParts, generation: string, homeKey: string): Promise<ProjectIndex> {
	try {
		return await openReader(parts, generation, homeKey);
	} catch (error) {
		if (!(error instanceof GanglineError && error.code === 'STORE_DAMAGED')) throw error;
		await parts.store.write(forgetWrites(parts.project, generation));
		return openReader(parts, generation, homeKey);
	}
}
