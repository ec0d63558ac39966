/**
 * Each stack's image is built, and the check in its folder is run inside, with no network and no right: a build, a test
 * that passes, one that fails, and the language server saying where a word is defined.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { dockerProvisioner } from '../../shared/provision/docker-provisioner.ts';
import { planImage } from '../../shared/provision/image-plan.ts';
import { cacheVariables, readStacks, type StackFolder } from '../../shared/provision/stacks.ts';
import { base, engine } from '../support/engine-world.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'docker/stacks');
const stacks = await readStacks(folder);
/** Images of some hundred megabytes are made: minutes for most, a quarter of one for this. */
const cheapest = 'node';
const runs = (stack: string): boolean =>
	engine !== '' && (stack === cheapest || Boolean(process.env.GANGLINE_TEST_LONG));
const buildMsMax = 1_800_000;
/** One that no part of this program has heard of. */
const newStack = fileURLToPath(new URL('../fixtures/stacks/perl', import.meta.url));

/** What the specification names and these images lack, by stack: nothing of it is run. */
const notRun: Readonly<Record<string, Readonly<Record<string, string>>>> = {
	rust: { 'cargo-nextest': 'no package of Debian or npm has it; cargo test runs the tests' },
	ruby: { 'ruby-lsp': 'a gem, and a build reaches Debian and npm alone; TypeProf, which Ruby brings, answers' },
	jvm: {
		'java (21)': 'Debian 12 has 17; newer images of Debian bring 21 by their own package',
		jdtls: 'fetched pinned where its maker can be reached, which no machine of these tests can',
	},
};
const { tooling } = z
	.object({ tooling: z.record(z.string(), z.array(z.string())) })
	.parse(JSON.parse(readFileSync(join(root, 'test/fixtures/spec/stacks.json'), 'utf8')));

const checkSchema = z.strictObject({
	build: z.string(),
	passes: z.string(),
	fails: z.string(),
	server: z
		.strictObject({
			command: z.array(z.string()).min(1),
			language: z.string(),
			file: z.string(),
			/** Line and character of the word that is asked for. */
			at: z.tuple([z.int(), z.int()]),
			/** Where it is defined: `file:line`. */
			is: z.string(),
		})
		.nullable(),
});
const checkIn = (place: string) => checkSchema.parse(JSON.parse(readFileSync(join(place, 'check/check.json'), 'utf8')));

interface Ran {
	readonly code: number;
	readonly output: string;
}

/** The image of a stack with Node.js, and without Gangline itself, which no check needs. */
async function imageOf(stack: StackFolder, docker: string): Promise<string> {
	const file = (from: string, to: string) => ({ from, to, executable: true, bytes: 0, modifiedMs: 0 });
	const program = [file(process.execPath, 'bin/node'), file(join(root, 'package.json'), 'app/package.json')];
	const image = await planImage({ baseImage: base, docker, stack, program });
	const said: string[] = [];
	await dockerProvisioner({ host: engine, owner: 'checks' })
		.ensureImage(image, (line) => said.push(line))
		.catch((cause: unknown) => {
			throw new Error(said.slice(-30).join('\n'), { cause });
		});
	return image.tag;
}

function runIn(image: string, work: string, { caches }: StackFolder, command: readonly string[]): Ran {
	const confined = [
		'--cap-drop=ALL',
		'--security-opt=no-new-privileges',
		'--read-only',
		'--network=none',
		'--user=33:33',
	];
	const places = ['--tmpfs=/tmp:rw,exec,mode=1777', `--volume=${work}:${work}`, `--workdir=${work}`, '--env=HOME=/tmp'];
	const asker = fileURLToPath(new URL('../support/ask-language-server.mjs', import.meta.url));
	const variables = Object.entries(cacheVariables(caches, '/tmp/caches')).map(([name, is]) => `--env=${name}=${is}`);
	const flags = [...confined, ...places, ...variables, `--volume=${asker}:/opt/ask.mjs:ro`];
	const [program = '', ...rest] = command;
	try {
		const args = ['--host', engine, 'run', '--rm', ...flags, `--entrypoint=${program}`, image, ...rest];
		return { code: 0, output: execFileSync('docker', args, { encoding: 'utf8', stdio: 'pipe' }) };
	} catch (error) {
		const { status, stdout, stderr } = error as { status: number | null; stdout: string; stderr: string };
		return { code: status ?? -1, output: `${stdout}\n${stderr}` };
	}
}

/** Whether a tool of the specification, such as `npm` or `java (21)`, is inside. */
function has(inside: (text: string) => Ran, tool: string): boolean {
	const [name = '', version] = tool.replace(')', '').split(' (');
	const asked = version === undefined ? '' : ` && ${name} -version 2>&1 | grep -q 'version "${version}'`;
	return inside(`command -v ${name}${asked}`).code === 0;
}

const fetchedBy = ({ dockerfile }: StackFolder): readonly string[] =>
	[...dockerfile.matchAll(/fetch-tool (\S+)/g)].map(([, tool = '']) => tool);

/** Builds the image of a stack, and does in it what its folder says. */
async function expectCheck(stack: StackFolder, docker: string): Promise<void> {
	const place = join(docker, 'stacks', stack.stack);
	const { build, passes, fails, server } = checkIn(place);
	const image = await imageOf(stack, docker);
	const work = mkdtempSync('/var/tmp/gangline-stack-');
	try {
		cpSync(join(place, 'check'), work, { recursive: true });
		execFileSync('chown', ['-R', '33:33', work]);
		chmodSync(work, 0o755);
		const run = (text: string): Ran => runIn(image, work, stack, ['sh', '-c', text]);
		// What a build fetches is there where it can be.
		const fetched = fetchedBy(stack).filter((tool) => has(run, tool));
		const named = Object.keys(notRun[stack.stack] ?? {}).filter((tool) => !fetched.includes(tool));
		expect((tooling[stack.stack] ?? []).filter((tool) => !has(run, tool))).toEqual(named);
		expect(run(build)).toMatchObject({ code: 0 });
		expect(run(passes)).toMatchObject({ code: 0 });
		const failed = run(fails);
		expect([0, 126, 127], failed.output).not.toContain(failed.code);
		expect(failed.output).toMatch(/5|6/);
		if (server === null || named.includes(server.command[0] ?? '')) return;
		const question = JSON.stringify(server);
		const answered = runIn(image, work, stack, ['/opt/gangline/bin/node', '/opt/ask.mjs', question]);
		expect(answered.code, answered.output).toBe(0);
	} finally {
		rmSync(work, { recursive: true, force: true });
	}
}

describe('the checks of the stacks', () => {
	it('are in every folder, each with a language server', () => {
		expect(stacks.filter(({ stack }) => checkIn(join(folder, stack)).server === null)).toEqual([]);
	});

	it('leave out nothing but what is named, and what is named is wanted by the specification', () => {
		for (const [stack, tools] of Object.entries(notRun))
			expect(tooling[stack]).toEqual(expect.arrayContaining(Object.keys(tools)));
		for (const stack of stacks) {
			expect(Object.keys(notRun[stack.stack] ?? {})).toEqual(expect.arrayContaining([...fetchedBy(stack)]));
		}
	});

	for (const stack of stacks) {
		const wants = stack.stack === cheapest ? 'an engine' : 'an engine and --long';
		it.skipIf(!runs(stack.stack))(
			`hold inside the image of ${stack.stack} (needs ${wants})`,
			{ timeout: buildMsMax },
			() => expectCheck(stack, join(root, 'docker')),
		);
	}

	it.skipIf(!runs('new'))(
		'hold inside the image of a stack that is a new folder and nothing else (needs an engine and --long)',
		{ timeout: buildMsMax },
		async () => {
			const docker = mkdtempSync('/var/tmp/gangline-docker-');
			try {
				cpSync(join(root, 'docker'), docker, { recursive: true });
				cpSync(newStack, join(docker, 'stacks/perl'), { recursive: true });
				const stack = (await readStacks(join(docker, 'stacks'))).find((one) => one.stack === 'perl');
				if (stack === undefined) throw new Error('the new stack is not seen');
				await expectCheck(stack, docker);
			} finally {
				rmSync(docker, { recursive: true, force: true });
			}
		},
	);
});
