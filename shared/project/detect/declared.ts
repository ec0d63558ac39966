/**
 * What the folder of a stack proposes for a project, as it says in its `stack.json`: for stacks of which this program
 * knows nothing more.
 */
import type { StackProposals } from '../stack-file.ts';
import { type Finding, type GateFinding, gate, type Part, type ProjectTree, present } from './finding.ts';

/** The parts of the proposals that this tree calls for. */
export function declaredPart(tree: ProjectTree, stack: string, proposals: StackProposals): Part {
	const called = <One extends { readonly if?: readonly string[] | undefined }>(all: readonly One[]) =>
		all.flatMap((one) => {
			const why = reason(tree, stack, one.if);
			return why === null ? [] : [{ one, why }];
		});
	const gates: GateFinding[] = [];
	for (const { one, why } of called(proposals.gates)) {
		if (!gates.some(({ value }) => value.kind === one.kind)) gates.push(gate(one.kind, one.command, why));
	}
	return {
		setup: called(proposals.setup).map(({ one, why }): Finding<string> => ({ value: one.command, why })),
		lockfiles: present(tree, proposals.lockfiles, 'says what is fetched'),
		caches: proposals.caches.map((value) => ({ value, why: `the stack ${stack} keeps it` })),
		gates,
	};
}

/** Null: nothing in the tree calls for it. */
function reason(tree: ProjectTree, stack: string, paths: readonly string[] | undefined): string | null {
	if (paths === undefined) return `every project of the stack ${stack} has it`;
	const found = tree.files.find((file) =>
		paths.some((path) => (path.endsWith('/') ? file.startsWith(path) : file === path)),
	);
	return found === undefined ? null : `${found} is there`;
}
