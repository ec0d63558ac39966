/** The npm package as a stranger gets it: packed from the committed files, installed elsewhere, used for one landing. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { Board } from '../../shared/operations/index.ts';
import { makeWorld } from '../support/world.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Half a minute where the registry answers; npm alone would try for half an hour where it does not. */
const stepMsMax = 240_000;
const folder = mkdtempSync(join(tmpdir(), 'gangline package '));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (cwd: string, program: string, ...args: string[]): string =>
	execFileSync(program, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: stepMsMax });

/** Packs a copy, so that no build is left in the clone. Answers the tarball. */
function pack(): string {
	const copy = join(folder, 'copy');
	for (const path of run(root, 'git', 'ls-files', '-z').split('\0').filter(Boolean)) {
		mkdirSync(dirname(join(copy, path)), { recursive: true });
		cpSync(join(root, path), join(copy, path));
	}
	symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
	run(copy, 'npm', 'pack', '--pack-destination', folder);
	const [tarball] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
	if (tarball === undefined) throw new Error('npm pack made no tarball');
	return join(folder, tarball);
}

/** Installs the tarball into a prefix of its own; answers the command. */
function install(tarball: string): string {
	const prefix = join(folder, 'prefix');
	run(folder, 'npm', 'install', '--global', '--prefix', prefix, '--omit=dev', '--no-fund', '--no-audit', tarball);
	return join(prefix, 'bin', 'gangline');
}

describe('the npm package', () => {
	it.skipIf(!process.env.GANGLINE_TEST_ALL)(
		'lands one item from its compiled files, and the next one by itself once it is trusted (packs and installs)',
		async () => {
			const command = install(pack());
			await using world = makeWorld({}, command);
			const repository = world.repository('shop', { 'a.txt': 'a\n', 'check.sh': '#!/bin/sh\ntest -s a.txt\n' });
			expect(await world.ok(repository, '--version')).toMatch(/^\d+\.\d+\.\d+\n$/);
			await world.ok(repository, 'init', '--yes', '--gate', 'check=./check.sh');
			await world.ok(repository, 'start');
			const isIn = (number: number, stage: string) => (board: Board) =>
				board.items.some((item) => item.number === number && item.stage === stage);
			await world.ok(repository, 'add', 'Say more', '--run', 'echo more >> a.txt');
			await world.untilBoard(repository, isIn(1, 'reviewHold'));
			await world.ok(repository, 'diff', '1');
			await world.ok(repository, 'approve', '1', '--land-when-green');
			await world.untilBoard(repository, isIn(1, 'done'));
			await world.ok(repository, 'add', 'Say even more', '--run', 'echo even more >> a.txt');
			await world.untilBoard(repository, isIn(2, 'done'));
			await world.untilForwarded(repository);
			expect(world.git(repository, 'show', 'main:a.txt')).toBe('a\nmore\neven more');
		},
		600_000,
	);
});
