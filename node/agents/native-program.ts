/**
 * Finds the executable that does the work behind a command that npm installed. `codex` is a script for Node that starts
 * an ELF of another package, `claude` is an empty stand-in where install scripts are off; between us and the ELF nothing
 * should stand that signals, exit codes and memory must pass through. What is not recognised is run as it was found.
 */
import { closeSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { findProgram } from './processes/index.ts';

interface Layout {
	/** The end of the real path of what npm put on PATH. */
	readonly command: string;
	/** Packages that bring the executable, for this processor. */
	readonly packages: readonly string[];
	/** Where it lies in them. */
	readonly paths: readonly string[];
}

const triple = process.arch === 'arm64' ? 'aarch64-unknown-linux-musl' : 'x86_64-unknown-linux-musl';

const layouts: Readonly<Record<string, Layout>> = {
	claude: {
		command: '/@anthropic-ai/claude-code/bin/claude.exe',
		packages: ['', '-musl'].map((libc) => `@anthropic-ai/claude-code-linux-${process.arch}${libc}`),
		paths: ['claude'],
	},
	codex: {
		command: '/@openai/codex/bin/codex.js',
		packages: [`@openai/codex-linux-${process.arch}`, '@openai/codex'],
		paths: [`vendor/${triple}/bin/codex`, `vendor/${triple}/codex/codex`],
	},
};

/** The path to run for the program `name` on `path`; the name itself where nothing better is known. */
export function nativeProgram(name: string, path: string): string {
	const found = findProgram(name, '/', path);
	const layout = Object.hasOwn(layouts, name) ? layouts[name] : undefined;
	if (found === null || layout === undefined) return name;
	const real = realpathSync(found);
	if (isElf(real) || !real.endsWith(layout.command)) return found;
	for (const folder of packageFolders(real, layout.packages)) {
		const native = layout.paths.map((inside) => join(folder, inside)).find(isElf);
		if (native !== undefined) return native;
	}
	return found;
}

/** Where Node would find the packages from the command's own place: hoisted, nested and linked layouts alike. */
function packageFolders(from: string, packages: readonly string[]): readonly string[] {
	const { resolve } = createRequire(from);
	return packages.flatMap((name) => {
		try {
			return [dirname(resolve(`${name}/package.json`))];
		} catch {
			return [];
		}
	});
}

function isElf(path: string): boolean {
	if (!(statSync(path, { throwIfNoEntry: false })?.isFile() ?? false)) return false;
	const file = openSync(path, 'r');
	try {
		const magic = Buffer.alloc(4);
		readSync(file, magic, 0, 4, 0);
		return magic.equals(Buffer.from([0x7f, 0x45, 0x4c, 0x46]));
	} catch {
		return false;
	} finally {
		closeSync(file);
	}
}
