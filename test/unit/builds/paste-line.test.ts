import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Build, type Builds, createBuilds, pasteLine } from '../../../gateway/builds/index.ts';
import { SimLog } from '../../../shared/ports/sim/sim-log.ts';
import { type TinyProgram, tinyProgram } from './tiny-program.ts';

const token = 'gl1_of-the-paste-line-test';
const path = '/usr/bin:/bin';

interface Ended {
	readonly code: number | null;
	readonly stdout: string;
	readonly stderr: string;
}

/** Types a line into a shell of a machine with an empty home, as a terminal or a pipe would. */
function paste(line: string, home: string, env: Record<string, string> = {}): Promise<Ended> {
	const child = spawn('sh', [], { env: { HOME: home, PATH: path, ...env }, cwd: '/' });
	let [stdout, stderr] = ['', ''];
	child.stdout.on('data', (bytes) => {
		stdout += bytes;
	});
	child.stderr.on('data', (bytes) => {
		stderr += bytes;
	});
	child.stdin.end(`${line}\n`);
	return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
}

interface Served extends AsyncDisposable {
	readonly tiny: TinyProgram;
	readonly builds: Builds;
	readonly build: Build;
	readonly urls: readonly string[];
	readonly home: string;
	/** The archive at the gateway. */
	readonly archive: string;
	readonly line: string;
}

async function serve(): Promise<Served> {
	const tiny = await tinyProgram();
	const folder = join(tiny.root, 'builds');
	const builds = createBuilds({ folder, program: tiny.program, log: new SimLog(), isOpen: () => true });
	const build = await builds.current();
	const urls = await builds.listen([{ host: '127.0.0.1', port: 0 }]);
	const home = join(tiny.root, 'an empty home');
	await mkdir(home);
	return {
		tiny,
		builds,
		build,
		urls,
		home,
		archive: join(folder, `${build.sha256}.tgz`),
		line: pasteLine({ token, build, urls }),
		async [Symbol.asyncDispose]() {
			await builds[Symbol.asyncDispose]();
			await tiny[Symbol.asyncDispose]();
		},
	};
}

const buildsBelow = (home: string): string => join(home, '.local/share/gangline/builds');

describe('the line for another machine', () => {
	it('is one line', async () => {
		await using served = await serve();
		expect(served.line).not.toMatch(/[\n\r]/);
		expect(served.line.length).toBeLessThan(4_000);
		expect(served.line).toMatch(/^[\x20-\x7e]+$/);
	});

	it('fetches, checks, unpacks and joins, once', async () => {
		await using served = await serve();
		const first = await paste(served.line, served.home);
		expect(first).toMatchObject({ code: 0, stderr: expect.stringMatching(/^fetching http:/) });
		const place = join(buildsBelow(served.home), served.build.sha256);
		expect(first.stdout).toContain(`started with: ${place}/app/gateway/cli/gangline.js join -\nstdin: ${token}\n`);
		expect(await readdir(buildsBelow(served.home))).toEqual([served.build.sha256]);
		const again = await paste(served.line, served.home);
		expect(again).toMatchObject({ code: 0, stderr: '' });
	});

	it('says for the machine what it has to say itself, and no more than options', async () => {
		await using served = await serve();
		const parts = { token, build: served.build, urls: served.urls };
		expect(pasteLine({ ...parts, options: ['--provision'] })).toMatch(/"\$D\/gangline" join - --provision' \| sh$/);
		expect(() => pasteLine({ ...parts, options: ['--name=$(id)'] })).toThrow(/one plain word/);
	});

	it('[I13] shows the secret in no argument of any process', async () => {
		await using served = await serve();
		const { stdout } = await paste(served.line, served.home);
		expect(stdout).toContain(`stdin: ${token}`);
		expect(stdout).not.toContain('seen in');
	});

	it('[I13] runs nothing of what has another hash, and keeps nothing of it', async () => {
		await using served = await serve();
		const archive = await readFile(served.archive);
		archive[archive.length - 20] = (archive[archive.length - 20] ?? 0) ^ 1;
		await writeFile(served.archive, archive);
		const { code, stdout, stderr } = await paste(served.line, served.home);
		expect({ code, stdout }).toEqual({ code: 5, stdout: '' });
		expect(stderr).toMatch(/is not the build that the line names, and nothing of it was run\n-> paste the line again/);
		expect(await readdir(buildsBelow(served.home))).toEqual([]);
	});

	it('goes on where an earlier one stopped, at another address', async () => {
		await using served = await serve();
		await mkdir(buildsBelow(served.home), { recursive: true });
		const part = (await readFile(served.archive)).subarray(0, 100);
		await writeFile(join(buildsBelow(served.home), `${served.build.sha256}.part`), part);
		const urls = ['http://127.0.0.1:1', ...served.urls];
		const { code, stdout, stderr } = await paste(pasteLine({ ...served, token, urls }), served.home);
		expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining(`stdin: ${token}`) });
		expect(stderr).toMatch(/curl: \(7\)[\s\S]*fetching/);
	});

	it('says what is wrong where nobody answers', async () => {
		await using served = await serve();
		const { code, stdout, stderr } = await paste(
			pasteLine({ ...served, token, urls: ['http://127.0.0.1:1'] }),
			served.home,
		);
		expect({ code, stdout }).toEqual({ code: 5, stdout: '' });
		expect(stderr).toMatch(/could not be fetched from any address\n-> is the token still open/);
	});

	const foreign: readonly (readonly [string, string, RegExp])[] = [
		['another processor', 'case $1 in -s) echo Linux;; *) echo riscv64;; esac', /this machine is Linux riscv64/],
		['another system', 'case $1 in -s) echo Darwin;; *) echo x86_64;; esac', /this machine is Darwin x86_64/],
	];
	for (const [what, uname, words] of foreign) {
		it(`refuses ${what} before it fetches anything`, async () => {
			await using served = await serve();
			const tools = join(served.tiny.root, 'tools');
			await mkdir(tools);
			await writeFile(join(tools, 'uname'), `#!/bin/sh\n${uname}\n`, { mode: 0o755 });
			const { code, stdout, stderr } = await paste(served.line, served.home, { PATH: `${tools}:${path}` });
			expect({ code, stdout }).toEqual({ code: 5, stdout: '' });
			expect(stderr).toMatch(words);
			expect(stderr).not.toMatch(/fetching/);
		});
	}

	it('does nothing when it was cut off while pasting', async () => {
		await using served = await serve();
		const { stdout } = await paste(served.line.slice(0, -20), served.home);
		expect(stdout).toBe('');
		expect(await readdir(served.home)).toEqual([]);
	});

	it('takes no token and no address that a shell would read as more than a word', () => {
		const build = { sha256: 'a'.repeat(64), bytes: 1, machine: 'x86_64' } as const;
		for (const bad of ["a'b", 'a b', '$(id)', 'a;b', '']) {
			expect(() => pasteLine({ token: bad, build, urls: [] })).toThrow(/one plain word/);
			expect(() => pasteLine({ token, build, urls: [`http://${bad}`] })).toThrow(/a plain URL/);
		}
	});
});
