/**
 * Which language a project is written in, from the files at its root. Several marks: the stack with the most source
 * files wins, ties go by the order of the table, and the others are named so that nobody wonders.
 */
import { z } from 'zod';
import type { StackProposals } from './stack-file.ts';

/** What images of projects in containers are built on, unless GANGLINE_BASE_IMAGE says otherwise. */
export const baseImageSchema = z.string().min(1).max(300).default('node:24-bookworm-slim');

/** Which ports of this machine projects in containers reach besides the mesh: `none`, `all`, or `5432,8080`. */
export const hostPortsSchema = z
	.string()
	.regex(/^(?:none|all|\d{1,5}(?:, ?\d{1,5}){0,31})$/, 'none, all, or ports such as 5432,8080')
	.default('none')
	.transform((text) => {
		if (text === 'all') return text;
		return text === 'none' ? [] : text.split(',').map(Number);
	})
	.refine((ports) => ports === 'all' || ports.every((port) => port > 0 && port < 65_536), 'ports from 1 to 65535');

export type Stack = 'rust' | 'node' | 'go' | 'python' | 'jvm' | 'ruby';

export interface StackDetection<Name extends string = Stack> {
	/** Null: nothing at the root says what this is. */
	readonly stack: Name | null;
	/** The stacks that left marks too, in the order of the table. */
	readonly others: readonly Name[];
}

/** How one stack is recognised. */
export interface StackMarks<Name extends string = Stack> {
	readonly stack: Name;
	readonly markers: readonly string[];
	readonly extensions: readonly string[];
}

/** One stack with what it proposes for a project, unless this program has a detector of its own for it. */
export interface StackRow extends StackMarks<string> {
	readonly proposes?: StackProposals;
}

/** For where no folder of stacks is beside the program; elsewhere that says what there is. The order decides ties. */
export const knownStacks: readonly StackMarks[] = [
	{ stack: 'rust', markers: ['Cargo.toml'], extensions: ['.rs'] },
	{
		stack: 'node',
		markers: ['package.json', 'tsconfig.json'],
		extensions: ['.js', '.mjs', '.cjs', '.jsx', '.ts', '.tsx'],
	},
	{ stack: 'go', markers: ['go.mod'], extensions: ['.go'] },
	{ stack: 'python', markers: ['pyproject.toml', 'requirements.txt', 'setup.py'], extensions: ['.py'] },
	{
		stack: 'jvm',
		markers: ['pom.xml', 'build.gradle', 'build.gradle.kts'],
		extensions: ['.java', '.kt', '.scala', '.groovy'],
	},
	{ stack: 'ruby', markers: ['Gemfile'], extensions: ['.rb'] },
];

/** Decides the stack from `/`-separated paths relative to the root; only marks directly at the root count. */
export function detectStack(files: readonly string[]): StackDetection {
	return detectStackAmong(knownStacks, files);
}

/** The same with another table. */
export function detectStackAmong<Name extends string>(
	rows: readonly StackMarks<Name>[],
	files: readonly string[],
): StackDetection<Name> {
	const paths = new Set(files);
	const marked = rows.filter((row) => row.markers.some((marker) => paths.has(marker)));
	const [winner] = marked
		.map((row) => ({ stack: row.stack, sources: countSources(files, row.extensions) }))
		// Array.prototype.sort is stable, so equal counts keep the order of the table.
		.sort((a, b) => b.sources - a.sources);
	if (winner === undefined) return { stack: null, others: [] };
	return {
		stack: winner.stack,
		others: marked.map((row) => row.stack).filter((stack) => stack !== winner.stack),
	};
}

function countSources(files: readonly string[], extensions: readonly string[]): number {
	return files.filter((file) => extensions.some((extension) => file.endsWith(extension))).length;
}
