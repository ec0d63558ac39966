import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Grant, planFence } from '../../../../node/agents/processes/fence.ts';
import { createProcesses } from '../../../../node/agents/processes/index.ts';
import type { Processes } from '../../../../shared/ports/index.ts';
import { removeStage, temporaryStage } from '../../../support/hostile-tree.ts';

const helper = fileURLToPath(new URL('../../../support/in-a-fence.ts', import.meta.url));
const isRoot = process.getuid?.() === 0;

/** A container: root, with the source and the state of a node in it. */
const names: Readonly<Record<string, readonly string[]>> = {
	'/': ['usr', 'tmp', 'gangline', 'src'],
	'/gangline': ['home', 'node', 'ssh'],
	'/src': ['shop'],
	'/gangline/node': ['key', 'projects'],
};
const namesIn = (folder: string): readonly string[] => names[folder] ?? [];
const said = (grants: readonly Grant[] | null): readonly string[] =>
	(grants ?? []).map(({ access, path }) => `${access} ${path}`).sort();

describe('a fence', () => {
	test('grants by name what lies beside a hidden folder, and in it what is named', () => {
		const confinement = {
			hidden: ['/gangline/node'],
			readOnly: ['/src/shop', '/gangline/node/objects'],
			writable: ['/gangline/node/projects/a/clone', '/tmp/run'],
		};
		expect(said(planFence(confinement, namesIn))).toEqual([
			'read /gangline/node/objects',
			'read /src',
			'write /gangline/home',
			'write /gangline/node/projects/a/clone',
			'write /gangline/ssh',
			'write /tmp',
			'write /usr',
		]);
	});

	test('grants all where nothing is said, and reading above what may only be read', () => {
		expect(said(planFence({ hidden: [], readOnly: [], writable: [] }, namesIn))).toEqual(['write /']);
		const inner = { hidden: [], readOnly: ['/src'], writable: ['/src/shop/out'] };
		expect(said(planFence(inner, namesIn))).toEqual([
			'read /',
			'write /gangline',
			'write /src/shop/out',
			'write /tmp',
			'write /usr',
		]);
	});

	test('is none where it would take more than a command line has', () => {
		const many = (folder: string): readonly string[] =>
			folder === '/' ? ['gangline', ...Array.from({ length: 2_100 }, (_, index) => `${index}`)] : namesIn(folder);
		expect(planFence({ hidden: ['/gangline/node'], readOnly: [], writable: [] }, many)).toBeNull();
	});
});

describe('a run in a fence (where the kernel has Landlock)', () => {
	let folder: string;
	beforeAll(() => {
		folder = realpathSync(mkdtempSync('/var/tmp/gangline-fence-'));
		for (const name of ['state/clone', 'state/objects', 'source', 'beside', 'tmp'])
			mkdirSync(join(folder, name), { recursive: true });
		writeFileSync(join(folder, 'state/secret'), 'the secret');
		writeFileSync(join(folder, 'source/a'), 'source');
		symlinkSync(join(folder, 'state/secret'), join(folder, 'beside/link'));
		if (isRoot) execFileSync('chown', ['-R', '33:33', folder]);
	});
	afterAll(() => rmSync(folder, { recursive: true }));

	/** Null where the kernel has no fence. */
	function run(script: string): string | null {
		const user = isRoot ? ['setpriv', '--reuid=33', '--regid=33', '--clear-groups'] : [];
		const [program = '', ...args] = [...user, process.execPath, helper, folder, script];
		const env = { PATH: '/usr/bin:/bin', TMPDIR: join(folder, 'tmp') };
		const out = execFileSync(program, args, { encoding: 'utf8', env });
		const { confines, said } = JSON.parse(out) as { confines: Processes['confines']; said: string[] };
		return confines.enforced ? (said[0] ?? '') : null;
	}

	test('[I13] reads nothing that is hidden, by no way, and writes where it may alone', (context) => {
		const attempts: Readonly<Record<string, string>> = {
			'a hidden file': 'cat "$1/state/secret"',
			'a hidden file by a link': 'cat "$1/beside/link"',
			'a hidden file by a hard link': 'ln "$1/state/secret" "$1/beside/hard" && cat "$1/beside/hard"',
			'a hidden file that is moved': 'mv "$1/state/secret" "$1/beside/moved"',
			'a hidden file by a process outside': 'cat "/proc/$2/root$1/state/secret"',
			'variables of a process outside': 'cat "/proc/$2/environ"',
			'memory of a process outside': 'exec 3< "/proc/$2/mem"',
			'descriptors of a process outside': 'readlink "/proc/$2/fd/1"',
			'a process outside, to trace it': `perl -e 'exit(syscall(101, 16, $ARGV[0], 0, 0) != 0)' "$2"`,
			'a process outside, to signal it': `perl -e 'exit(syscall(444, 0, 0, 1) < 6 || !kill(0, $ARGV[0]))' "$2"`,
			'a file in a hidden folder': 'echo x > "$1/state/x"',
			'a file in a read-only folder': 'echo x > "$1/source/x"',
			'a file that may only be read': 'echo x > "$1/source/a"',
		};
		const tried = Object.entries(attempts).map(([what, how]) => `(${how}) >/dev/null 2>&1 && echo '${what}'`);
		const said = run(`${tried.join('\n')}\ntrue`);
		if (said === null) return context.skip();
		expect(said).toBe('0');
	});

	test('works as it did with what is its own: links, renames, pipes, its own processes', (context) => {
		const said = run(`set -e
cat "$1/source/a"
echo a > a && mkdir d && mv a d/b && ln d/b c && ln -s c l && cat l | cat
echo beside > "$1/beside/made" && mv d/b "$1/beside/b" && rm "$1/beside/b" "$1/beside/made"
sleep 5 & until own=$(tr '\\0' '\\n' < /proc/$!/environ | grep -c ^PATH=); do kill -0 $!; done
echo "$own"; kill -0 $$; kill $!; ls "$1/state" > /dev/null; echo x > /dev/null; sh -c 'exit 7' || exit $?`);
		if (said === null) return context.skip();
		expect(said).toBe('sourcea\n1\n7');
	});

	test('is said not to be confined where nobody asked for it', async () => {
		const { confines } = await createProcesses({
			...{ scope: `fence-${process.pid}-without`, anchors: ['marker'], stage: temporaryStage() },
			withoutNamespaces: true,
		});
		removeStage();
		expect(confines).toEqual({ enforced: false, reason: 'namespaces are not wanted' });
	});
});
