/** A program small enough to be packed in milliseconds: its Node.js is a shell script that says how it was started. */
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Program, thisProgram } from '../../../shared/ports/system/program.ts';

export interface TinyProgram extends AsyncDisposable {
	/** A temporary folder with everything in it. */
	readonly root: string;
	/** Where the program's package.json is. */
	readonly clone: string;
	readonly program: Program;
	write(path: string, text: string): Promise<void>;
}

/** Tells its arguments, then its stdin, then every process that carries what was on stdin among its arguments. */
const fakeNode = `#!/bin/sh
given=$(cat)
echo "started with: $*"
echo "stdin: $given"
[ -n "$given" ] || exit 0
for file in /proc/[0-9]*/cmdline; do
	case "$(cat "$file" 2>/dev/null | tr '\\0' ' ')" in *"$given"*) echo "seen in $file" ;; esac
done
`;

export async function tinyProgram(): Promise<TinyProgram> {
	const root = await mkdtemp(join(tmpdir(), 'gangline-builds-'));
	const clone = join(root, 'clone');
	const write = async (path: string, text: string): Promise<void> => {
		await mkdir(dirname(join(clone, path)), { recursive: true });
		await writeFile(join(clone, path), text);
	};
	const manifest = (dependencies: object, more: object = {}): string => JSON.stringify({ dependencies, ...more });
	await write('package.json', manifest({ used: '1', node: '24' }, { devDependencies: { tester: '1' } }));
	await write('LICENSE', 'free');
	await write('node/main.ts', 'the node');
	await write('shared/a.ts', 'shared');
	await write('docker/Dockerfile', 'FROM base');
	await write('gateway/cli/gangline.js', 'the launcher');
	await write('test/secret.test.ts', 'no part of it');
	await write('.env', 'SECRET=1');
	await write('gateway/.env', 'SECRET=2');
	await symlink('/etc/passwd', join(clone, 'shared/passwd.ts'));
	await write('node_modules/used/package.json', manifest({ nested: '1' }, { peerDependencies: { absent: '1' } }));
	await write('node_modules/used/index.js', 'used');
	await write('node_modules/used/index.d.ts', 'types');
	await write('node_modules/used/index.js.map', 'map');
	await write('node_modules/used/prebuilds/linux-x64/a.node', 'x64');
	await write('node_modules/used/prebuilds/linux-arm64/a.node', 'arm64');
	await write('node_modules/used/prebuilds/win32-x64/a.node', 'windows');
	await write('node_modules/used/node_modules/nested/package.json', manifest({}));
	await write('node_modules/tester/package.json', manifest({}));
	await write('node_modules/node/package.json', manifest({}));
	await write('node_modules/.package-lock.json', '{}');
	const nodeBinary = join(root, 'node');
	await writeFile(nodeBinary, fakeNode);
	await chmod(nodeBinary, 0o755);
	const { machine } = await thisProgram();
	return {
		root,
		clone,
		program: { root: clone, isBundled: false, nodeBinary, machine },
		write,
		[Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
	};
}
