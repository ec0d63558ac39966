import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { knownStacks } from '../../../shared/project/index.ts';
import { chooseStack, readStacks } from '../../../shared/provision/stacks.ts';

const folder = fileURLToPath(new URL('../../../docker/stacks', import.meta.url));
const stacks = await readStacks(folder);
const names = z.record(z.string(), z.array(z.string()));
const spec = z
	.object({
		order: z.array(z.string()),
		markers: names,
		extensions: names,
		cases: z.array(
			z.object({
				files: z.array(z.string()),
				stack: z.string().nullable(),
				others: z.array(z.string()).default([]),
			}),
		),
	})
	.parse(JSON.parse(readFileSync(new URL('../../fixtures/spec/stacks.json', import.meta.url), 'utf8')));

describe('the folders of stacks', () => {
	it('say exactly what the table of the specification says', () => {
		expect(stacks.map(({ stack }) => stack)).toEqual(spec.order);
		expect(Object.fromEntries(stacks.map(({ stack, markers }) => [stack, markers]))).toEqual(spec.markers);
		expect(Object.fromEntries(stacks.map(({ stack, extensions }) => [stack, extensions]))).toEqual(spec.extensions);
	});

	it('agree with what `gangline init` looks for', () => {
		expect(stacks.map(({ stack, markers, extensions }) => ({ stack, markers, extensions }))).toEqual(knownStacks);
	});

	for (const { files, stack, others } of spec.cases) {
		it(`see ${stack} in ${files.join(', ')}`, () => {
			expect(chooseStack(stacks, null, files)).toEqual({ stack, others });
		});
	}

	it('take a new folder as a new stack and nothing else', async () => {
		const own = mkdtempSync(join(tmpdir(), 'gangline-stacks-'));
		try {
			mkdirSync(join(own, 'zig'));
			writeFileSync(join(own, 'zig/Dockerfile'), 'RUN true\n');
			writeFileSync(
				join(own, 'zig/stack.json'),
				JSON.stringify({ order: 9, markers: ['build.zig'], extensions: ['.zig'], caches: {} }),
			);
			expect(chooseStack(await readStacks(own), null, ['build.zig', 'a.zig'])).toEqual({ stack: 'zig', others: [] });
		} finally {
			rmSync(own, { recursive: true });
		}
	});

	it('are refused with the file where one is not described as expected', async () => {
		const own = mkdtempSync(join(tmpdir(), 'gangline-stacks-'));
		try {
			mkdirSync(join(own, 'odd'));
			writeFileSync(join(own, 'odd/stack.json'), '{"order": "first"}');
			await expect(readStacks(own)).rejects.toMatchObject({
				code: 'INVALID_CONFIG',
				message: expect.stringContaining(`${own}/odd`),
			});
		} finally {
			rmSync(own, { recursive: true });
		}
	});
});

describe('a stack that was asked for', () => {
	it('overrides the files and names the rest', () => {
		expect(chooseStack(stacks, 'go', ['package.json', 'Cargo.toml'])).toEqual({
			stack: 'go',
			others: ['rust', 'node'],
		});
	});

	it('may be none', () => {
		expect(chooseStack(stacks, 'none', ['package.json'])).toEqual({ stack: null, others: ['node'] });
	});

	it('is refused with those that there are', () => {
		expect(() => chooseStack(stacks, 'cobol', [])).toThrow(/there is no stack "cobol"/);
	});
});
