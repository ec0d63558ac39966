/** What a gate in a container can learn of an agent's login, tried in each way that SECURITY.md lists. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Board } from '../../shared/operations/index.ts';
import { SystemClock, SystemRandom } from '../../shared/ports/system/index.ts';
import { newUlid } from '../../shared/ports/ulid.ts';
import { projectConfigSchema, renderProjectConfig } from '../../shared/project/index.ts';
import { docker, engine, engineWorld, give } from '../support/engine-world.ts';
import { launcher, type World } from '../support/world.ts';

/** An image may have to be built, which takes minutes on a busy machine. */
const buildMsMax = 900_000;
/** In two pieces wherever it would be found in the gate itself. */
const [one, two] = ['token-that-only', '-the-agent-gets'];

/** What it finds is a line each below the name of the item that is judged. */
const gate = `#!/bin/bash
value='${one}''${two}'
{
	echo "-- $(git log -1 --format=%s)"
	env | grep -qF "$value" && echo 'its own variables'
	grep -rqaF "$value" . "$TMPDIR" && echo 'its own folders'
	grep -qaF "$value" /proc/[0-9]*/cmdline && echo 'arguments of a process'
	grep -rqaF "$value" /gangline/node --exclude-dir=projects && echo 'the file of secrets'
	grep -qaF "$value" /proc/[0-9]*/environ && echo 'variables of a process'
	for pid in $(pgrep -f '[a]pp/.*node/main'); do (exec 3< "/proc/$pid/mem") && echo 'memory of its node'; done
	true
} >> "$HOME/tried" 2>/dev/null
`;

let world: World;
beforeAll(() => {
	if (engine !== '') world = engineWorld();
});
afterAll(async () => {
	if (engine === '') return;
	await world.gangline(world.folder, 'project', 'delete', 'guarded', '--confirm', 'guarded', '--purge');
	await world[Symbol.asyncDispose]();
});

const inside = (script: string) => world.gangline(world.folder, 'ssh', 'guarded', '--', 'sh', '-c', script);
const home = (file: string): string => join(world.state, 'gateway/containers/guarded/state/home', file);
const tried = (): string => (existsSync(home('tried')) ? readFileSync(home('tried'), 'utf8') : '');

async function untilJudged(title: string): Promise<void> {
	const isJudged = ({ items }: Board): boolean =>
		items.some((item) => item.title === title && (item.column === 'qa' || item.stage === 'blocked'));
	await world.until<Board>(world.folder, ['status', '-p', 'guarded'], isJudged, 150);
}

describe.skipIf(engine === '')(
	'the login of an agent in a container (needs an engine: scripts/test --all as root)',
	() => {
		it('[I13] is out of reach of a gate, in each way that SECURITY.md lists', {
			timeout: buildMsMax,
		}, async () => {
			const config = projectConfigSchema.parse({
				...{ id: newUlid(new SystemClock(), new SystemRandom()), name: 'guarded', branch: 'main' },
				gate: [{ name: 'try', kind: 'lint', command: 'bash try.sh' }],
				agent: [{ name: 'shell', runtime: 'shell', secrets: ['LOGIN_OF_AGENT'] }],
			});
			const files = { 'try.sh': gate, '.gangline/project.toml': renderProjectConfig(config) };
			const origin = world.repository('origin', files);
			give(origin);
			const made = await world.gangline(
				...([world.folder, 'new', 'guarded', '--stack', 'none', '--agents', 'none', '--git', origin] as const),
			);
			expect(made, made.stderr).toMatchObject({ code: 0 });
			const person = ['--reuid=33', '--regid=33', '--clear-groups', process.execPath, launcher];
			const keep = ['ssh', 'guarded', '--', 'gangline', 'secret', 'set', 'LOGIN_OF_AGENT'];
			const set = spawnSync('setpriv', [...person, ...keep], {
				...{ cwd: world.folder, env: world.env, input: `${one}${two}`, encoding: 'utf8' },
			});
			expect(set, set.stderr).toMatchObject({ status: 0 });
			const waits = `[ "$LOGIN_OF_AGENT" = ${one}${''}"${two}" ] && touch "$HOME/begun"; until [ -e "$HOME/go" ]; do sleep 0.2; done; echo long > long`;
			await world.ok(world.folder, 'add', 'Long work', '--run', waits, '-p', 'guarded');
			await expect.poll(() => existsSync(home('begun')), { timeout: 120_000 }).toBe(true);
			await world.ok(world.folder, 'add', 'Short work', '--run', 'echo short > short', '-p', 'guarded');
			await untilJudged('Short work');
			// Where the kernel has no fence, what means harm among gates is one user with the agent.
			const { code } = await inside("perl -e 'exit !(syscall(444, 0, 0, 1) > 1)'");
			const [kept, ran] =
				code === 0 ? ['', ''] : ['the file of secrets\n', 'variables of a process\nmemory of its node\n'];
			expect(tried()).toContain(`-- Short work\n${kept}${ran}`);
			expect(tried().endsWith(`-- Short work\n${kept}${ran}`)).toBe(true);
			expect(await inside('touch "$HOME/go"')).toMatchObject({ code: 0 });
			await untilJudged('Long work');
			expect(tried().endsWith(`-- Long work\n${kept}${ran.slice(ran.indexOf('\n') + 1)}`)).toBe(true);
			expect(docker('inspect', 'gangline-guarded')).not.toContain(`${one}${two}`);
		});
	},
);
