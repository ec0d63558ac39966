/**
 * The context of an image as a tar stream: the Dockerfile and the files of the plan by their place in it. Links to the
 * real files are staged and followed, so that nothing of some hundred megabytes is copied first.
 */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { create } from 'tar';
import type { ImageWish } from './provisioner.ts';

export interface BuildContext extends AsyncDisposable {
	readonly stream: Readable;
}

export async function packContext({ dockerfile, files }: ImageWish): Promise<BuildContext> {
	const stage = await mkdtemp(join(tmpdir(), 'gangline-image-'));
	await writeFile(join(stage, 'Dockerfile'), dockerfile);
	for (const folder of new Set(files.map(({ to }) => dirname(to))))
		await mkdir(join(stage, folder), { recursive: true });
	for (const { from, to } of files) await symlink(from, join(stage, to));
	// Owner, times and rights of this machine are nothing to the image.
	const packed = create({ cwd: stage, follow: true, portable: true, noMtime: true, filter: readableByAll }, ['.']);
	return {
		stream: Readable.from(packed),
		[Symbol.asyncDispose]: () => rm(stage, { recursive: true, force: true }),
	};
}

/**
 * Everyone who may run in the image reads all of it: a program that came to this machine as a build, or was cloned under a
 * strict umask, is its owner's alone here. The header of an entry is made of the very same `stat` afterwards.
 */
function readableByAll(_path: string, stat: { mode?: number | undefined }): boolean {
	const mode = stat.mode ?? 0;
	stat.mode = mode | ((mode & 0o100) === 0 ? 0o444 : 0o555);
	return true;
}
