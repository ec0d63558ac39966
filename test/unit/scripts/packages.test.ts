import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

let clone: string;
beforeEach(async () => {
	clone = await mkdtemp(join(tmpdir(), 'gangline-packages-'));
});
afterEach(() => rm(clone, { recursive: true, force: true }));

test('scripts/packages touches nothing behind a node_modules that is a link, and says what to do', async () => {
	const others = join(clone, 'others');
	await mkdir(others);
	await writeFile(join(others, 'precious'), '');
	await mkdir(join(clone, 'scripts'));
	await copyFile(join(import.meta.dirname, '../../../scripts/packages'), join(clone, 'scripts/packages'));
	await writeFile(join(clone, 'package-lock.json'), '{}');
	await symlink(others, join(clone, 'node_modules'));

	const { code, stderr } = await run(join(clone, 'scripts/packages'));

	expect(code).toBe(5);
	expect(stderr).toContain(`node_modules is a symbolic link to ${others}`);
	expect(stderr).toContain('rm node_modules');
	expect(await readdir(others)).toEqual(['precious']);
});

function run(script: string): Promise<{ code: number | string; stderr: string }> {
	return new Promise((resolve) => {
		execFile('bash', [script], (error, _, stderr) => resolve({ code: error?.code ?? 0, stderr }));
	});
}
