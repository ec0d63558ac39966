/**
 * Whether a subtask may have changed a path. A path is judged by where it really is: symlinks of its parents are
 * followed, and what leaves the worktree, or touches git's own folder, is never allowed. Pure: the caller looks which
 * links there are. A wrong yes here lets an agent write where it must not, so every doubt is a no.
 */
import { isAllowedPattern, matches, parsePattern } from './patterns.ts';

/** A changed path, or both ends of a rename. */
export type ChangedPath = string | { readonly rename: readonly [from: string, to: string] };

/** Path of a symlink, relative to the worktree → what it points to, as it is stored. */
export type Symlinks = Readonly<Record<string, string>>;

/** Judges one change against the patterns of a scope; what is no pattern allows nothing. */
export function isPathAllowed(scope: readonly string[], changed: ChangedPath, symlinks: Symlinks = {}): boolean {
	if (typeof changed !== 'string') return changed.rename.every((path) => isPathAllowed(scope, path, symlinks));
	const real = realPath(changed, symlinks);
	if (real === null || real.length === 0) return false;
	if (real.some(isGit) || changed.split('/').some(isGit)) return false;
	return scope.some((pattern) => isAllowedPattern(pattern) && matches(parsePattern(pattern), real));
}

/** As many as Linux follows; a circle of links ends here. */
const linksMax = 40;

/** The path with the links of its parents followed, null where it leaves the worktree. A link itself is not followed. */
function realPath(path: string, symlinks: Symlinks): readonly string[] | null {
	if (path.startsWith('/') || path.includes('\0')) return null;
	const rest = parts(path).reverse();
	const real: string[] = [];
	let links = 0;
	for (let part = rest.pop(); part !== undefined; part = rest.pop()) {
		if (part === '..') {
			if (real.pop() === undefined) return null;
			continue;
		}
		real.push(part);
		const target = rest.length > 0 ? linkAt(real, symlinks) : undefined;
		if (target === undefined) continue;
		links += 1;
		if (links > linksMax || target.startsWith('/') || target.includes('\0')) return null;
		real.pop();
		rest.push(...parts(target).reverse());
	}
	return real;
}

function linkAt(path: readonly string[], symlinks: Symlinks): string | undefined {
	const key = path.join('/');
	return Object.hasOwn(symlinks, key) ? symlinks[key] : undefined;
}

function parts(path: string): string[] {
	return path.split('/').filter((part) => part !== '' && part !== '.');
}

/** Also in other cases of letters: some file systems do not tell them apart. */
function isGit(part: string): boolean {
	return part.toLowerCase() === '.git';
}
