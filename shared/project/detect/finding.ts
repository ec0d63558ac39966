/**
 * The shapes in which detection sees a project and says what it found. Every finding carries its reason, because a
 * person decides whether it is right.
 */
import type { GateConfig } from '../config.ts';

/** A tree of files to look at: a commit, or a folder. Paths are `/`-separated and relative to its root. */
export interface ProjectTree {
	/** All tracked files. */
	readonly files: readonly string[];
	/** Files at the root that are there but not in git. */
	readonly untracked: readonly string[];
	/** The text of a tracked file, null where there is none. */
	read(path: string): Promise<string | null>;
}

export interface Finding<Value> {
	readonly value: Value;
	/** What in the project says so, such as "package.json has scripts.test". */
	readonly why: string;
}

export type GateFinding = Finding<Pick<GateConfig, 'name' | 'kind' | 'command'>>;
export type GateKindFound = GateConfig['kind'];

/** What one language's detector contributes. */
export interface Part {
	readonly setup: readonly Finding<string>[];
	readonly lockfiles: readonly Finding<string>[];
	readonly caches: readonly Finding<string>[];
	readonly gates: readonly GateFinding[];
}

export const nothing: Part = { setup: [], lockfiles: [], caches: [], gates: [] };

/** A gate named after its kind. */
export function gate(kind: GateKindFound, command: string, why: string): GateFinding {
	return { value: { name: kind, kind, command }, why };
}

/** The files of the list that the tree has, each as a finding with the same reason. */
export function present(tree: ProjectTree, paths: readonly string[], why: string): Finding<string>[] {
	const files = new Set(tree.files);
	return paths.filter((path) => files.has(path)).map((value) => ({ value, why: `${value} ${why}` }));
}

/** The first of the names that the tree has at its root. */
export function firstName(tree: ProjectTree, names: readonly string[]): string | null {
	return names.find((name) => tree.files.includes(name)) ?? null;
}
