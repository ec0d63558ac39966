/**
 * What of git an agent may run unasked: what stays in its clone. Asked is what talks to others, what changes the
 * programs that git itself runs, what names one to run, and what reads a file from elsewhere into the repository. Pure.
 */
import { localGit } from './command-rules.ts';

/** What is known of the place, and of commands that stand behind git's own words. */
export interface GitPlace {
	mayBeRead(path: string): boolean;
	isFolderOfOurs(path: string | undefined): boolean;
	mayRun(words: readonly string[]): boolean;
}

const plainOptions: ReadonlySet<string> = new Set(['--no-pager', '-P', '--no-optional-locks', '--version']);
/** Options that name a program to run, or a file to write. */
const acting = /^--(?:exec|ext-diff|textconv|upload-pack|receive-pack|output|open-files-in-pager|no-index|template)/;
/** The same in short, by command: what else `-x` and `-O` are, git has to say. */
const actingShort: Readonly<Record<string, RegExp>> = {
	rebase: /^-[a-zA-Z]*x/,
	grep: /^-[a-zA-Z]*O/,
	diff: /^-O/,
	log: /^-O/,
	show: /^-O/,
};
const readsOfConfig = /^(?:--get(?:-all|-regexp|-urlmatch|-color|-colorbool)?|--list|-l)$/;

export function mayRunGit(args: readonly string[], place: GitPlace): boolean {
	let at = 0;
	for (let arg = args[at]; arg?.startsWith('-'); arg = args[at]) {
		if (arg === '-C' && place.isFolderOfOurs(args[at + 1])) at += 2;
		else if (plainOptions.has(arg)) at += 1;
		else return false;
	}
	const [command, ...rest] = args.slice(at);
	if (command === undefined) return true;
	if (command === 'config')
		return rest[0] === 'get' || rest[0] === 'list' || rest.some((arg) => readsOfConfig.test(arg));
	if (command === 'remote') return rest.length === 0 || rest.every((arg) => arg === '-v');
	if (command === 'worktree' || command === 'notes') return rest[0] === 'list' || rest[0] === 'show';
	if (command === 'bisect' && rest[0] === 'run') return place.mayRun(rest.slice(1));
	const short = Object.hasOwn(actingShort, command) ? actingShort[command] : undefined;
	if (rest.some((arg) => acting.test(arg) || short?.test(arg))) return false;
	return localGit.has(command) && rest.every((arg) => isInRepository(arg, place));
}

/** Commits, ranges and paths of the clone; git reads another path only where it is written as one. */
function isInRepository(word: string, place: GitPlace): boolean {
	const path = /^--[a-z-]+=(.*)$/s.exec(word)?.[1] ?? word.replace(/^-[a-zA-Z]+/, '');
	const leaves = path.startsWith('/') || path.startsWith('~/') || /(?:^|\/)\.\.(?:\/|$)/.test(path);
	return !leaves || /\s/.test(path) || place.mayBeRead(path);
}
