import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('../../scripts/install', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'gangline install '));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ran {
	readonly code: number | null;
	readonly stdout: string;
	readonly stderr: string;
}

/** Runs scripts/install for a stranger: an empty home, no terminal, `first` before everything else on PATH. */
function install(args: readonly string[], first = '/nonexistent'): Ran {
	const env = { PATH: `${first}:${process.env.PATH}`, HOME: folder, LANG: 'C.UTF-8' };
	const ran = spawnSync(script, args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
	return { code: ran.status, stdout: ran.stdout, stderr: ran.stderr };
}

/** A program of another version. */
function pretend(name: string, says: string): string {
	const bin = join(folder, `old ${name}`);
	mkdirSync(bin, { recursive: true });
	writeFileSync(join(bin, name), `#!/bin/sh\necho '${says}'\n`, { mode: 0o755 });
	return bin;
}

describe('scripts/install', () => {
	it('links the command, is content the second time, and removes only the link', () => {
		const prefix = join(folder, 'my prefix');
		const first = install(['--prefix', prefix]);
		expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining('export PATH=') });
		const version = execFileSync(join(prefix, 'bin/gangline'), ['--version'], { encoding: 'utf8' });
		expect(version).toMatch(/^\d+\.\d+\.\d+\n$/);
		expect(install(['--prefix', prefix]).stdout).toContain('is in order');
		expect(install(['--prefix', prefix], join(prefix, 'bin')).stdout).toContain('ready: gangline --help');
		expect(install(['--uninstall', '--prefix', prefix]).stdout).toContain('removed');
		expect(readdirSync(join(prefix, 'bin'))).toEqual([]);
		expect(install(['--uninstall', '--prefix', prefix])).toMatchObject({
			code: 0,
			stdout: expect.stringContaining('nothing to remove'),
		});
	});

	it('leaves a file of somebody else alone', () => {
		const link = join(folder, 'taken/bin/gangline');
		mkdirSync(dirname(link), { recursive: true });
		writeFileSync(link, 'mine');
		for (const args of [[], ['--uninstall']]) {
			const ran = install([...args, '--prefix', join(folder, 'taken')]);
			expect(ran).toMatchObject({ code: 5, stderr: expect.stringContaining('left alone') });
		}
	});

	it('refuses an old git, an old Node.js and unknown arguments, and says what to do', () => {
		expect(install([], pretend('git', 'git version 2.30.2'))).toMatchObject({
			code: 5,
			stderr: expect.stringMatching(/git 2\.30 is too old.*\n→ /),
		});
		expect(install([], pretend('node', '16.20.0'))).toMatchObject({
			code: 5,
			stderr: expect.stringMatching(/Node\.js 16\.20\.0 is too old.*\n→ /),
		});
		expect(install(['--frobnicate'])).toMatchObject({ code: 5, stderr: expect.stringContaining('--help') });
	});
});
