/** A folder that its owner may not write is removed all the same, and nothing that a link in it leads to. */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

const source = fileURLToPath(new URL('../../../shared/ports/system/remove-folder.ts', import.meta.url));
const nobody = 65_534;
/** Root is stopped by no permission: what is tried is tried as somebody else, when everything is loaded. */
const program = `const { removeFolder } = await import(process.argv[1]);
await removeFolder('/nonexistent/gangline');
if (process.getuid() === 0) { process.setegid(${nobody}); process.seteuid(${nobody}); }
await removeFolder(process.argv[2]);`;

it('removes what a program has left read-only', () => {
	const folder = mkdtempSync(join(tmpdir(), 'gangline-remove-'));
	onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
	const [doomed, kept] = [join(folder, 'doomed'), join(folder, 'kept')];
	const deep = join(doomed, 'cache', 'module');
	mkdirSync(deep, { recursive: true });
	mkdirSync(kept);
	for (const path of [join(deep, 'go.mod'), join(kept, 'mine')]) writeFileSync(path, 'x');
	symlinkSync(kept, join(doomed, 'link'));
	if (process.getuid?.() === 0) {
		for (const path of [folder, doomed, join(doomed, 'cache'), deep, join(deep, 'go.mod')])
			chownSync(path, nobody, nobody);
	}
	for (const path of [deep, join(doomed, 'cache')]) chmodSync(path, 0o555);
	chmodSync(kept, 0o555);
	const { status, stderr } = spawnSync(process.execPath, ['-e', program, source, doomed], { encoding: 'utf8' });
	chmodSync(kept, 0o755);
	expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
	expect([existsSync(doomed), existsSync(join(kept, 'mine'))]).toEqual([false, true]);
});
