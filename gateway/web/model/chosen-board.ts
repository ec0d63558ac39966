/**
 * Which project a new item goes to. Projects come, go and are renamed while somebody writes: what was chosen is never
 * another one then. Pure.
 */
import type { ProjectBoard } from './board-state.ts';

export interface Choice {
	/** The id that the form goes by since it was drawn. */
	readonly chosen: string | null;
	/** As the address names it, by name or id. */
	readonly named: string | null;
	/** The name that was chosen last time. */
	readonly last: string | null;
}

/** Null where what was chosen or named is not there; without either, the one of last time, or the first. */
export function boardChosen(boards: readonly ProjectBoard[], { chosen, named, last }: Choice): ProjectBoard | null {
	if (chosen !== null) return boards.find(({ project }) => project.id === chosen) ?? null;
	if (named !== null) {
		return boards.find(({ project }) => project.name === named || project.id === named.toUpperCase()) ?? null;
	}
	return boards.find(({ project }) => project.name === last) ?? boards[0] ?? null;
}
