/**
 * The project whose checkout a folder is, asked over HTTP: for waiting, and for adding many items, because a start of the
 * command for each takes longer than most of what is waited for. What the command prints, and that it does what it says,
 * is looked at where that is the point.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Board, CallName, Input, Result } from '../../shared/operations/index.ts';
import { apiFileSchema } from '../../shared/project/api-file.ts';

const projectFile = '.gangline/project.toml';

/** @throws where no node answers with a board. */
export function boardOf(state: string, repository: string): Promise<Board> {
	return askOver(state, 'project.status', { project: projectOf(repository) });
}

/** Adds an item that a script does, as `gangline add --run` would. @throws where it is refused. */
export async function addOver(state: string, repository: string, title: string, script: string): Promise<void> {
	const description = `\`\`\`sh\n${script}\n\`\`\`\n`;
	await askOver(state, 'item.add', { project: projectOf(repository), title, description });
}

/** Asks who left its note in that state folder, a node or a gateway. @throws where it is refused. */
export async function askOver<Name extends CallName>(
	state: string,
	name: Name,
	input: Input<Name>,
): Promise<Result<Name>> {
	const note = apiFileSchema.parse(JSON.parse(readFileSync(join(state, 'api.json'), 'utf8')));
	const response = await fetch(`${note.url}/v1/${name}`, {
		method: 'POST',
		headers: { authorization: `Bearer ${note.token}`, 'content-type': 'application/json' },
		body: JSON.stringify(input),
	});
	const text = await response.text();
	if (response.status !== 200) throw new Error(`${name} was refused with ${response.status}: ${text}`);
	return JSON.parse(text) as Result<Name>;
}

/** A project keeps its id for ever, so each checkout is asked once. */
const known = new Map<string, string>();

/** As the last commit that touched the file has it: what is not committed may be in any state. */
function projectOf(repository: string): string {
	const already = known.get(repository);
	if (already !== undefined) return already;
	const git = (...args: string[]): string =>
		execFileSync('git', ['-C', repository, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
	const commit = git('log', '-1', '--format=%H', '--', projectFile);
	const id = /^id = "(\w+)"$/m.exec(git('show', `${commit}:${projectFile}`))?.[1] ?? '';
	if (id !== '') known.set(repository, id);
	return id;
}
