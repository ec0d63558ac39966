import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { detectProject, detectStackAmong, knownStacks, type ProjectTree } from '../../../shared/project/index.ts';
import type { ContainersOptions } from '../../../shared/provision/containers-options.ts';
import { planImage } from '../../../shared/provision/image-plan.ts';
import { requireKnownParts } from '../../../shared/provision/make-steps.ts';
import { chooseStack, readStacks, stackRows } from '../../../shared/provision/stacks.ts';

const folder = fileURLToPath(new URL('../../../docker/stacks', import.meta.url));
/** One that no part of this program has heard of. */
const fixture = fileURLToPath(new URL('../../fixtures/stacks/perl', import.meta.url));
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

/** Others may stand beside them. */
const ofSpec = stacks.filter(({ stack }) => spec.order.includes(stack));

describe('the folders of stacks', () => {
	it('say exactly what the table of the specification says', () => {
		expect(ofSpec.map(({ stack }) => stack)).toEqual(spec.order);
		expect(Object.fromEntries(ofSpec.map(({ stack, markers }) => [stack, markers]))).toEqual(spec.markers);
		expect(Object.fromEntries(ofSpec.map(({ stack, extensions }) => [stack, extensions]))).toEqual(spec.extensions);
	});

	it('agree with what is known where no folder is', async () => {
		expect(ofSpec.map(({ stack, markers, extensions }) => ({ stack, markers, extensions }))).toEqual(knownStacks);
		expect(await stackRows(join(folder, 'nowhere'))).toEqual(knownStacks);
	});

	for (const { files, stack, others } of spec.cases) {
		it(`see ${stack} in ${files.join(', ')}`, async () => {
			expect(chooseStack(stacks, null, files)).toEqual({ stack, others });
			expect(detectStackAmong(await stackRows(folder), files)).toEqual({ stack, others });
		});
	}

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

describe('a new stack, which is a new folder and nothing else', () => {
	let docker: string;
	let tree: ProjectTree;
	beforeAll(() => {
		docker = mkdtempSync(join(tmpdir(), 'gangline-docker-'));
		cpSync(join(folder, '..'), docker, { recursive: true });
		cpSync(fixture, join(docker, 'stacks/perl'), { recursive: true });
		const files = ['cpanfile', 'lib/Shop.pm', 't/shop.t', 'package.json'];
		tree = { files, untracked: [], read: async () => '{"scripts":{"test":"node --test"}}' };
	});
	afterAll(() => rmSync(docker, { recursive: true }));

	it('is recognised, asked for and named where another was meant, and the rest stays as it was', async () => {
		const all = await readStacks(join(docker, 'stacks'));
		expect(all.map(({ stack }) => stack)).toEqual([...stacks.map(({ stack }) => stack), 'perl']);
		expect(chooseStack(all, null, tree.files)).toEqual({ stack: 'perl', others: ['node'] });
		expect(chooseStack(all, 'perl', [])).toEqual({ stack: 'perl', others: [] });
		expect(() => chooseStack(all, 'cobol', [])).toThrow(
			expect.objectContaining({ hint: expect.stringMatching('perl') }),
		);
		for (const { files, stack, others } of spec.cases) expect(chooseStack(all, null, files)).toEqual({ stack, others });
	});

	it('is a word that `gangline new` takes', async () => {
		const options = { docker } as ContainersOptions;
		await requireKnownParts(options, { stack: 'perl' });
		await expect(requireKnownParts(options, { stack: 'cobol' })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
	});

	it('has its tools in the image, and its caches', async () => {
		const stack = (await readStacks(join(docker, 'stacks'))).find((one) => one.stack === 'perl') ?? null;
		const { tag, dockerfile } = await planImage({ baseImage: 'debian', docker, stack, program: [] });
		expect(tag).toMatch(/^gangline\/project:perl-/);
		expect(dockerfile).toContain('--no-install-recommends perl');
		expect(stack?.caches).toEqual({ PERL_CPANM_HOME: 'cpanm' });
	});

	it('proposes set-up and gates for a project, beside those of its other languages', async () => {
		const found = await detectProject(tree, await stackRows(join(docker, 'stacks')));
		expect(found).toMatchObject({ stack: 'perl', others: ['node'] });
		expect(found.setup[0]).toEqual({
			value: 'cpanm --quiet --notest --local-lib-contained local --installdeps .',
			why: 'cpanfile is there',
		});
		expect(found.gates.map(({ value, why }) => [value.name, value.command, why])).toEqual([
			['test', 'prove -r t', 't/shop.t is there'],
			['test-node', 'npm test', expect.anything()],
		]);
		expect(found.caches.map(({ value }) => value)).toContain('local');
		expect(found.lockfiles.map(({ value }) => value)).toContain('cpanfile');
	});

	it('is told to who begins a project inside a container, where there are no tools of others', async () => {
		const file = (to: string) => ({
			from: join(docker, to),
			to: `app/docker/${to}`,
			executable: false,
			bytes: 0,
			modifiedMs: 0,
		});
		const program = ['stacks/perl/stack.json', 'stacks/perl/Dockerfile', 'stacks/perl/check/Sum.pm', 'Dockerfile'].map(
			file,
		);
		const { files } = await planImage({ baseImage: 'debian', docker, stack: null, program });
		expect(files.map(({ to }) => to).filter((to) => to.startsWith('app/docker/'))).toEqual([
			'app/docker/stacks/perl/stack.json',
		]);
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
