/**
 * Each stack's image is built, and the check in its folder is run inside, with no network and no right: a build, a test
 * that passes, one that fails, and the language server saying where a word is defined.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
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
/** Images of some hundred megabytes are made. */
const isLong = engine !== '' && Boolean(process.env.GANGLINE_TEST_LONG);
const buildMsMax = 1_800_000;

/** What is promised by nobody, because no distribution of Debian and no npm package has it. */
const withoutLanguageServer = ['jvm', 'ruby'];

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
const checkOf = ({ stack }: StackFolder) =>
	checkSchema.parse(JSON.parse(readFileSync(join(folder, stack, 'check/check.json'), 'utf8')));

interface Ran {
	readonly code: number;
	readonly output: string;
}

/** The image of a stack with Node.js, and without Gangline itself, which no check needs. */
async function imageOf(stack: StackFolder): Promise<string> {
	const file = (from: string, to: string) => ({ from, to, executable: true, bytes: 0, modifiedMs: 0 });
	const program = [file(process.execPath, 'bin/node'), file(join(root, 'package.json'), 'app/package.json')];
	const image = await planImage({ baseImage: base, docker: join(root, 'docker'), stack, program });
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

describe('the checks of the stacks', () => {
	it('are in every folder, each with a language server but for those that are named', () => {
		expect(stacks.filter(({ stack }) => !existsSync(join(folder, stack, 'check')))).toEqual([]);
		const bare = stacks.filter((stack) => checkOf(stack).server === null).map(({ stack }) => stack);
		expect(bare.sort()).toEqual(withoutLanguageServer);
	});

	for (const stack of stacks) {
		it.skipIf(!isLong)(
			`hold inside the image of ${stack.stack} (needs an engine and --long)`,
			{ timeout: buildMsMax },
			async () => {
				const { build, passes, fails, server } = checkOf(stack);
				const image = await imageOf(stack);
				const work = mkdtempSync('/var/tmp/gangline-stack-');
				try {
					cpSync(join(folder, stack.stack, 'check'), work, { recursive: true });
					execFileSync('chown', ['-R', '33:33', work]);
					chmodSync(work, 0o755);
					const run = (text: string): Ran => runIn(image, work, stack, ['sh', '-c', text]);
					expect(run(build)).toMatchObject({ code: 0 });
					expect(run(passes)).toMatchObject({ code: 0 });
					const failed = run(fails);
					expect([0, 126, 127], failed.output).not.toContain(failed.code);
					expect(failed.output).toMatch(/5|6/);
					if (server === null) return;
					const question = JSON.stringify(server);
					const answered = runIn(image, work, stack, ['/opt/gangline/bin/node', '/opt/ask.mjs', question]);
					expect(answered.code, answered.output).toBe(0);
				} finally {
					rmSync(work, { recursive: true, force: true });
				}
			},
		);
	}
});
