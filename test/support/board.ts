/**
 * The board of the project whose checkout a folder is, asked over HTTP: for waiting, because a start of the command for
 * each look takes longer than most of what is waited for. What the command prints is looked at where that is the point.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Board } from '../../shared/operations/index.ts';
import { apiFileSchema } from '../../shared/project/api-file.ts';

const projectFile = '.gangline/project.toml';

/** @throws where no node answers with a board. */
export async function boardOf(state: string, repository: string): Promise<Board> {
	const note = apiFileSchema.parse(JSON.parse(readFileSync(join(state, 'api.json'), 'utf8')));
	const response = await fetch(`${note.url}/v1/project.status`, {
		method: 'POST',
		headers: { authorization: `Bearer ${note.token}`, 'content-type': 'application/json' },
		body: JSON.stringify({ project: projectOf(repository) }),
	});
	const text = await response.text();
	if (response.status !== 200) throw new Error(`the board was refused with ${response.status}: ${text}`);
	return JSON.parse(text) as Board;
}

/** As the last commit that touched the file has it: what is not committed may be in any state. */
function projectOf(repository: string): string | undefined {
	const git = (...args: string[]): string =>
		execFileSync('git', ['-C', repository, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
	const commit = git('log', '-1', '--format=%H', '--', projectFile);
	return /^id = "(\w+)"$/m.exec(git('show', `${commit}:${projectFile}`))?.[1];
}
