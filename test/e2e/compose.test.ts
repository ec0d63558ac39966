/** The gateway in a container as docker/compose.yaml says it, without an engine: a machine that has one makes a project for it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ownAddresses } from '../../gateway/builds/index.ts';
import { composedGateway, runArgs } from '../support/compose-file.ts';
import { base, docker, engine, engineWorld, give } from '../support/engine-world.ts';
import type { World } from '../support/world.ts';

/** An image may have to be built, which takes minutes on a busy machine. */
const buildMsMax = 900_000;
const name = 'gangline-test-composed';
const image = 'gangline-test/node:1';

let builder: World;
let state: string;
beforeAll(() => {
	if (engine === '') return;
	builder = engineWorld({ host: engine, base, name: 'builder' });
	state = join(builder.folder, 'gateway');
	mkdirSync(state, { mode: 0o700 });
	give(state);
	// Node.js as the image that the file names has it, which no registry gives here.
	const context = mkdtempSync('/var/tmp/gangline-node-');
	try {
		copyFileSync(process.execPath, join(context, 'node'));
		chmodSync(join(context, 'node'), 0o755);
		writeFileSync(join(context, 'Dockerfile'), `FROM ${base}\nCOPY node /usr/local/bin/node\n`);
		docker('build', '-q', '-t', image, context);
	} finally {
		rmSync(context, { recursive: true });
	}
});
afterAll(async () => {
	if (engine === '') return;
	inside('project', 'delete', 'composed', '--confirm', 'composed', '--purge');
	spawnSync('docker', ['--host', engine, 'rm', '-f', name]);
	await builder[Symbol.asyncDispose]();
});

function inside(...args: string[]) {
	const command = ['--host', engine, 'exec', name, 'node', 'gateway/cli/gangline.js', ...args];
	const { status, stdout, stderr } = spawnSync('docker', command, { encoding: 'utf8' });
	return { code: status, stdout, stderr: `${stderr}${status === 0 ? '' : docker('logs', '--tail', '5', name)}` };
}
function ok(...args: string[]): string {
	const { code, stdout, stderr } = inside(...args);
	expect(code, stderr).toBe(0);
	return stdout;
}

describe.skipIf(engine === '')(
	'the gateway by docker/compose.yaml (needs an engine: scripts/test --all as root)',
	() => {
		it('starts without a right, and its board answers on loopback', { timeout: buildMsMax }, async () => {
			const given = { GANGLINE_NODE_IMAGE: image, GANGLINE_UID: '33', GANGLINE_GID: '33', GANGLINE_STATE: state };
			const gateway = composedGateway({ ...given, USER: 'ada' });
			const free = { GANGLINE_GATEWAY_PORT: '0', GANGLINE_MESH_PORT: '0', GANGLINE_BUILDS_PORT: '0' };
			docker('run', '-d', ...runArgs({ ...gateway, environment: { ...gateway.environment, ...free } }, name));
			const note = join(state, 'state/gateway/api.json');
			const readNote = () => JSON.parse(readFileSync(note, 'utf8')) as { readonly url: string };
			await expect.poll(readNote, { timeout: 120_000 }).toMatchObject({ url: /^http:\/\/127\.0\.0\.1:/ });
			const answer = await fetch(new URL('healthz', readNote().url));
			expect(answer.status).toBe(200);
			const board = await fetch(readNote().url);
			expect([board.status, await board.text()]).toEqual([200, expect.stringContaining('<div id="root"')]);
			const [inspected] = JSON.parse(docker('inspect', name)) as [
				{ HostConfig: { CapDrop: string[] }; Mounts: object[] },
			];
			expect([inspected.HostConfig.CapDrop, inspected.Mounts.length]).toEqual([['ALL'], 2]);
		});

		it('makes a project by a machine with an engine, and has none itself', { timeout: buildMsMax }, async () => {
			const refused = inside('new', 'nowhere', '--stack', 'none');
			expect(refused.stderr).toMatch(/the container engine at \/var\/run\/docker\.sock cannot be asked/);
			ok('gateway', 'listen', ownAddresses()[0] ?? '127.0.0.1');
			const [token = ''] = /gl1_\S+/.exec(ok('token', 'new', '--provision')) ?? [];
			await builder.ok(builder.folder, 'join', token.replace(/['"]$/, ''), '--provision');
			const made = inside('new', 'composed', '--stack', 'none', '--agents', 'none', '--on', 'builder');
			expect(made.code, made.stderr).toBe(0);
			expect(made.stdout).toMatch(/^composed: it runs, its node is connected/);
			expect(ok('status', '-p', 'composed')).toMatch(/composed/);
		});

		it('is there again after its engine ended it, with all that it knew', { timeout: 300_000 }, async () => {
			const before = docker('inspect', '--format', '{{.State.StartedAt}}', name);
			execFileSync('kill', ['-KILL', docker('inspect', '--format', '{{.State.Pid}}', name)]);
			const since = () => docker('inspect', '--format', '{{.State.Running}} {{.State.StartedAt}}', name);
			await expect
				.poll(since, { timeout: 60_000 })
				.toSatisfy((now: string) => now !== `true ${before}` && /^true/.test(now));
			await expect
				.poll(() => inside('containers').stdout, { timeout: 120_000, interval: 500 })
				.toMatch(/composed +running/);
		});
	},
);
