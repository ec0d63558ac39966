/**
 * Judges a repository in which things have landed, from outside: git and a list of facts, nothing of the product.
 * Answers sentences; none where each item is on main's first-parent chain exactly once, on the tree that was gated, with
 * its own file still there, the facts say the same, and nothing is left of those who died.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

export interface JudgedItem {
	readonly key: string;
	readonly stage: string;
	readonly commit: string | null;
}

const git = (gitDir: string, ...args: string[]): string =>
	execFileSync('git', ['--git-dir', gitDir, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();

interface OnMain {
	readonly commit: string;
	readonly tree: string;
	readonly item: string;
	readonly gated: string;
}

function landingsOf(gitDir: string): readonly OnMain[] {
	const trailer = (key: string): string => `%(trailers:key=${key},valueonly,separator=%x2c)`;
	const format = `--format=%H %T ${trailer('Gangline-Item')} ${trailer('Gangline-Tree')}`;
	return git(gitDir, 'log', '--first-parent', format, 'refs/heads/main')
		.split('\n')
		.map((line) => line.split(' '))
		.flatMap(([commit = '', tree = '', item = '', gated = '']) => (item ? [{ commit, tree, item, gated }] : []));
}

/** What is wrong with main at any time, also just after a kill: an item twice, or a tree that was not gated. */
export function wrongOnMain(gitDir: string): readonly string[] {
	const seen = new Map<string, string>();
	return landingsOf(gitDir).flatMap(({ commit, tree, item, gated }) => {
		const earlier = seen.get(item);
		seen.set(item, commit);
		return [
			...(earlier === undefined ? [] : [`${item} landed twice: ${earlier} and ${commit}`]),
			...(tree === gated ? [] : [`${commit} has the tree ${tree}, gated was ${gated}`]),
		];
	});
}

/**
 * Looks at one repository again and again: what main held it must still hold, in that order, and all of which a lander has
 * said that it landed must be there.
 */
export class MainWitness {
	readonly #gitDir: string;
	#tip = '';

	constructor(gitDir: string) {
		this.#gitDir = gitDir;
	}

	/** `acknowledged`: the commit of each item that was said to have landed. */
	wrong(acknowledged: ReadonlyMap<string, string>): readonly string[] {
		const chain = git(this.#gitDir, 'rev-list', '--first-parent', 'refs/heads/main').split('\n');
		const before = this.#tip;
		this.#tip = chain[0] ?? '';
		const landed = new Map(landingsOf(this.#gitDir).map(({ item, commit }) => [item, commit]));
		return [
			...wrongOnMain(this.#gitDir),
			...(before === '' || chain.includes(before) ? [] : [`main was at ${before} and does not hold it any more`]),
			...[...acknowledged].flatMap(([item, commit]) =>
				landed.get(item) === commit
					? []
					: [`${item} was said to have landed as ${commit}, main has ${landed.get(item)}`],
			),
		];
	}
}

/** What is wrong after the last one has ended by itself. `files`: the file that each item adds. */
export function wrongAtTheEnd(
	gitDir: string,
	files: ReadonlyMap<string, string>,
	facts: readonly JudgedItem[],
): readonly string[] {
	const landings = new Map(landingsOf(gitDir).map(({ item, commit }) => [item, commit]));
	const inTree = new Set(git(gitDir, 'ls-tree', '-r', '--name-only', 'refs/heads/main').split('\n'));
	const byKey = new Map(facts.map((item) => [item.key, item]));
	const wrong: string[] = [...wrongOnMain(gitDir)];
	for (const [key, file] of files) {
		const fact = byKey.get(key);
		const landed = landings.get(key);
		if (landed === undefined) wrong.push(`${key} is not on main`);
		if (!inTree.has(file)) wrong.push(`${file} of ${key} is not in main's tree`);
		if (fact?.stage !== 'done') wrong.push(`${key} is ${fact?.stage ?? 'unknown'} in the facts`);
		else if (fact.commit !== landed) wrong.push(`${key} landed as ${landed}, the facts say ${fact.commit}`);
	}
	if (landings.size !== files.size) wrong.push(`${landings.size} items are on main, expected ${files.size}`);
	const locks = readdirSync(gitDir, { recursive: true, encoding: 'utf8' }).filter((path) =>
		/\.lock$|\/tmp_/.test(path),
	);
	wrong.push(...locks.map((path) => `something stale is left: ${join(gitDir, path)}`));
	const damage = git(gitDir, 'fsck', '--no-dangling', '--no-progress');
	if (damage !== '') wrong.push(`git fsck: ${damage}`);
	return wrong;
}
