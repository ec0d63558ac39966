/**
 * What a project's own `.gitignore` covers. A set-up or a test that leaves unignored files behind would make every tree
 * look changed, so detected commands keep such files out of git's sight where the project does not.
 */
import type { ProjectTree } from './finding.ts';

/** Whether some line of the root `.gitignore` names one of the words, with or without slashes. */
export async function ignores(tree: ProjectTree, words: readonly string[]): Promise<boolean> {
	const text = (await tree.read('.gitignore')) ?? '';
	const lines = text.split(/\r?\n/).map((line) =>
		line
			.trim()
			.replace(/^(?:\*\*\/|\/)/, '')
			.replace(/\/\**$/, ''),
	);
	return words.some((word) => lines.includes(word));
}

/** A command that makes `folder` invisible to git, or nothing where the project already ignores it. */
export async function hideUnlessIgnored(
	tree: ProjectTree,
	folder: string,
	spellings: readonly string[],
): Promise<string> {
	return (await ignores(tree, [folder, ...spellings]))
		? ''
		: ` && mkdir -p ${folder} && echo '*' > ${folder}/.gitignore`;
}
