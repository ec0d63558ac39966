// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a devcontainer.json has placeholders of its own
/** A repository with a devcontainer.json, made into a project by a real engine: hooks, variables, ports, and what is refused. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Board, ContainerView } from '../../shared/operations/index.ts';
import { base, docker, engine, engineWorld, give } from '../support/engine-world.ts';
import type { World } from '../support/world.ts';

/** An image is built, which takes minutes on a busy machine. */
const buildMsMax = 900_000;
/** One more image. */
const isLong = Boolean(process.env.GANGLINE_TEST_LONG);
const server =
	"require('http').createServer((_, response) => response.end(process.env.GREETING)).listen(3000, '0.0.0.0')";

/** Its set-up and its gate pass with the variables of the devcontainer.json alone. */
const project = `id = "01JZ0000000000000000000DEV"
name = "dev"
branch = "main"
[setup]
commands = ['echo "$GREETING/$SIGN" > .set-up']
[[gate]]
name = "variables"
kind = "lint"
command = '[ "$(cat .set-up)/$GREETING/$SIGN" = "good day/open, good day/good day/open, good day" ]'
`;

let world: World;
beforeAll(() => {
	if (engine !== '') world = engineWorld();
});
afterAll(async () => {
	if (engine === '') return;
	await world.gangline(world.folder, 'project', 'delete', 'dev', '--confirm', 'dev', '--purge');
	await world[Symbol.asyncDispose]();
});

const show = (): Promise<ContainerView> => world.json(world.folder, 'containers', 'dev');
const inside = (script: string) => world.gangline(world.folder, 'ssh', 'dev', '--', 'sh', '-c', script);
const ran = (): string => readFileSync(join(world.folder, 'dev/ran'), 'utf8');

function devcontainer(): string {
	const file = {
		build: { dockerfile: 'Dockerfile', args: { BASE: base } },
		containerEnv: { GREETING: 'good day', OUTSIDE: '${localEnv:HOME}' },
		remoteEnv: { PATH: '/opt/shop:${containerEnv:PATH}', SIGN: 'open, ${containerEnv:GREETING}' },
		remoteUser: 'root',
		forwardPorts: [3000],
		portsAttributes: { '3000': { label: 'shop' } },
		initializeCommand: `touch '${join(world.folder, 'initialized')}'`,
		runArgs: ['--privileged', '-v', '/:/host'],
		mounts: ['source=/,target=/host,type=bind'],
		privileged: true,
		capAdd: ['SYS_ADMIN'],
		onCreateCommand: 'echo "onCreate $(id -u) $GREETING [$OUTSIDE] $PATH" >> ran; grep ^Cap /proc/self/status > caps',
		updateContentCommand: ['sh', '-c', 'echo "updateContent ${containerWorkspaceFolderBasename}" >> ran'],
		postCreateCommand: {
			one: 'echo one >> ran',
			two: 'echo looking for it >&2; test -e "$HOME/there" || { echo it is not there >&2; exit 3; }',
		},
		postStartCommand: `echo postStart >> ran; node -e "${server}" >/dev/null 2>&1 &`,
	};
	return `// of the shop\n${JSON.stringify(file, null, '\t').replace(/\n\}$/, ',\n}')}\n`;
}

async function greeted(): Promise<string> {
	const [port] = (await show()).ports;
	return fetch(`http://127.0.0.1:${port?.host}/`).then(
		(response) => response.text(),
		(error: unknown) => String(error),
	);
}

describe.skipIf(engine === '')('a devcontainer.json (needs an engine: scripts/test --all as root)', () => {
	it('has its hooks run inside, and stops at the one that fails', { timeout: buildMsMax }, async () => {
		const origin = world.repository('origin', {
			'.devcontainer/devcontainer.json': devcontainer(),
			'.devcontainer/Dockerfile':
				'ARG BASE\nFROM $BASE\nRUN mkdir /opt/own && id -u > /opt/own/mark\nENV PATH=/opt/own:$PATH\n',
			'.gangline/project.toml': project,
			'a.txt': 'a\n',
		});
		give(origin);
		const made = await world.gangline(
			world.folder,
			'new',
			'dev',
			'--stack',
			'none',
			'--agents',
			'none',
			'--git',
			origin,
		);
		expect(made).toMatchObject({ code: 1 });
		expect(made.stderr).toMatch(
			/ok onCreate +it ended well[\s\S]*no postCreate +its postCreateCommand two ended with exit/,
		);
		expect(made.stderr).toMatch(/exit code 3; its last words: it is not there/);
		expect(ran()).toMatch(/^onCreate 33 good day \[\] \/opt\/shop:\S+\nupdateContent dev\none\n$/);
		expect(readFileSync((await show()).log, 'utf8')).toMatch(/^two: looking for it$/m);
	});

	it('goes on at the hook that failed, and runs none twice that has ended well', { timeout: buildMsMax }, async () => {
		expect(await inside('touch "$HOME/there"')).toMatchObject({ code: 0 });
		const again = await world.gangline(world.folder, 'new', 'dev', '--retry');
		expect(again, again.stderr).toMatchObject({ code: 0 });
		expect(ran().match(/^\w+/gm)).toEqual(['onCreate', 'updateContent', 'one', 'one', 'postStart']);
	});

	it('has its port published on loopback, and what it starts there after each start', {
		timeout: 300_000,
	}, async () => {
		await expect.poll(greeted, { timeout: 30_000 }).toBe('good day');
		// It changes nothing, and takes nothing away.
		await world.ok(world.folder, 'rebuild', 'dev');
		await world.ok(world.folder, 'stop', 'dev');
		await world.ok(world.folder, 'start', 'dev');
		await expect.poll(greeted, { timeout: 60_000 }).toBe('good day');
		expect(docker('port', 'gangline-dev', '3000/tcp')).toMatch(/^127\.0\.0\.1:\d+$/);
	});

	it('[I13] has weakened nothing, and all that was not taken is said', async () => {
		expect(existsSync(join(world.folder, 'initialized'))).toBe(false);
		expect(readFileSync(join(world.folder, 'dev/caps'), 'utf8').match(/\t0{16}$/gm)).toHaveLength(5);
		const [inspected] = JSON.parse(docker('inspect', 'gangline-dev')) as [
			{ HostConfig: { Binds: string[]; Privileged: boolean; CapAdd: string[] | null; CapDrop: string[] } },
		];
		const { Binds, Privileged, CapAdd, CapDrop } = inspected.HostConfig;
		expect([Binds.length, Privileged, CapAdd, CapDrop]).toEqual([4, false, null, ['ALL']]);
		const { devcontainer: told } = await show();
		const refused = told?.left.filter(({ why }) => why.startsWith('refused')).map(({ what }) => what);
		expect(refused).toEqual(['initializeCommand', 'runArgs', 'mounts', 'privileged', 'capAdd']);
		expect(told).toMatchObject({ image: 'not trusted' });
		expect(await inside('test -e /opt/own/mark')).toMatchObject({ code: 1 });
		expect(await world.ok(world.folder, 'containers', 'dev')).toMatch(
			/port +3000 shop is http:.*\n[\s\S]*not runArgs: refused/,
		);
	});

	it('has its variables in set-up, agents and gates, not in its node', { timeout: 300_000 }, async () => {
		const work = 'echo "$GREETING/$SIGN/$PATH" > said; git add said; git commit -qm work';
		await world.ok(world.folder, 'add', 'Say it', '--run', work, '-p', 'dev');
		const isJudged = ({ items: [item] }: Board): boolean => item?.column === 'qa' || item?.stage === 'blocked';
		const { items } = await world.until<Board>(world.folder, ['status', '-p', 'dev'], isJudged, 120);
		expect(items[0], items[0]?.stageReason ?? '').toMatchObject({ column: 'qa' });
		expect(await world.ok(world.folder, 'diff', '1', '-p', 'dev')).toMatch(
			/^\+good day\/open, good day\/\/opt\/shop:\/gangline\/home\/\.local\/bin:/m,
		);
		const { stdout } = await inside("tr '\\0' '\\n' < /proc/$(pgrep -f '[a]pp/.*node/main')/environ");
		expect(stdout).toMatch(/^GREETING=good day$/m);
		expect(stdout).not.toMatch(/^SIGN=/m);
		expect((await show()).devcontainer?.left).toContainEqual({
			what: 'remoteUser',
			why: 'everything inside runs as you, ada (33), who owns the source; what needs root belongs in its Dockerfile',
		});
	});

	it('has its own image built when its hash is named, in a container as bounded', { timeout: buildMsMax }, async () => {
		const { devcontainer: told } = await show();
		await world.ok(world.folder, 'rebuild', 'dev', '--devcontainer', told?.hash ?? '');
		expect(await show()).toMatchObject({ state: 'running', connected: true, devcontainer: { image: 'used' } });
		const { stdout } = await inside('cat /opt/own/mark; echo "$PATH"; id -u; grep CapBnd /proc/self/status');
		expect(stdout).toMatch(/^0\n\/opt\/shop:\/gangline\/home\/\.local\/bin:\/opt\/own:\S+\n33\nCapBnd:\t0{16}\n$/);
		expect(ran().match(/^onCreate/gm)).toHaveLength(2);
	});

	it.skipIf(!isLong)(
		'is built on an image by name that the engine has, when the hash of that file is named',
		{
			timeout: buildMsMax,
		},
		async () => {
			docker('run', '--name', 'gangline-test-named', base, 'sh', '-c', 'mkdir /opt/named');
			docker('commit', '-c', 'ENV NAMED=yes', 'gangline-test-named', 'gangline-test/named:1');
			try {
				const file = JSON.stringify({ image: 'gangline-test/named:1', dockerComposeFile: 'compose.yaml' });
				const at = join(world.folder, 'dev');
				const change = `cd '${at}' && echo '${file}' > .devcontainer/devcontainer.json && git commit -qam named`;
				expect(await inside(change)).toMatchObject({ code: 0 });
				await world.ok(world.folder, 'rebuild', 'dev');
				const { devcontainer: told } = await show();
				expect(told).toMatchObject({ image: 'not trusted', left: [{ what: 'dockerComposeFile' }] });
				expect(told?.left[0]?.why).toMatch(/^refused: .* Name the image or Dockerfile of its main service/);
				await world.ok(world.folder, 'rebuild', 'dev', '--devcontainer', told?.hash ?? '');
				expect(await show()).toMatchObject({ state: 'running', devcontainer: { image: 'used' } });
				expect(await inside('test -d /opt/named && test ! -e /opt/own')).toMatchObject({ code: 0 });
			} finally {
				docker('rm', 'gangline-test-named');
			}
		},
	);
});
