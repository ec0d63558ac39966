/**
 * Whether an agent may do what it asks for without a person: edit in its clone, run git, set-up and gates and the tools
 * of building; the rest is asked, and what the project's settings allow is not. Pure. A line of shell is allowed when
 * each command in it is; one that cannot be read for certain is asked.
 */
import { isAbsolute, join, normalize, relative } from 'node:path';
import { isPathAllowed } from '../../../shared/plan/index.ts';
import type { PermissionAsk } from '../agent-event.ts';
import {
	actingOptions,
	builders,
	harmless,
	installing,
	keptFolders,
	listers,
	managers,
	readers,
	runners,
	steeringVariable,
	systemFolders,
	wrappers,
	writers,
} from './command-rules.ts';
import { mayRunGit } from './git-policy.ts';
import { type SimpleCommand, shellCommands, unknownPart } from './shell-commands.ts';

export interface PolicyPlace {
	readonly clone: string;
	readonly tmp: string;
	/** Commands of the project's settings: set-up and gates. */
	readonly commands: readonly string[];
	/** Patterns of the project's settings: a command with `*` for any text, or the name of a tool. */
	readonly allow: readonly string[];
	/** What of the clone may be changed, as patterns; undefined: everything. */
	readonly paths?: readonly string[];
}

export type PolicyAnswer =
	| { readonly kind: 'allow'; readonly by: string }
	/** Nobody needs to be asked: it cannot be done here. */
	| { readonly kind: 'deny'; readonly message: string }
	| { readonly kind: 'ask' };

/** Tools that ask a person by themselves; nobody sits there. */
const conversations: ReadonlySet<string> = new Set(['AskUserQuestion', 'ExitPlanMode', 'EnterPlanMode']);

export const conversationWords =
	'Nobody can answer questions here: decide by yourself, and say in the commit message what you decided.';

export function isConversation({ tool }: Pick<PermissionAsk, 'tool'>): boolean {
	return conversations.has(tool);
}

export function judgeAsk({ tool, what, summary }: PermissionAsk, place: PolicyPlace): PolicyAnswer {
	if (conversations.has(tool)) return { kind: 'deny', message: conversationWords };
	const outside = what.kind === 'edit' ? what.paths.flatMap((path) => beyondScope(path, place)) : [];
	if (outside.length > 0) return { kind: 'deny', message: scopeWords(outside, place.paths ?? []) };
	if (place.allow.includes(tool)) return { kind: 'allow', by: 'the list of the project' };
	switch (what.kind) {
		case 'command':
			return judgeLine(what.command, place);
		case 'edit':
			return what.paths.length > 0 && what.paths.every((path) => mayWrite(path, place, place.clone))
				? { kind: 'allow', by: 'the rules' }
				: { kind: 'ask' };
		case 'read':
			return what.paths.every((path) => mayRead(path, place, place.clone))
				? { kind: 'allow', by: 'the rules' }
				: { kind: 'ask' };
		case 'other':
			return place.allow.some((pattern) => matches(pattern, `${tool} ${summary}`))
				? { kind: 'allow', by: 'the list of the project' }
				: { kind: 'ask' };
	}
}

/** A path of the clone that the agent is not there for. Links are not looked at: its commits are judged in any case. */
function beyondScope(path: string, { paths: scope, ...place }: PolicyPlace): readonly string[] {
	const whole = resolvePath(path, place, place.clone);
	if (scope === undefined || !isWithin(whole, place.clone)) return [];
	const inClone = relative(place.clone, whole);
	return isPathAllowed(scope, inClone) ? [] : [inClone];
}

/** What an agent with this scope is told of paths outside of it. */
export function scopeWords(outside: readonly string[], scope: readonly string[]): string {
	const named = outside.length > pathsNamed ? `${outside.slice(0, pathsNamed).join(', ')}, …` : outside.join(', ');
	return `This agent may change only ${scope.join(', ')}, and not ${named}: leave it as it is, and say in the commit message what should change there.`;
}

const pathsNamed = 5;

function judgeLine(line: string, place: PolicyPlace): PolicyAnswer {
	if (place.commands.includes(line.trim())) return { kind: 'allow', by: 'the rules' };
	const commands = shellCommands(line);
	if (commands === null || commands.length === 0) return { kind: 'ask' };
	let cwd: string | null = place.clone;
	let isListed = false;
	for (const [at, command] of commands.entries()) {
		const text = command.words.join(' ');
		if (!text.includes(unknownPart) && place.allow.some((pattern) => matches(pattern, text))) {
			if (!redirections(command, place, cwd)) return { kind: 'ask' };
			isListed = true;
			continue;
		}
		if (command.words[0] === 'cd') {
			cwd = cwd === null ? null : folderAfter(command.words, cwd, place);
			if (cwd === null) return { kind: 'ask' };
			continue;
		}
		if (cwd === null || !redirections(command, place, cwd) || !mayRun(command.words, place, cwd))
			return { kind: 'ask' };
		if (command.words.includes('xargs') && !isFedPaths(commands, at, place)) return { kind: 'ask' };
	}
	return { kind: 'allow', by: isListed ? 'the list of the project' : 'the rules' };
}

/**
 * What `xargs` is given is not in the line. Programs that look at files or change them are let be where what feeds them
 * only finds names, and none outside of where files may be changed.
 */
function isFedPaths(commands: readonly SimpleCommand[], at: number, place: PolicyPlace): boolean {
	const { words = [] } = commands[at] ?? {};
	const inner = behind(words.slice(words.indexOf('xargs') + 1), wrappers.xargs ?? noWrapper)?.[0] ?? 'echo';
	if (!readers.has(inner) && !writers.has(inner)) return true;
	const feeding: SimpleCommand[] = [];
	for (let before = at - 1; commands[before]?.pipes === true; before--) feeding.push(commands[before] ?? noCommand);
	const isOurs = (word: string): boolean =>
		!word.startsWith('/') || isWithin(word, place.clone) || isWithin(word, place.tmp) || !writers.has(inner);
	return (
		feeding.length > 0 && feeding.every(({ words: [name = '', ...rest] }) => listers.has(name) && rest.every(isOurs))
	);
}

const noCommand: SimpleCommand = { words: [], writes: [], reads: [] };
const noWrapper = { skips: 0, valued: new Set<string>() };

function folderAfter([, to, ...rest]: readonly string[], cwd: string, place: PolicyPlace): string | null {
	if (to === undefined || rest.length > 0 || to.includes(unknownPart) || to.startsWith('-') || to.startsWith('~'))
		return null;
	const path = resolvePath(to, place, cwd);
	return isWithin(path, place.clone) || isWithin(path, place.tmp) ? path : null;
}

function redirections({ writes, reads }: SimpleCommand, place: PolicyPlace, cwd: string | null): boolean {
	if (cwd === null) return writes.length + reads.length === 0;
	return (
		writes.every((path) => path === '/dev/null' || mayWrite(path, place, cwd)) &&
		reads.every((path) => mayRead(path, place, cwd))
	);
}

function mayRun(all: readonly string[], place: PolicyPlace, cwd: string): boolean {
	const words = withoutAssignments(all);
	if (words === null) return false;
	const [name, ...args] = words;
	if (name === undefined) return true;
	if (place.commands.includes(words.join(' '))) return true;
	if (name.includes('/')) return isWithin(resolvePath(name, place, cwd), place.clone) && !name.includes(unknownPart);
	const wrapper = Object.hasOwn(wrappers, name) ? wrappers[name] : undefined;
	if (wrapper !== undefined) {
		const inner = behind(args, wrapper);
		const own = args.slice(0, args.length - (inner?.length ?? 0));
		if (own.some((arg) => wrapper.refuses?.test(arg))) return false;
		return inner !== null && (inner.length === 0 || mayRun(inner, place, cwd));
	}
	if (name === 'sh' || name === 'bash') return mayRunShell(args, place, cwd);
	if (name === 'git') {
		return mayRunGit(args, {
			mayBeRead: (path) => mayBeRead(path, place, cwd),
			isFolderOfOurs: (path) => mayWriteFolder(path, place, cwd),
			mayRun: (inner) => mayRun(inner, place, cwd),
		});
	}
	if (name === 'find') return mayFind(args, place, cwd);
	if (name === 'kill') return args.every((arg) => /^(?:-[A-Z0-9]+|%\d*)$/.test(arg));
	const acts = Object.hasOwn(actingOptions, name) ? actingOptions[name] : undefined;
	if (acts !== undefined && args.some((arg) => acts.test(arg))) return false;
	if (setters.has(name)) return !args.some((arg) => steeringVariable.test(arg.split('=')[0] ?? ''));
	if (harmless.has(name) || builders.has(name)) return true;
	if (Object.hasOwn(managers, name)) return mayManage(name, args, (inner) => mayRun(inner, place, cwd));
	const paths = args.filter((arg) => !arg.startsWith('-'));
	if (readers.has(name)) {
		// Their second file is one that they write.
		const written = name === 'uniq' || name === 'xxd' ? paths.slice(1) : [];
		return paths.every((path) => mayBeRead(path, place, cwd)) && written.every((path) => mayWrite(path, place, cwd));
	}
	// Where a link leads is told from its own folder, which need not be this one.
	if (name === 'ln' && paths.some((path) => path.split('/').includes('..'))) return false;
	const files = writers.has(name) ? fileWords(name, args) : null;
	if (files === null) return false;
	const isReadOnly = name === 'sed' && !args.some((arg) => /^(?:-[a-zA-Z]*i|--in-place)/.test(arg));
	return files.every((path) => (isReadOnly ? mayBeRead(path, place, cwd) : mayWrite(path, place, cwd)));
}

function withoutAssignments(words: readonly string[]): readonly string[] | null {
	let at = 0;
	for (let word = words[at]; word !== undefined; word = words[++at]) {
		const name = /^([A-Za-z_][A-Za-z0-9_]*)=/.exec(word)?.[1];
		if (name === undefined) break;
		if (steeringVariable.test(name)) return null;
	}
	return words.slice(at);
}

/** The command that a wrapper runs; null where that cannot be told. */
export function behind(
	args: readonly string[],
	{ skips, valued }: { skips: number; valued: ReadonlySet<string> },
): readonly string[] | null {
	let left = skips;
	for (let at = 0; at < args.length; at++) {
		const arg = args[at] ?? '';
		if (arg.startsWith('-')) at += valued.has(arg) ? 1 : 0;
		else if (left > 0) left -= 1;
		else return args.slice(at);
	}
	return [];
}

function mayRunShell(args: readonly string[], place: PolicyPlace, cwd: string): boolean {
	const [first, line] = args.filter((arg) => !/^-[abd-z]+$/.test(arg));
	if (first === undefined || first.includes(unknownPart)) return false;
	if (/^-[a-z]*c$/.test(first)) {
		// Read as a line of its own, in the clone; one that is put together from parts is not read.
		return line !== undefined && !line.includes(unknownPart) && judgeLine(line, place).kind === 'allow';
	}
	return !first.startsWith('-') && isWithin(resolvePath(first, place, cwd), place.clone);
}

function mayFind(args: readonly string[], place: PolicyPlace, cwd: string): boolean {
	const end = args.findIndex((arg) => /^[-(!]/.test(arg));
	const roots = end < 0 ? args : args.slice(0, end);
	if (!roots.every((path) => mayBeRead(path, place, cwd))) return false;
	const acts = args.some((arg) => /^-(?:delete|exec|execdir|ok|okdir|fprint|fprintf|fls|fprint0)$/.test(arg));
	if (!acts) return true;
	if (!roots.every((path) => mayWriteFolder(path, place, cwd))) return false;
	const exec = args.findIndex((arg) => /^-(?:exec|execdir)$/.test(arg));
	if (exec < 0) return !args.some((arg) => /^-f/.test(arg));
	const stop = args.findIndex((arg, at) => at > exec && (arg === ';' || arg === '+'));
	const inner = args.slice(exec + 1, stop < 0 ? undefined : stop).map((arg) => (arg === '{}' ? '.' : arg));
	return mayRun(inner, place, cwd);
}

function mayManage(name: string, args: readonly string[], mayRunInner: (words: readonly string[]) => boolean): boolean {
	const at = args.findIndex((arg) => !arg.startsWith('-'));
	const command = args[at];
	if (command === undefined) return true;
	const known = managers[name];
	if (known?.has(command) !== true || args.slice(0, at).some((arg) => bringing.test(arg))) return false;
	const rest = args.slice(at + 1);
	if (rest.some((arg) => fromElsewhere.test(arg)) || (name === 'go' && command === 'run' && /@/.test(rest.join()))) {
		return false;
	}
	if (runners[name] !== command) return !installing.has(command) || !rest.some((arg) => !arg.startsWith('-'));
	const first = rest.findIndex((arg) => !arg.startsWith('-'));
	if (first < 0 || rest.slice(0, first).some((arg) => bringing.test(arg))) return first < 0;
	const inner = rest.slice(first);
	// Npm fetches a program that the project has not.
	return managers.npx?.has(inner[0] ?? '') === true || (name !== 'npm' && mayRunInner(inner));
}

/** Options of package managers that bring a package of another name, or a command. */
const bringing = /^(?:-p|-c|--package|--call|--with|--with-requirements|--from|--index)(?:=|$)/;
/** What is not the project's but an address. */
const fromElsewhere = /^(?:[a-z+]+:\/\/|npm:|jsr:)/;
/** Set variables of the shell that runs the rest of the line. */
const setters: ReadonlySet<string> = new Set(['export', 'read', 'local', 'let']);

/** Patterns of names are found by what they begin with; a word of another kind (a pattern to look for) is no path. */
function mayBeRead(word: string, place: PolicyPlace, cwd: string): boolean {
	if (!word.includes('/') && !word.startsWith('~')) return true;
	if (word.startsWith(unknownPart) || word.startsWith('~')) return false;
	return !leavesByUnknown(word) && mayRead(word, place, cwd);
}

/** The words of a program that changes files which name files; null where its other words could do more. */
function fileWords(name: string, args: readonly string[]): readonly string[] | null {
	const words = args.filter((arg) => !arg.startsWith('-'));
	if (name === 'chmod') return words.slice(1);
	if (name !== 'sed') return words;
	const scripts = args.some((arg) => /^(?:-e|--expression)/.test(arg)) ? words : words.slice(0, 1);
	if (args.some((arg) => /^(?:-[a-zA-Z]*f|--file)/.test(arg)) || scripts.some((script) => sedActs.test(script)))
		return null;
	// After `-e` a script and a file look alike; a script that is no path of the clone is asked.
	return args.some((arg) => /^(?:-e|--expression)/.test(arg)) ? words : words.slice(1);
}

/** Commands and flags of sed that write another file or run a program. */
const sedActs = /(?:^|[;{}\n])\s*(?:\d+|\$)?\s*[ew](?:\s|$)|[^\w\s][gpiIMm\d]*[ew](?:\s|;|\}|$)/;

function mayWriteFolder(path: string | undefined, place: PolicyPlace, cwd: string): boolean {
	if (path === undefined || path.includes(unknownPart)) return false;
	const whole = resolvePath(path, place, cwd);
	return isWithin(whole, place.clone) || isWithin(whole, place.tmp);
}

export function mayWrite(path: string, place: PolicyPlace, cwd: string): boolean {
	if (path.includes(unknownPart) || path.startsWith('~')) return false;
	const whole = resolvePath(path, place, cwd);
	if (isWithin(whole, place.tmp)) return true;
	if (!isWithin(whole, place.clone)) return false;
	const [top = ''] = relative(place.clone, whole).split('/');
	return !keptFolders.includes(top);
}

function mayRead(path: string, place: PolicyPlace, cwd: string): boolean {
	if (path.startsWith('~')) return false;
	const whole = resolvePath(path.replaceAll(unknownPart, 'x'), place, cwd);
	return [place.clone, place.tmp, ...systemFolders].some((folder) => isWithin(whole, folder));
}

/** `a/$x` may be anything when `$x` is `../../etc`; one in the last part of a path below the clone is let be. */
function leavesByUnknown(word: string): boolean {
	return word.includes(unknownPart) && (isAbsolute(word) || word.includes('..'));
}

export function resolvePath(path: string, { tmp }: Pick<PolicyPlace, 'tmp'>, cwd: string): string {
	const named = path.replaceAll('$TMPDIR', tmp);
	return normalize(isAbsolute(named) ? named : join(cwd, named));
}

export function isWithin(path: string, folder: string): boolean {
	return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}

/** `*` stands for any text; all else for itself. In one pass, whatever the pattern. */
function matches(pattern: string, text: string): boolean {
	const [first = '', ...rest] = pattern.split('*');
	const last = rest.pop();
	if (last === undefined) return text === first;
	if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
	let at = first.length;
	for (const part of rest) {
		const found = text.indexOf(part, at);
		if (found < 0) return false;
		at = found + part.length;
	}
	return at <= text.length - last.length;
}
