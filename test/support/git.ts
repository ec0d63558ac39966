/**
 * Real repositories for tests: commits made from lists of files without a work tree, and the same on the twin, so that
 * one case runs on both. A temporary folder for each, removed by `dispose`.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CanonicalRepository } from '../../shared/git/index.ts';
import { type CommitId, type Git, parseCommitId } from '../../shared/ports/index.ts';
import { SimGit } from '../../shared/ports/sim/index.ts';
import { person, signer } from './git-signer.ts';

export { person, signer };

export interface TestFile {
	readonly content: string | Buffer;
	readonly mode?: '100644' | '100755' | '120000';
}

export type TestFiles = Readonly<Record<string, string | TestFile>>;

export interface GitUnderTest {
	readonly git: Git;
	commit(parents: readonly CommitId[], files: TestFiles, message?: string): Promise<CommitId>;
	dispose(): Promise<void>;
}

export const itemA = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
export const itemB = '01BX5ZZKBKACTAV9WEVGEMMVRZ';

export function temporaryFolder(): { path: string; remove(): void } {
	const path = realpathSync(mkdtempSync(join(tmpdir(), 'gangline git ')));
	return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export const environment = { PATH: process.env.PATH };

/** Git as a person or an attacker would run it, without the configuration of whoever runs the tests. */
export function shell(cwd: string, ...args: string[]): string {
	const env = {
		...environment,
		HOME: '/nonexistent',
		GIT_CONFIG_NOSYSTEM: '1',
		...identity,
		GIT_ALLOW_PROTOCOL: 'file',
	};
	return execFileSync('git', args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

const identity = {
	GIT_AUTHOR_NAME: 'Ada',
	GIT_AUTHOR_EMAIL: 'ada@example.org',
	GIT_COMMITTER_NAME: 'Ada',
	GIT_COMMITTER_EMAIL: 'ada@example.org',
};

export async function newCanonical(path: string, branch = 'main'): Promise<CanonicalRepository> {
	const committer = { name: 'Gangline', email: 'gangline@localhost' };
	return CanonicalRepository.create({ path, branch, signer: signer(), committer, environment });
}

export async function realGit(): Promise<GitUnderTest & { git: CanonicalRepository }> {
	const folder = temporaryFolder();
	const git = await newCanonical(join(folder.path, 'canonical.git'));
	return {
		git,
		commit: async (parents, files, message = 'change') => commitInto(git.path, parents, files, message),
		dispose: async () => {
			await git.close();
			folder.remove();
		},
	};
}

export async function simGit(): Promise<GitUnderTest & { git: SimGit }> {
	const git = new SimGit({ signer: signer() });
	return {
		git,
		commit: async (parents, files, message = 'change') => {
			const entries = Object.entries(files).map(([path, file]) => {
				const { content, mode } = typeof file === 'string' ? { content: file, mode: undefined } : file;
				return [path, git.objects.putFile(Buffer.from(content), mode)] as const;
			});
			const tree = git.objects.putTree(new Map(entries));
			return git.createCommit({ tree, parents, message, author: person, atMs: commitAt });
		},
		dispose: async () => undefined,
	};
}

const commitAt = 1_700_000_000_000;
let imports = 0;

/** One `git fast-import`, which makes a commit of exactly these files. */
export function commitInto(gitDir: string, parents: readonly CommitId[], files: TestFiles, message: string): CommitId {
	const ref = `refs/test/${process.pid}-${imports++}`;
	const data = (content: string | Buffer): Buffer => {
		const bytes = Buffer.from(content);
		return Buffer.concat([Buffer.from(`data ${bytes.length}\n`), bytes, Buffer.from('\n')]);
	};
	const stream: Buffer[] = [
		Buffer.from(`commit ${ref}\nauthor Ada <ada@example.org> ${commitAt / 1000} +0000\n`),
		Buffer.from(`committer Gangline <gangline@localhost> ${commitAt / 1000} +0000\n`),
		data(`${message}\n`),
		...parents.map((parent, index) => Buffer.from(`${index === 0 ? 'from' : 'merge'} ${parent}\n`)),
		Buffer.from('deleteall\n'),
		...Object.entries(files).flatMap(([path, file]) => {
			const { content, mode = '100644' } = typeof file === 'string' ? { content: file } : file;
			return [Buffer.from(`M ${mode} inline ${quoted(path)}\n`), data(content)];
		}),
	];
	const env = { ...environment, HOME: '/nonexistent', GIT_CONFIG_NOSYSTEM: '1' };
	execFileSync('git', ['--git-dir', gitDir, 'fast-import', '--quiet', '--force'], {
		input: Buffer.concat(stream),
		env,
	});
	const commit = parseCommitId(shell(gitDir, 'rev-parse', ref));
	shell(gitDir, 'update-ref', '-d', ref);
	return commit;
}

function quoted(path: string): string {
	return `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
