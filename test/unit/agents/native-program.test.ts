/** The layouts in which npm puts the two commands on a machine. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nativeProgram } from '../../../node/agents/index.ts';

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'gangline-native-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const elf = '\u007fELF and more';
const triple = process.arch === 'arm64' ? 'aarch64-unknown-linux-musl' : 'x86_64-unknown-linux-musl';

function write(path: string, text: string): string {
	const full = join(folder, path);
	mkdirSync(dirname(full), { recursive: true });
	writeFileSync(full, text);
	chmodSync(full, 0o755);
	return full;
}

function onPath(name: string, target: string): string {
	const link = join(folder, 'bin', name);
	mkdirSync(dirname(link), { recursive: true });
	symlinkSync(target, link);
	return link;
}

const find = (name: string): string => nativeProgram(name, join(folder, 'bin'));

describe('nativeProgram', () => {
	test('passes the script by that npm starts codex with', () => {
		onPath('codex', write('lib/node_modules/@openai/codex/bin/codex.js', '#!/usr/bin/env node\n'));
		const own = `lib/node_modules/@openai/codex-linux-${process.arch}`;
		write(`${own}/package.json`, '{"name":"x"}');
		const native = write(`${own}/vendor/${triple}/bin/codex`, elf);
		expect(find('codex')).toBe(native);
	});

	test('passes the placeholder by that stands for claude where install scripts are off', () => {
		onPath('claude', write('lib/node_modules/@anthropic-ai/claude-code/bin/claude.exe', '#!/bin/sh\nexit 1\n'));
		const own = `lib/node_modules/@anthropic-ai/claude-code-linux-${process.arch}`;
		write(`${own}/package.json`, '{"name":"x"}');
		const native = write(`${own}/claude`, elf);
		expect(find('claude')).toBe(native);
	});

	test('runs an executable as it was found', () => {
		const link = onPath('claude', write('opt/claude', elf));
		expect(find('claude')).toBe(link);
	});

	test('runs a script of one’s own, and a package without its executable, as they were found', () => {
		const own = onPath('claude', write('mine/claude', '#!/bin/sh\n'));
		expect(find('claude')).toBe(own);
		const link = onPath('codex', write('lib/node_modules/@openai/codex/bin/codex.js', '#!/usr/bin/env node\n'));
		expect(find('codex')).toBe(link);
	});

	test('leaves a name alone that is not on the path', () => {
		expect(find('codex')).toBe('codex');
		expect(find('constructor')).toBe('constructor');
	});
});
