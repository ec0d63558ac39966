/** The checkout that a folder lies in, by its `.gangline/project.toml`, and which project that is, by the id in it. */
import { access, readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { projectConfigPath } from '../../shared/project/config.ts';

/** The nearest folder upwards that has the file, null where none has. */
export async function projectFolder(cwd: string): Promise<string | null> {
	let folder = await realpath(cwd).catch(() => cwd);
	for (;;) {
		const found = await access(join(folder, projectConfigPath)).then(
			() => true,
			() => false,
		);
		if (found) return folder;
		const parent = dirname(folder);
		if (parent === folder) return null;
		folder = parent;
	}
}

/** The project's id, null where there is no such file or it is not valid: a clone on any machine has the same. */
export async function projectIdAt(cwd: string): Promise<string | null> {
	const folder = await projectFolder(cwd);
	if (folder === null) return null;
	const text = await readFile(join(folder, projectConfigPath), 'utf8').catch(() => '');
	const { parseProjectConfig } = await import('../../shared/project/parse.ts');
	try {
		return parseProjectConfig(text).id;
	} catch {
		return null;
	}
}
