/**
 * A whole canonical repository in one file and back: every ref with its history, as a git bundle, which carries its own
 * checksum. What is not reachable from a ref is not work of anyone and is left out.
 */
import { open, rm } from 'node:fs/promises';
import { ganglineError } from '../ports/errors.ts';
import { type CanonicalOptions, CanonicalRepository } from './canonical-repository.ts';

/** Copying a large repository takes its time; this is for one that hangs. */
const copyMsMax = 60 * 60_000;

/** Writes all refs of `repository` and what they reach into the new file `file`. */
export async function saveRepository(repository: CanonicalRepository, file: string): Promise<void> {
	await repository.reader.run({
		args: [`--git-dir=${repository.path}`, 'bundle', 'create', '--quiet', file, '--all'],
		timeoutMs: copyMsMax,
	});
}

/** Makes the repository `options.path`, where nothing may be, from such a file. Leaves nothing when it fails. */
export async function restoreRepository(options: CanonicalOptions, file: string): Promise<void> {
	const repository = await CanonicalRepository.create(options, await objectFormatOf(file));
	try {
		const args = ['fetch', '--quiet', '--no-write-fetch-head', '--no-tags', file, '+refs/*:refs/*'];
		await repository.git.run({ args: [`--git-dir=${options.path}`, ...args], timeoutMs: copyMsMax });
		if ((await repository.main()) !== null) return;
		throw ganglineError('MALFORMED', `the copy ${file} has no branch ${options.branch}`);
	} catch (error) {
		await repository.close();
		await rm(options.path, { recursive: true, force: true });
		throw error;
	} finally {
		await repository.close();
	}
}

/** A bundle names its format in its first lines; none means SHA-1. */
async function objectFormatOf(file: string): Promise<'sha1' | 'sha256'> {
	const opened = await open(file, 'r');
	try {
		const { buffer, bytesRead } = await opened.read(Buffer.alloc(200), 0, 200, 0);
		return buffer.toString('latin1', 0, bytesRead).includes('@object-format=sha256') ? 'sha256' : 'sha1';
	} finally {
		await opened.close();
	}
}
