import { spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const launcher = fileURLToPath(new URL('../../../gateway/cli/gangline.js', import.meta.url));

interface Ended {
	readonly code: number | null;
	readonly signal: string | null;
	readonly stdout: string;
	readonly stderr: string;
}

/** Runs a launcher; `before` is JavaScript that runs first, to make this Node.js look like another. */
function launch(
	path: string,
	argv: readonly string[],
	options: { before?: string; state?: string; onOutput?: (pid: number) => void } = {},
): Promise<Ended> {
	const flags =
		options.before === undefined ? [] : ['--import', `data:text/javascript,${encodeURIComponent(options.before)}`];
	const child = spawn(process.execPath, [...flags, path, ...argv], {
		env: { PATH: dirname(process.execPath), GANGLINE_HOME: options.state ?? '/nonexistent' },
	});
	let [stdout, stderr] = ['', ''];
	child.stdout.on('data', (bytes) => {
		stdout += bytes;
		options.onOutput?.(child.pid ?? 0);
	});
	child.stderr.on('data', (bytes) => {
		stderr += bytes;
	});
	return new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr })));
}

const older = (version: string): string => `Object.defineProperty(process.versions, 'node', { value: '${version}' });`;
const noExecve = 'process.execve = undefined;';

/** A launcher alone in a folder, with a main of the test's own beside it and no npm package around. */
async function withLauncher(
	place: string,
	main: string | null,
	action: (launcher: string) => Promise<void>,
): Promise<void> {
	const root = await mkdtemp(join(tmpdir(), 'gangline-launcher-'));
	const folder = join(root, place, 'gateway/cli');
	await mkdir(folder, { recursive: true });
	await copyFile(launcher, join(folder, 'gangline.js'));
	await writeFile(join(root, place, 'package.json'), '{"type":"module"}');
	if (main !== null) await writeFile(join(folder, 'main.ts'), main);
	try {
		await action(join(folder, 'gangline.js'));
	} finally {
		await rm(root, { recursive: true });
	}
}

describe('the launcher', () => {
	it('runs the command on the right Node.js, and hands its exit code on', async () => {
		const version = /"version": "([^"]+)"/.exec(
			await readFile(new URL('../../../package.json', import.meta.url), 'utf8'),
		)?.[1];
		for (const before of [older('18.20.0') + noExecve, older('22.20.0')]) {
			expect(await launch(launcher, ['--version'], { before })).toMatchObject({
				code: 0,
				stdout: `${version}\n`,
				stderr: '',
			});
			expect(await launch(launcher, ['ps'], { before })).toMatchObject({ code: 6, stdout: '' });
		}
		expect(await launch(launcher, ['ps'])).toMatchObject({ code: 6 });
	});

	it('passes a signal on to the process that it has started', async () => {
		const main =
			"export async function main() { process.on('SIGTERM', () => process.exit(42)); console.log('up'); setInterval(() => {}, 1000); }";
		await withLauncher('clone', main, async (path) => {
			const folder = dirname(path);
			await mkdir(join(folder, 'node_modules/node/bin'), { recursive: true });
			await writeFile(join(folder, 'node_modules/node/package.json'), '{"name":"node"}');
			await writeFile(join(folder, 'node_modules/node/bin/node'), `#!/bin/sh\nexec '${process.execPath}' "$@"\n`, {
				mode: 0o755,
			});
			const before = older('20.0.0') + noExecve;
			expect(await launch(path, [], { before, onOutput: (pid) => process.kill(pid, 'SIGTERM') })).toMatchObject({
				code: 42,
			});
		});
	});

	const refusals: readonly (readonly [string, string, RegExp])[] = [
		['a Node.js older than 18', older('16.20.0'), /Node\.js 16\.20\.0 is too old[\s\S]*→ install a newer one/],
		[
			'macOS',
			"Object.defineProperty(process, 'platform', { value: 'darwin' });",
			/macOS is not supported[\s\S]*→ run it on a Linux machine/,
		],
		[
			'Windows',
			"Object.defineProperty(process, 'platform', { value: 'win32' });",
			/Windows is not supported[\s\S]*→ run it inside WSL 2/,
		],
	];
	for (const [what, before, stderr] of refusals) {
		it(`refuses ${what} and says what to do`, async () => {
			expect(await launch(launcher, ['--version'], { before })).toMatchObject({
				code: 5,
				stdout: '',
				stderr: expect.stringMatching(stderr),
			});
		});
	}

	it('says that npm ci was not run', async () => {
		await withLauncher('clone', "import 'commander';\nexport async function main() {}", async (path) => {
			expect(await launch(path, [], { before: older('20.0.0') })).toMatchObject({
				code: 5,
				stderr: expect.stringMatching(/→ run `npm ci` in/),
			});
			expect(await launch(path, [])).toMatchObject({
				code: 5,
				stderr: expect.stringMatching(/'commander'[\s\S]*→ run `npm ci` in/),
			});
		});
	});

	it('keeps compiled code in the state folder of this user alone, and does without where that cannot be', async () => {
		const root = await mkdtemp(join(tmpdir(), 'gangline-launcher-'));
		try {
			const state = join(root, 'state');
			expect(await launch(launcher, ['--version'], { state })).toMatchObject({ code: 0, stderr: '' });
			expect(await readdir(root)).toEqual([]);

			await mkdir(state);
			expect(await launch(launcher, ['--version'], { state })).toMatchObject({ code: 0, stderr: '' });
			expect(await readdir(state)).toEqual(['compiled']);
			expect((await stat(join(state, 'compiled'))).mode & 0o777).toBe(0o700);
			expect((await readdir(join(state, 'compiled'), { recursive: true })).length).toBeGreaterThan(50);

			await rm(join(state, 'compiled'), { recursive: true });
			await writeFile(join(state, 'compiled'), 'in the way');
			expect(await launch(launcher, ['--version'], { state })).toMatchObject({ code: 0, stderr: '' });
		} finally {
			await rm(root, { recursive: true });
		}
	});

	it('runs sources only outside of node_modules', async () => {
		await withLauncher('node_modules/gangline', 'export async function main() {}', async (path) => {
			expect(await launch(path, [])).toMatchObject({
				code: 5,
				stderr: expect.stringMatching(/dist\/gateway\/cli\/main\.js is not there/),
			});
		});
	});
});
