/**
 * A repository of many small text files with some history, made by one `git fast-import`: what a large project of
 * source looks like to git. The same numbers give the same repository.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { environment, shell } from '../support/git.ts';

const filesPerFolder = 50;
const at = 1_700_000_000;

/** Makes a bare repository at `path` whose `main` has `files` files after `commits` commits; answers main's id. */
export async function makeLargeRepository(path: string, files: number, commits: number): Promise<string> {
	shell('/', 'init', '--quiet', '--bare', '--initial-branch=main', path);
	const importer = spawn('git', ['--git-dir', path, 'fast-import', '--quiet'], {
		env: environment,
		stdio: ['pipe', 'inherit', 'inherit'],
	});
	const ended = once(importer, 'exit');
	const random = numbers(1);
	const write = async (text: string): Promise<void> => {
		if (!importer.stdin.write(text)) await once(importer.stdin, 'drain');
	};
	for (let commit = 0; commit < commits; commit++) {
		await write(
			`commit refs/heads/main\ncommitter Ada <ada@example.org> ${at + commit} +0000\ndata 2\n${commit % 10}\n`,
		);
		for (let file = 0; file < files; file++) {
			if (commit > 0 && random() % 100 !== 0) continue;
			const text = sourceText(random);
			await write(
				`M 644 inline src/${Math.floor(file / filesPerFolder)}/file-${file}.txt\ndata ${text.length}\n${text}\n`,
			);
		}
	}
	importer.stdin.end();
	await ended;
	return shell(path, 'rev-parse', 'main');
}

/** Some 2,000 characters of words, a few of them found nowhere else, as names in sources are. */
function sourceText(random: () => number): string {
	const lines: string[] = [];
	for (let line = 0, count = 15 + (random() % 50); line < count; line++) {
		const words = Array.from({ length: 4 + (random() % 8) }, () => vocabulary[random() % vocabulary.length]);
		lines.push(`\t${words.join(' ')} ${random().toString(36)};`);
	}
	return `${lines.join('\n')}\n`;
}

const vocabulary = Array.from({ length: 2_000 }, (_, index) => `${(index * 7919).toString(36)}${index % 7}`);

function numbers(seed: number): () => number {
	let state = seed;
	return () => {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		return state >>> 8;
	};
}
