import { mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ProgramFile } from '../../../shared/ports/system/program.ts';
import { FileDigests } from '../../../shared/provision/file-digests.ts';
import { planImage } from '../../../shared/provision/image-plan.ts';

const docker = fileURLToPath(new URL('../../../docker', import.meta.url));
let folder: string;
let file: string;
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), 'gangline image '));
	file = join(folder, 'main.ts');
});
beforeEach(() => writeFileSync(file, 'one\n'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const digests = new FileDigests();

async function tagOf(base = 'debian', to = 'app/main.ts'): Promise<string> {
	const { size, mtimeMs } = statSync(file);
	const program: ProgramFile[] = [{ from: file, to, executable: false, bytes: size, modifiedMs: Math.trunc(mtimeMs) }];
	return (await planImage({ baseImage: base, docker, stack: null, program, digests })).tag;
}

describe('the name of an image', () => {
	it('is the same for the same content, whatever its time', async () => {
		const tag = await tagOf();
		utimesSync(file, 1, 1);
		expect(await tagOf()).toBe(tag);
		expect(tag).toMatch(/^gangline\/project:base-[0-9a-f]{16}$/);
	});

	it('is another one for other content, another place and another base', async () => {
		const tag = await tagOf();
		writeFileSync(file, 'two!\n');
		const tags = [tag, await tagOf(), await tagOf('debian', 'app/other.ts'), await tagOf('alpine')];
		expect(new Set(tags).size).toBe(4);
	});

	it('does not tell of what images are made of, which a program brings to machines that make some', async () => {
		const tag = await tagOf('debian', 'app/docker/stacks/go/Dockerfile');
		writeFileSync(file, 'changed\n');
		expect(await tagOf('debian', 'app/docker/stacks/go/Dockerfile')).toBe(tag);
	});

	it('comes from what a file was, as long as size and time stay', async () => {
		utimesSync(file, 5, 5);
		const tag = await tagOf();
		writeFileSync(file, 'eno\n');
		utimesSync(file, 5, 5);
		expect(await tagOf()).toBe(tag);
	});
});
