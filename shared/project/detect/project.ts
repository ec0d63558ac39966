/**
 * Everything `gangline init` proposes for a repository: stack, set-up, files to copy, lockfiles, caches and gates, each
 * with the reason. A project in several languages gets the parts of all of them; the main one's gates keep the plain
 * names.
 */
import { detectStackAmong, knownStacks, type Stack, type StackRow } from '../stack.ts';
import { detectGo, detectJvm, detectRuby, detectRust } from './compiled.ts';
import { declaredPart } from './declared.ts';
import { type Finding, firstName, type GateFinding, nothing, type Part, type ProjectTree } from './finding.ts';
import { detectMakefile } from './makefile.ts';
import { detectNode } from './node.ts';
import { detectPython } from './python.ts';

export type { Finding, GateFinding } from './finding.ts';

export interface Detection extends Part {
	readonly stack: string | null;
	readonly others: readonly string[];
	readonly copy: readonly Finding<string>[];
}

/** Whose files say more than which of them are there. */
const detectors: Readonly<Record<Stack, (tree: ProjectTree) => Promise<Part>>> = {
	rust: detectRust,
	node: detectNode,
	go: detectGo,
	python: detectPython,
	jvm: detectJvm,
	ruby: detectRuby,
};

/** Looks at a tree and proposes; decides nothing. `rows`: the stacks that there are. */
export async function detectProject(tree: ProjectTree, rows: readonly StackRow[] = knownStacks): Promise<Detection> {
	const { stack, others } = detectStackAmong(rows, tree.files);
	const stacks = stack === null ? [] : [stack, ...others];
	const parts = await Promise.all(stacks.map((name) => partOf(tree, name, rows)));
	const loose = stacks.includes('python') ? [] : (await detectPython(tree)).gates;
	const gates = parts.flatMap((part, index) => part.gates.map((found) => renamed(found, index, stacks)));
	const standing = gates.length === 0 ? loose : gates;
	const kinds = new Set(standing.map((found) => found.value.kind));
	return {
		stack,
		others,
		setup: parts.flatMap((part) => part.setup),
		lockfiles: distinct(parts.flatMap((part) => part.lockfiles)),
		caches: distinct(parts.flatMap((part) => part.caches)),
		copy: detectCopy(tree),
		gates: inGateOrder([...standing, ...(await detectMakefile(tree, kinds))]),
	};
}

async function partOf(tree: ProjectTree, stack: string, rows: readonly StackRow[]): Promise<Part> {
	if (isKnown(stack)) return detectors[stack](tree);
	const proposals = rows.find((row) => row.stack === stack)?.proposes;
	return proposals === undefined ? nothing : declaredPart(tree, stack, proposals);
}

const isKnown = (stack: string): stack is Stack => Object.hasOwn(detectors, stack);

/** The main stack's gates are `test`, `lint`, …; those of the others say whose they are. */
function renamed(found: GateFinding, index: number, stacks: readonly string[]): GateFinding {
	return index === 0 ? found : { ...found, value: { ...found.value, name: `${found.value.name}-${stacks[index]}` } };
}

/** Cheap gates first, so that a change fails soon. */
function inGateOrder(gates: readonly GateFinding[]): GateFinding[] {
	const order = ['format', 'lint', 'docs', 'types', 'build', 'test', 'other'];
	return [...gates].sort((a, b) => order.indexOf(a.value.kind) - order.indexOf(b.value.kind));
}

/** A `.env` that lies there untracked is what tests read; a clone has none unless it is copied. */
function detectCopy(tree: ProjectTree): Finding<string>[] {
	const example = firstName(tree, ['.env.example', '.env.sample', '.env.template', '.env.dist']);
	if (!tree.untracked.includes('.env')) return [];
	const because = example === null ? 'is here but not in git' : `is not in git and ${example} is`;
	return [{ value: '.env', why: `.env ${because}` }];
}

function distinct(findings: readonly Finding<string>[]): Finding<string>[] {
	return findings.filter((found, index) => findings.findIndex((other) => other.value === found.value) === index);
}
