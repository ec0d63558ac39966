/**
 * What an agent is refused at the moment of the write, whatever else it may do unasked: a coder what is beyond its paths,
 * an agent that only looks all that git tracks. Pure. Tools name their files; of a line of shell it sees redirections and
 * the plain words of the commonest programs, and lets be what it cannot tell: the commits and the tree are judged in any
 * case. What builds make again, and what git takes back, is refused to nobody.
 */
import { basename, join, relative } from 'node:path';
import { isPathAllowed } from '../../../shared/plan/index.ts';
import type { PermissionAsk, PermissionDecision } from '../agent-event.ts';
import { wrappers } from './command-rules.ts';
import { behind, conversationWords, isConversation, isWithin, resolvePath, scopeWords } from './policy.ts';
import { type SimpleCommand, shellCommands, unknownPart } from './shell-commands.ts';

export interface Guard {
	readonly clone: string;
	readonly tmp: string;
	/** What of the clone it may change, as patterns; undefined: everything. */
	readonly paths?: readonly string[] | undefined;
	/** It may change nothing in the clone, and move no ref. */
	readonly looksOnly?: boolean;
}

const looksOnlyWords =
	'This session only looks: change no file of this clone, commit nothing and move no branch. Scratch files belong into $TMPDIR.';

/** What the agent is told in place of doing it; null where nothing speaks against it. */
export function forbidden({ what }: PermissionAsk, guard: Guard): string | null {
	const { clone, paths, looksOnly = false } = guard;
	if (looksOnly && what.kind === 'command' && movesRefs(what.command)) return looksOnlyWords;
	if (!looksOnly && paths === undefined) return null;
	const scope = looksOnly ? [] : (paths ?? []);
	const written = what.kind === 'edit' ? what.paths.map((path) => [resolvePath(path, guard, clone)]) : [];
	const all = what.kind === 'command' ? shellWrites(what.command, guard) : written;
	const outside = all.flatMap((ways) => {
		const inClone = ways.filter((path) => path !== clone && isWithin(path, clone)).map((path) => relative(clone, path));
		const isFine = inClone.length < ways.length || inClone.some((path) => isAllowed(path, scope));
		return isFine ? [] : inClone.slice(0, 1);
	});
	if (outside.length === 0) return null;
	return looksOnly ? looksOnlyWords : scopeWords(outside, scope);
}

/** Decides at once what else nobody is asked for: all but what is refused. */
export function decideUnasked(ask: PermissionAsk, guard: Guard): PermissionDecision {
	const refusal = isConversation(ask) ? conversationWords : forbidden(ask, guard);
	return refusal === null ? { kind: 'allow' } : { kind: 'deny', message: refusal };
}

/** A folder is allowed where what lies in it is. */
function isAllowed(path: string, scope: readonly string[]): boolean {
	const [top = ''] = path.split('/');
	return madeAgain.has(top) || isPathAllowed(scope, path) || isPathAllowed(scope, `${path}/x`);
}

/** What builds and package managers make, and git ignores nearly everywhere. */
const madeAgain: ReadonlySet<string> = new Set([
	...['node_modules', 'dist', 'build', 'out', 'target', 'coverage', 'tmp', '.cache', '__pycache__', '.pytest_cache'],
]);

/** Each write of a line, as whole paths; of one that may mean several (into a folder, or over a file) all of them. */
function shellWrites(line: string, guard: Guard, depth = 0): readonly (readonly string[])[] {
	const found: (readonly string[])[] = [];
	let cwd: string | null = guard.clone;
	for (const command of shellCommands(line) ?? []) {
		const words = plainWords(command);
		if (words[0] === 'cd') {
			const to: string | undefined = words[1];
			cwd = cwd === null || to === undefined || !isTold(to) ? null : resolvePath(to, guard, cwd);
			continue;
		}
		if (cwd === null) continue;
		const at = cwd;
		const inner = innerLine(words);
		if (inner !== null && depth < depthMax) found.push(...shellWrites(inner, guard, depth + 1));
		for (const ways of [...command.writes.map((path) => [path]), ...writtenBy(words)]) {
			if (ways.every(isTold)) found.push(ways.map((path) => resolvePath(path, guard, at)));
		}
	}
	return found;
}

const depthMax = 3;

/** Nothing in it that only the shell knows. */
function isTold(path: string): boolean {
	return path !== '' && !path.includes(unknownPart) && !path.startsWith('~') && !/[*?[\]{}]/.test(path);
}

/** The command itself, behind assignments and wrappers. */
function plainWords({ words }: SimpleCommand): readonly string[] {
	let left = words;
	for (let round = 0; round < depthMax; round++) {
		const start = left.findIndex((word) => !/^[A-Za-z_][A-Za-z0-9_]*=/.test(word));
		left = start < 0 ? [] : left.slice(start);
		const [name = '', ...args] = left;
		const wrapper = Object.hasOwn(wrappers, name) && name !== 'xargs' ? wrappers[name] : undefined;
		if (wrapper === undefined) return left;
		left = behind(args, wrapper) ?? [];
	}
	return left;
}

/** Of `sh -c LINE`. */
function innerLine([name, ...args]: readonly string[]): string | null {
	if (name !== 'sh' && name !== 'bash') return null;
	const at = args.findIndex((arg) => /^-[a-z]*c$/.test(arg));
	return at < 0 ? null : (args[at + 1] ?? null);
}

/**
 * Files that a program changes by the words it is given; each with the ways in which it may be meant. Not git: who has
 * committed too much takes it back with git's checkout, restore and rm.
 */
function writtenBy([name = '', ...args]: readonly string[]): readonly (readonly string[])[] {
	const plain = args.filter((arg) => !arg.startsWith('-'));
	switch (name) {
		case 'tee':
		case 'rm':
		case 'unlink':
		case 'touch':
			return plain.map((path) => [path]);
		case 'mv':
			return [...plain.slice(0, -1).map((path) => [path]), ...into(plain)];
		case 'cp':
		case 'ln':
		case 'install':
			return into(plain);
		case 'sed':
			return args.some((arg) => /^(?:-[a-zA-Z]*i|--in-place)/.test(arg)) ? sedFiles(args).map((path) => [path]) : [];
		default:
			return [];
	}
}

function into(plain: readonly string[]): readonly (readonly string[])[] {
	const to = plain.at(-1);
	if (to === undefined || plain.length < 2) return [];
	return plain.slice(0, -1).map((from) => [to, join(to, basename(from))]);
}

/** The first plain word is the script where no option gives one. */
function sedFiles(args: readonly string[]): readonly string[] {
	const isGiven = args.some((arg) => /^(?:-[a-zA-Z]*[ef]$|--expression|--file)/.test(arg));
	const plain = args.filter(
		(arg, at) => !arg.startsWith('-') && !/^(?:-[a-zA-Z]*[ef]|--expression|--file)$/.test(args[at - 1] ?? ''),
	);
	return isGiven ? plain : plain.slice(1);
}

/** Whether a line asks git to commit, or to move a ref or HEAD. */
function movesRefs(line: string, depth = 0): boolean {
	return (shellCommands(line) ?? []).some((command) => {
		const words = plainWords(command);
		const inner = innerLine(words);
		if (inner !== null && depth < depthMax && movesRefs(inner, depth + 1)) return true;
		if (words[0] !== 'git') return false;
		const [name = '', ...rest] = gitWords(words.slice(1));
		if (name === 'branch' || name === 'tag') return rest.some((arg) => !arg.startsWith('-')) && !rest.some(isListing);
		return movers.has(name);
	});
}

function isListing(arg: string): boolean {
	return /^(?:-l|--list|--contains|--merged|--no-merged|--points-at)/.test(arg);
}

const movers: ReadonlySet<string> = new Set([
	...['commit', 'merge', 'rebase', 'reset', 'cherry-pick', 'revert', 'am', 'stash', 'push', 'pull', 'fetch'],
	...['checkout', 'switch', 'restore', 'rm', 'mv', 'update-ref', 'symbolic-ref', 'notes', 'bisect', 'filter-branch'],
]);

/** Behind git's own options. */
function gitWords(args: readonly string[]): readonly string[] {
	let at = 0;
	for (let arg = args[at]; arg?.startsWith('-'); arg = args[at]) at += arg === '-C' || arg === '-c' ? 2 : 1;
	return args.slice(at);
}
