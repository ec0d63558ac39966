/** What puts a pinned archive into an image: whole, or not at all. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

const run = promisify(execFile);
const script = fileURLToPath(new URL('../../../docker/tools/fetch-tool', import.meta.url));
let folder: string;
let prefix: string;
let server: Server;
let url: string;
let archive: Buffer;
beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), 'gangline fetch '));
	mkdirSync(join(folder, 'bin'));
	writeFileSync(join(folder, 'bin/tool'), '#!/bin/sh\necho it works\n');
	await run('tar', ['-czf', join(folder, 'a.tar.gz'), '-C', folder, 'bin']);
	archive = readFileSync(join(folder, 'a.tar.gz'));
	server = createServer((_, answer) => void answer.end(archive)).listen(0, '127.0.0.1');
	await once(server, 'listening');
	url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.tar.gz`;
});
beforeEach(() => {
	prefix = mkdtempSync(join(folder, 'prefix-'));
});
afterAll(() => {
	server.close();
	rmSync(folder, { recursive: true });
});

const hash = (): string => createHash('sha256').update(archive).digest('hex');
const fetched = (from: string, sum: string) =>
	run(script, ['tool', from, sum, 'tool=bin/tool'], { env: { ...process.env, PREFIX: prefix } });

it('puts in what was pinned, and its commands', async () => {
	await fetched(url, hash());
	expect((await run(join(prefix, 'bin/tool'))).stdout).toBe('it works\n');
});

it('unpacks nothing of anything else, and fails', async () => {
	await expect(fetched(url, 'a'.repeat(64))).rejects.toMatchObject({
		code: 1,
		stderr: expect.stringMatching(/not what was pinned/),
	});
	expect(existsSync(join(prefix, 'lib'))).toBe(false);
});

it('leaves it out with a word where it cannot be fetched', async () => {
	const { stderr } = await fetched('http://127.0.0.1:9/a.tar.gz', hash());
	expect(stderr).toMatch(/fetch-tool: tool is left out: http:\/\/127\.0\.0\.1:9\/a\.tar\.gz could not be fetched/);
	expect(existsSync(join(prefix, 'lib'))).toBe(false);
});
