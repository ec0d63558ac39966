/**
 * Makefile targets with the usual names. They speak for projects whose language has no detector of its own, and fill
 * the kinds of gate that the language's own tools left open.
 */
import { firstName, type GateFinding, type GateKindFound, gate, type ProjectTree } from './finding.ts';

const targets: readonly (readonly [GateKindFound, readonly string[]])[] = [
	['lint', ['lint']],
	['types', ['typecheck', 'types']],
	['test', ['test', 'tests', 'check']],
];

/** Gates of the kinds that are not `taken`, from the root Makefile. */
export async function detectMakefile(tree: ProjectTree, taken: ReadonlySet<string>): Promise<GateFinding[]> {
	const file = firstName(tree, ['GNUmakefile', 'makefile', 'Makefile']);
	if (file === null) return [];
	const text = (await tree.read(file)) ?? '';
	const defined = new Set(
		[...text.matchAll(/^([A-Za-z0-9_.-]+(?:[ \t]+[A-Za-z0-9_.-]+)*)[ \t]*::?(?!=)/gm)].flatMap((match) =>
			(match[1] ?? '').split(/[ \t]+/),
		),
	);
	return targets.flatMap(([kind, names]) => {
		const name = names.find((target) => defined.has(target));
		return name === undefined || taken.has(kind) ? [] : [gate(kind, `make ${name}`, `${file} has the target ${name}`)];
	});
}
