/** What lands in a container is pushed to a forge unattended: with a deploy key over ssh, and with a token over https. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Board, ContainerView, Result } from '../../shared/operations/index.ts';

import { SystemClock, SystemRandom } from '../../shared/ports/system/index.ts';
import { newUlid } from '../../shared/ports/ulid.ts';
import { projectConfigSchema, renderProjectConfig } from '../../shared/project/index.ts';
import { containerLog, docker, engine, engineWorld, give } from '../support/engine-world.ts';
import { type Forge, startForge } from '../support/forge/forge.ts';
import { lastOf } from '../support/gave-up.ts';
import { launcher, type World } from '../support/world.ts';

/** An image may have to be built, which takes minutes on a busy machine. */
const buildMsMax = 900_000;
const landMsMax = 300_000;
const login = { user: 'bot', token: 'token-of-that-one-repository' };

let world: World;
let forge: Forge | undefined;
beforeAll(() => {
	if (engine !== '') world = engineWorld();
});
afterAll(async () => {
	if (engine === '') return;
	forge?.[Symbol.dispose]();
	await world.gangline(world.folder, 'project', 'delete', 'pushed', '--confirm', 'pushed', '--purge');
	await world[Symbol.asyncDispose]();
});

const inside = (script: string) => world.gangline(world.folder, 'ssh', 'pushed', '--', 'sh', '-c', script);
const check = () => world.gangline(world.folder, 'git', 'check', 'pushed', '--json');
const there = (): Forge => {
	if (forge === undefined) throw new Error('the forge was not started');
	return forge;
};

/** As a person types `gangline git token pushed < file`. */
function giveToken(token: string) {
	const person = ['--reuid=33', '--regid=33', '--clear-groups', process.execPath, launcher];
	const args = [...person, 'git', 'token', 'pushed', '--user', login.user];
	return spawnSync('setpriv', args, { cwd: world.folder, env: world.env, input: token, encoding: 'utf8' });
}

/** Adds an item, waits until it has landed and the forge has that very commit. */
async function landAndPush(title: string, file: string): Promise<string> {
	await world.ok(world.folder, 'add', title, '--run', `echo ${file} > ${file}`, '-p', 'pushed');
	const isDone = ({ items }: Board): boolean =>
		items.some((item) => item.title === title && (item.stage === 'done' || item.stage === 'blocked'));
	const { items } = await world
		.until<Board>(world.folder, ['status', '-p', 'pushed'], isDone, 150)
		.catch((error: unknown) => {
			throw new Error(`${error}\n${lastOf(containerLog('gangline-pushed'))}\n${lastOf(there().log())}`);
		});
	const landed = items.find((item) => item.title === title)?.landed?.commit ?? '';
	expect(landed).toMatch(/^[0-9a-f]{40}$/);
	await expect.poll(() => there().tip('main'), { timeout: 60_000 }).toBe(landed);
	return landed;
}

describe.skipIf(engine === '')(
	'landings of a project in a container (needs an engine: scripts/test --all as root)',
	() => {
		it('go to a forge that turns it away until something is given', { timeout: buildMsMax }, async () => {
			const config = projectConfigSchema.parse({
				...{ id: newUlid(new SystemClock(), new SystemRandom()), name: 'pushed', branch: 'main' },
				...{ review: { mode: 'server' }, landing: { mode: 'push' } },
				gate: [{ name: 'test', kind: 'test', command: 'test -s a.txt' }],
			});
			const files = { 'a.txt': 'a\n', '.gangline/project.toml': renderProjectConfig(config) };
			const origin = world.repository('origin', files);
			const folder = join(world.folder, 'forge');
			world.git(world.folder, 'clone', '-q', '--bare', origin, join(folder, 'app.git'));
			give(origin);
			const made = await world.gangline(
				...([world.folder, 'new', 'pushed', '--stack', 'none', '--agents', 'none', '--git', origin] as const),
			);
			expect(made, made.stderr).toMatchObject({ code: 0 });
			const { image } = await world.json<ContainerView>(world.folder, 'containers', 'pushed');
			forge = startForge({ folder, network: 'gangline-pushed', image: image ?? '', login });
			expect(await inside(`git remote set-url origin '${forge.ssh}'`)).toMatchObject({ code: 0 });
			await expect.poll(() => existsSync(join(folder, 'fingerprint')), { timeout: 60_000 }).toBe(true);
			const refused = await check();
			expect(refused).toMatchObject({ code: 1 });
			expect(JSON.parse(refused.stdout)).toMatchObject({ needed: true, ok: false, push: { state: 'unreachable' } });
		});

		it('are pushed with a deploy key, once its host is pinned by the fingerprint', { timeout: landMsMax }, async () => {
			const asked = await world.gangline(world.folder, 'git', 'key', 'pushed', '--no-input', '--json');
			expect(asked).toMatchObject({ code: 4 });
			const shown = JSON.parse(asked.stdout) as Result<'container.gitKey'>;
			expect(shown.offered.map(({ fingerprint }) => fingerprint)).toContain(there().fingerprint());
			const other = await world.gangline(
				world.folder,
				'git',
				'key',
				'pushed',
				'--host-key',
				`SHA256:${'A'.repeat(43)}`,
			);
			expect(other.stderr).toMatch(/does not show SHA256:AAA.*nothing was pinned/);
			const given = await world.json<Result<'container.gitKey'>>(
				...([world.folder, 'git', 'key', 'pushed', '--host-key', there().fingerprint()] as const),
			);
			// The forge does not know the key yet.
			expect(await check()).toMatchObject({ code: 1, stdout: expect.stringMatching(/[Pp]ermission denied/) });
			there().know(given.publicKey);
			const granted = await check();
			expect(granted, granted.stdout).toMatchObject({ code: 0 });
			expect(JSON.parse(granted.stdout)).toMatchObject({ push: { state: 'granted' } });
			const before = there().tip('main');
			await landAndPush('By key', 'key.txt');
			expect(there().tip('main')).not.toBe(before);
			expect(there().log()).toMatch(/Accepted publickey for git/);
			expect(there().log()).not.toMatch(/https push/);
		});

		it('are pushed with a token, and with no other; neither is shown by the engine', {
			timeout: landMsMax,
		}, async () => {
			await world.ok(world.folder, 'git', 'forget', 'pushed');
			expect(await check()).toMatchObject({ code: 1 });
			const trust = `printf %s '${there().certificate}' > "$HOME/forge.crt"; git config --global http.sslCAInfo "$HOME/forge.crt"`;
			expect(await inside(`git remote set-url origin '${there().https}'; ${trust}`)).toMatchObject({ code: 0 });
			expect(giveToken('another-token')).toMatchObject({ status: 0 });
			const wrong = await check();
			expect(wrong, wrong.stdout).toMatchObject({ code: 1 });
			expect(there().log()).toMatch(/https turned away a wrong login/);
			expect(giveToken(login.token)).toMatchObject({ status: 0 });
			expect(await check()).toMatchObject({ code: 0 });
			expect(there().log()).not.toMatch(/https push/);
			await landAndPush('By token', 'token.txt');
			expect(there().log()).toMatch(/https push by bot/);
			const shown =
				docker('inspect', 'gangline-pushed') +
				(await inside("cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline | tr '\\0' '\\n'")).stdout;
			expect(shown).not.toContain(login.token);
			expect(shown).not.toContain('PRIVATE KEY');
		});
	},
);
