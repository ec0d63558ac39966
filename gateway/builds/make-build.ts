/**
 * Packs the program: the same files give the same bytes, whoever packs them and when, so that the hash in a line that
 * was printed yesterday is still that of the archive today. The system's tar and gzip do it in processes of their own,
 * because a hundred megabytes would hold up everything else that the gateway does.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { chmod, copyFile, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ganglineError } from '../../shared/ports/errors.ts';
import type { ProgramFile } from '../../shared/ports/system/program.ts';

export interface MadeBuild {
	readonly path: string;
	readonly sha256: string;
	readonly bytes: number;
}

/** What the line starts: works through links to it, whatever the folder is called. */
const launcher = `#!/bin/sh
here=$(dirname -- "$(readlink -f -- "$0")") && exec "$here/bin/node" "$here/app/gateway/cli/gangline.js" "$@"
`;
const stderrCharactersKept = 4096;
const copiesAtOnce = 32;
/** A person waits for it: half the time of gzip's own default, for a twentieth more to fetch. */
const level = 3;

/** Packs the files into \`<folder>/<sha256>.tgz\`. Nothing of that name is there before it is whole. One at a time. */
export async function makeBuild(files: readonly ProgramFile[], folder: string): Promise<MadeBuild> {
	await mkdir(folder, { recursive: true, mode: 0o700 });
	const stage = join(folder, 'stage');
	const part = join(folder, 'part.tgz');
	try {
		await rm(stage, { recursive: true, force: true });
		await stageFiles(files, stage);
		await packFolder(stage, part);
		const [sha256, { size }] = await Promise.all([hashOf(part), stat(part)]);
		const path = join(folder, `${sha256}.tgz`);
		await rename(part, path);
		return { path, sha256, bytes: size };
	} finally {
		await rm(stage, { recursive: true, force: true });
		await rm(part, { force: true });
	}
}

async function stageFiles(files: readonly ProgramFile[], stage: string): Promise<void> {
	for (const folder of new Set(files.map(({ to }) => dirname(join(stage, to))))) {
		await mkdir(folder, { recursive: true, mode: 0o755 });
	}
	await copyAll(files, stage).catch((cause: unknown) => {
		throw cannotPack(cause instanceof Error ? cause.message : String(cause), cause);
	});
	await writeFile(join(stage, 'gangline'), launcher);
	await chmod(join(stage, 'gangline'), 0o755);
}

/** A copy, never a hard link: another gateway that packs the same file at the same time would touch it under our tar. */
async function copyAll(files: readonly ProgramFile[], stage: string): Promise<void> {
	for (let at = 0; at < files.length; at += copiesAtOnce) {
		const some = files.slice(at, at + copiesAtOnce);
		await Promise.all(some.map(({ from, to }) => copyFile(from, join(stage, to), constants.COPYFILE_FICLONE)));
	}
}

async function packFolder(folder: string, to: string): Promise<void> {
	const packing = ['--create', '--format=gnu', `--use-compress-program=gzip -n -${level}`];
	const alike = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--mode=u=rwX,go=rX'];
	const argv = [...packing, ...alike, '--file', to, '-C', folder];
	const { code, stderr } = await runTar([...argv, '.']);
	if (code === 0) return;
	throw cannotPack(stderr);
}

function cannotPack(why: string, cause?: unknown): Error {
	return ganglineError('UNSUITABLE_MACHINE', `the build for machines that join could not be packed: ${why}`, {
		hint: 'GNU tar and gzip are needed, and room on the disk: tar --version; df -h',
		cause,
	});
}

function runTar(argv: readonly string[]): Promise<{ readonly code: number | null; readonly stderr: string }> {
	return new Promise((resolve) => {
		const child = spawn('tar', argv, {
			stdio: ['ignore', 'ignore', 'pipe'],
			env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
		});
		let stderr = '';
		child.stderr.setEncoding('utf8').on('data', (text: string) => {
			stderr = (stderr + text).slice(-stderrCharactersKept);
		});
		child.once('error', (error) => resolve({ code: null, stderr: error.message }));
		child.once('close', (code) => resolve({ code, stderr: stderr.trim() || `exit code ${code}` }));
	});
}

async function hashOf(path: string): Promise<string> {
	const hash = createHash('sha256');
	for await (const chunk of createReadStream(path)) hash.update(chunk);
	return hash.digest('hex');
}
