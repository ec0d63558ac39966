/** A cache of compiled code may only ever make a start quicker. Each case is a process, since Node.js has one cache in each. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const cache = resolve('shared/ports/system/compile-cache.ts');
const imported = resolve('shared/ports/clock.ts');

let root: string;
let state: string;

beforeEach(() => {
	root = mkdtempSync(join(tmpdir(), 'gangline-compiled-'));
	state = join(root, 'state');
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function start(env: Record<string, string> = { GANGLINE_HOME: state }): string {
	const code = `
		import { keepCompiledCode } from ${JSON.stringify(cache)};
		keepCompiledCode(process.env);
		await import(${JSON.stringify(imported)});
		console.log('up');`;
	return execFileSync(process.execPath, ['--input-type=module', '-e', code], { env, encoding: 'utf8' });
}

describe('compiled code', () => {
	it('is kept in the state folder, for this user alone', () => {
		mkdirSync(state);
		expect(start()).toBe('up\n');
		const folder = join(state, 'compiled');
		expect(statSync(folder).mode & 0o777).toBe(0o700);
		expect(readdirSync(folder, { recursive: true }).length).toBeGreaterThan(1);
	});

	it('makes no state folder, and needs none', () => {
		expect(start()).toBe('up\n');
		expect(existsSync(state)).toBe(false);
		expect(start({})).toBe('up\n');
	});

	it('is done without where something is in the way', () => {
		mkdirSync(state);
		writeFileSync(join(state, 'compiled'), 'not a folder');
		expect(start()).toBe('up\n');
	});

	it('[I15] begins anew when programs that are long gone have filled it', () => {
		const old = join(state, 'compiled', 'v1-x64');
		mkdirSync(old, { recursive: true });
		for (let at = 0; at <= 5_000; at += 1) writeFileSync(join(old, `${at}`), '');
		expect(start()).toBe('up\n');
		expect(existsSync(old)).toBe(false);
		expect(readdirSync(join(state, 'compiled'))).toHaveLength(1);
	});
});
